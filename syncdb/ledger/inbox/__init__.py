"""The inbox: what systems say has changed, kept in a file beside the ledger until a run has looked at it.

A file of its own, because a run holds the ledger as its only writer, for minutes if need be, while events must be kept at once
and by several processes. It holds hints only: deleting it loses nothing that polling does not find.
"""
