"""Two JSON files of goods in step, both ways: a pair for syncdb, as an example of a plug-in."""
