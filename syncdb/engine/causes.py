"""What is held against a record, by its cause."""

REFUSAL = "refused"  # of a record as a whole


def refusal_of(name: str) -> str:
    """The cause where a side does not take a field."""
    return f"{REFUSAL}: {name}"


def unreadable(entity: str, name: str) -> str:
    """The cause where a field of an entity cannot be read."""
    return f"{entity}: {name}"
