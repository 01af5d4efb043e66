"""The ways on which messages go to people: mail, a signed webhook, Apprise; and the address that is called by each run."""
