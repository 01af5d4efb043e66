"""The words of lists as choices of their columns: Grist shows a word in red that is not among them (observed).

It takes any word through the API, but makes no choice of it. So the words that are written to a column of ours are added to its
choices at the end of a run, each once. Which choices there are then, their order and their colours are people's.
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.schema import ColumnInfo, pure
from syncdb.connectors.grist.showing import COLUMNS
from syncdb.errors import NeedsPerson, OutcomeUnknown, RemoteError

log = logging.getLogger("syncdb.grist")

LISTS = "ChoiceList"
MOST = 5000  # choices of a column: every browser loads all of them with the document


@dataclass(slots=True)
class Words:
    """`known` are words that were made choices once, by field; a field that is not there was never looked through as a whole.
    `new` are those of this run, `whole` the fields of which it has read all rows.
    """

    known: dict[str, frozenset[str]]
    new: dict[str, set[str]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)

    def written(self, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
        """Note the words in cells that are written; `columns` are the columns' ids by field."""
        for cells in rows:
            for name, column in columns.items():
                cell = cells.get(column)
                if isinstance(cell, list) and cell[:1] == ["L"]:
                    self.new.setdefault(name, set()).update(one for one in cell[1:] if isinstance(one, str) and one.strip())

    def read(self, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], *, whole: bool) -> None:
        """Note the words that stand in columns from before they were given choices. `whole`: these are all rows."""
        unknown = {name: column for name, column in columns.items() if name not in self.known}
        if unknown:
            self.written(rows, unknown)
        if whole:
            self.whole |= unknown.keys()

    def due(self) -> dict[str, set[str]]:
        """The words that are to be made choices, by field."""
        lacking = {name: words - self.known.get(name, frozenset()) for name, words in self.new.items()}
        return {name: words for name, words in lacking.items() if words and len(self.known.get(name, ())) < MOST}

    def settle(self) -> None:
        """What was due is done."""
        due = self.due()
        for name in {*self.known, *self.whole}:
            self.known[name] = self.known.get(name, frozenset()) | due.get(name, set())
        self.new.clear()


def offer(document: GristDocument, entity: str, table: str, due: Mapping[int, Collection[str]]) -> bool:
    """Make these words choices, by the columns' numbers. Whether nothing is left to try: people's page alone needs it, so that a
    failure stops nothing. Two requests at most.
    """
    try:
        if action := offering(document.columns(table), due):
            document.call("POST", "/apply", [action], shapes=False)
    except Declined as declined:
        log.info("Grist does not let syncdb add choices to columns of the %s: %s", entity, declined.text)
    except (RemoteError, OutcomeUnknown, NeedsPerson) as failure:
        log.info("words of the %s were not made choices: %s", entity, failure)
        return False
    return True


def offering(columns: Iterable[ColumnInfo], due: Mapping[int, Collection[str]]) -> list[Any] | None:
    """Grist's user action that makes these words choices, by the columns' numbers; None where all of them are."""
    lists = {one.ref: one.options for one in columns if one.ref in due and pure(one.type) == LISTS}
    wanted = {ref: with_choices(options, due[ref]) for ref, options in lists.items()}
    changed = {ref: options for ref, options in wanted.items() if options is not None}
    return ["BulkUpdateRecord", COLUMNS, list(changed), {"widgetOptions": list(changed.values())}] if changed else None


def with_choices(options: str, words: Collection[str]) -> str | None:
    """A column's options with these words behind its choices; None where they are there, or where it is not known how it is
    made.
    """
    try:
        found = json.loads(options) if options else {}
    except ValueError:
        return None
    standing = (found.get("choices") or []) if isinstance(found, dict) else None
    if not isinstance(standing, list):
        return None
    more = sorted(set(words) - {str(one) for one in standing}, key=lambda one: (one.casefold(), one))
    more = more[: max(0, MOST - len(standing))]
    return json.dumps({**found, "choices": [*standing, *more]}, ensure_ascii=False) if more else None
