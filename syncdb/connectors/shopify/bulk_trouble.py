"""Why something cannot be had by a bulk operation."""


class NotInBulk(Exception):
    """It cannot be had this way. `again`: a new operation may succeed where this one did not; `halve`: one for fewer."""

    def __init__(self, why: str, *, again: bool = False, halve: bool = False) -> None:
        super().__init__(why)
        self.again = again
        self.halve = halve


class TooDear(NotInBulk):
    """What bulk leaves out costs more points, asked for by ids, than the pages that bring all of it."""


class NoPlace(NotInBulk):
    """As many operations run as this app may have in this shop."""


class AddressRanOut(NotInBulk):
    """The storage does not, or no longer, know the address of a result."""
