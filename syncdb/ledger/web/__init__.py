"""What runs, the web application and alerts tell each other, in a file beside the ledger: jobs, due times, alerts.

A file of its own, because a run holds the ledger as its only writer. Nothing in it is needed to keep two systems in step: it may
be deleted at any time.
"""
