"""The people who buy in the local shop."""
