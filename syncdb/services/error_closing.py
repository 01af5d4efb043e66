"""What failed, by what people call what it concerns; and closing an error with a reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from syncdb.errors import ConfigurationError
from syncdb.ledger import Ledger
from syncdb.ledger.queries.errors import by_ids, close
from syncdb.ledger.queries.reader import reading
from syncdb.programs import MANAGER
from syncdb.values import iso

# keys of orders, whose names stand once, and of records of one side alone, whose keys are no ids that people know
_NAME_SAYS_IT = re.compile(r"gid://shopify/Order/|(left|right)\+*:")


@dataclass(frozen=True, slots=True)
class Closed:
    """How many errors were open and are closed now; `held_back`: an order that was held back is among them."""

    count: int
    held_back: bool

    @property
    def hint(self) -> str:
        """What a person should know of it; empty where there is nothing."""
        told = "An order held back is no longer asked for on its own; it comes in when it changes, or with a --full run."
        return told if self.held_back else ""


def close_errors(path: Path, ids: Sequence[int], reason: str, now: datetime) -> Closed:
    """Close these errors for a person's reason. Raises ConfigurationError for unknown ones, or where there is no reason."""
    if not reason.strip():
        raise ConfigurationError(["Closing an error needs a reason."], next_step='Add one: --reason "order was a fake".')
    with reading(path) as reader:
        known = by_ids(reader, ids)
    if unknown := [one for one in ids if one not in known]:
        told = ", ".join(map(str, unknown))
        raise ConfigurationError([f"There is no error {told}."], next_step=f"See the numbers: {MANAGER} errors")
    with Ledger.open(path, now) as ledger:
        closed = close(ledger, ids, f"by a person: {reason.strip()}", iso(now))
    open_before = [known[one] for one in ids if known[one]["resolved_at"] is None]
    return Closed(closed, any(one["stage"] == "fetch" for one in open_before))


def concerned(error: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What an error concerns, as people call it; a product or the like with its id, because several may have one title."""
    one = error["order_id"]
    if one in names:
        return names[one] if _NAME_SAYS_IT.match(one) else f"{names[one]} ({one})"
    return str(error["order_name"] or one or "the run")
