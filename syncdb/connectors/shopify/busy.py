"""What a refusal of Shopify's means: wait and ask again, plan again, or give this record up until somebody mends it.

A refusal that says that the shop is busy with the thing itself (an operation in progress, a locked file, media not ready) passes.
Others say that what was planned on is no longer so. Codes are from Shopify's schema; the text of an operation in progress is
recorded, that of a product being modified is reported.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from syncdb.clock import Clock
from syncdb.connectors.shopify.catalogue.answered import UserError

PASSING = frozenset(
    ["ADJUST_QUANTITIES_FAILED", "FILE_LOCKED", "GENERIC_ERROR", "IDEMPOTENCY_CONCURRENT_REQUEST", "JOB_ERROR"]
    + ["MEDIA_CANNOT_BE_MODIFIED", "MEDIA_TIMEOUT_ERROR", "MODEL3D_THROTTLE_EXCEEDED", "NON_READY_MEDIA", "NON_READY_STATE"]
    + ["SERVICE_UNAVAILABLE", "VIDEO_THROTTLE_EXCEEDED"]
)
MOVED = frozenset(
    ["CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE", "FILE_DOES_NOT_EXIST", "HANDLE_NOT_UNIQUE", "INVALID_COMPARE_DIGEST"]
    + ["MEDIA_DOES_NOT_EXIST", "MEDIA_DOES_NOT_EXIST_ON_PRODUCT", "MEDIA_IS_NOT_ATTACHED_TO_VARIANT", "OPTION_DOES_NOT_EXIST"]
    + ["OPTION_VALUE_DOES_NOT_EXIST", "PRODUCT_DOES_NOT_EXIST", "PRODUCT_VARIANT_ALREADY_HAS_MEDIA", "STALE_OBJECT"]
    + ["PRODUCT_VARIANT_DOES_NOT_EXIST", "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT", "VARIANT_ALREADY_EXISTS"]
)
# the last is how many orders a trial shop takes a minute, and how often an order may have another address (reported)
SAID = ("operation already in progress", "currently being modified", "too many attempts")
FIRST, LONGEST = 1.0, 15.0  # seconds between two tries


class Meaning(Enum):
    """What to do about a refusal."""

    WAIT = "wait"
    PLAN_AGAIN = "plan again"
    REFUSED = "refused"


def meaning(errors: Iterable[UserError]) -> Meaning:
    """What several user errors of one mutation mean together: one that will not pass decides."""
    found = {_one(error) for error in errors}
    if Meaning.REFUSED in found or not found:
        return Meaning.REFUSED
    return Meaning.PLAN_AGAIN if Meaning.PLAN_AGAIN in found else Meaning.WAIT


def _one(error: UserError) -> Meaning:
    if error.code in PASSING or any(text in error.message.casefold() for text in SAID):
        return Meaning.WAIT
    return Meaning.PLAN_AGAIN if error.code in MOVED else Meaning.REFUSED


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a shop that is busy: `within` seconds in all, with growing pauses."""

    clock: Clock
    within: float = 120.0

    def until(self, done: Callable[[], bool]) -> bool:
        """Ask until it is done; False where that took too long. Always asks once."""
        ends, pause = self.clock.monotonic() + self.within, FIRST
        while not done():
            if self.clock.monotonic() + pause > ends:
                return False
            self.clock.sleep(pause)
            pause = min(LONGEST, pause * 1.5)
        return True

    def through(self, ask: Callable[[], tuple[UserError, ...]]) -> tuple[UserError, ...]:
        """Send a mutation until it is no longer refused because the shop is busy, or the time is up; its last errors.

        A mutation refused by user errors changed nothing (observed), so sending it again is no second write.
        """
        errors: tuple[UserError, ...] = ()

        def sent() -> bool:
            nonlocal errors
            errors = ask()
            return not errors or meaning(errors) is not Meaning.WAIT

        self.until(sent)
        return errors
