"""Where a table of a document stands: seen, made where it lacks something, and told to the next run by its binding."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.grist.cells import alike, can_hold
from syncdb.connectors.grist.choices import LISTS, Words, offer
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.layout import CHANGED, ColumnPlace, TableBinding, TableColumn, TableLayout, TableState, WantedTable
from syncdb.connectors.grist.lookalike import Likeness, refuse_lookalikes
from syncdb.connectors.grist.marking import marked, refuse_another_ledger
from syncdb.connectors.grist.schema import pure
from syncdb.connectors.grist.showing import THEIRS, Showing, Shown, as_known, is_settled, to_show
from syncdb.connectors.grist.structure import Call, as_evidence, made_by, next_call, survey
from syncdb.connectors.grist.widths import action, wanted_widths
from syncdb.errors import NeedsPerson, OutcomeUnknown
from syncdb.model import Attempt, Outcome, Result

log = logging.getLogger("syncdb.grist")

CALLS = 8  # making a table takes three at most, and two more where what it looks like may not be set
SETTLE_AFTER = 2.0  # seconds before what a lost call was to make is looked for: calls that make tables were answered in 0.1 s


@dataclass(slots=True)
class Standing:
    """One table as it is wanted, and as it stands. The rest is as in GristTable.

    `made` are the fields whose columns were made by us, `layout` is where things stand as far as was seen in this run.
    """

    document: GristDocument
    entity: str
    wish: WantedTable
    binding: TableBinding | None
    clock: Clock
    login: str | None = None
    rebuild: bool = False
    take_types: bool = False
    dry: bool = False
    like: Likeness | None = None
    made: frozenset[str] = field(init=False)
    words: Words = field(init=False)
    layout: TableLayout | None = field(init=False, default=None)
    _marked: str = field(init=False)
    _shown: Mapping[str, str] = field(init=False)
    _unsized: frozenset[str] = field(init=False)
    _taken: frozenset[str] = field(init=False, default=frozenset())
    _looked: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        if self.binding is not None and self.binding.document != self.document.id:
            self.binding = None
        self.made = self.binding.made if self.binding else frozenset()
        self.words = Words(dict(self.binding.words) if self.binding else {})
        self._marked = self.binding.marked if self.binding else ""
        self._shown = self.binding.shown if self.binding else {}
        self._unsized = self.binding.unsized if self.binding else frozenset()

    def stands_in(self) -> tuple[str, str, str] | None:
        """See Kept.stands_in."""
        layout = self.layout or (self.binding.layout if self.binding and self.binding.table == self.wish.table else None)
        return (self.wish.table, layout.table, layout.key.id) if layout else None

    def place_of(self, field: str) -> ColumnPlace | None:
        """See Kept.place_of."""
        bound = self.binding.layout if self.binding and self.binding.table == self.wish.table else None
        layout = self.layout or bound
        return layout.places.get(field) if layout else None

    def shown_of(self, field: str) -> Shown | None:
        """See Kept.shown_of."""
        return next((self._shown_column(one) for one in self.wish.columns if one.name == field), None)

    def moved_on(self, since: str, state: str) -> None:
        """See Kept.moved_on. A table that was looked at in this run stands as it was seen: only own writes came after."""
        known = self.binding
        if known is not None and known.state and (known.state == since or self._looked):
            self.binding = replace(known, state=state)

    def lists(self, layout: TableLayout) -> dict[str, str]:
        """The columns of ours that hold lists of words, by field."""
        held = self.held
        found = {name: one for name, one in layout.places.items() if name in self.made and name not in held}
        return {name: one.id for name, one in found.items() if one.type == LISTS and not one.computed}

    def finish(self) -> None:
        """See Kept.finish. Words that were written are made choices: two requests where there are new ones, otherwise none."""
        if self.dry:
            return
        due, stands = self.words.due(), self.stands_in()
        numbers = {place.ref: words for name, words in due.items() if (place := self.place_of(name))}
        if numbers and stands and not offer(self.document, self.entity, stands[1], numbers):
            return
        self.words.settle()
        if self.binding is not None and self.binding.words != self.words.known:
            self.binding = replace(self.binding, words=dict(self.words.known))

    @property
    def held(self) -> dict[str, str]:
        """Fields of which nothing is read or written because people changed the type of their column, with the reason."""
        layout = self.layout
        if layout is None:
            return {}
        found = ((one, layout.places[one.name]) for one in self.wish.columns if one.name in layout.places)
        return {one.name: _retyped(one, place, layout.table) for one, place in found if place.held_for(one)}

    def structure(self, token: int) -> Attempt | None:
        """See Connector.structure. One request where nothing moved since the last run, none if another table asked already."""
        if self._unmoved() and not self._to_take():
            return None
        standing = self._survey()
        if self.like is not None and not self.rebuild and not standing.whole(self.wish):
            refuse_lookalikes(self.document, self.wish, standing, self.like, self.binding is not None)
        if self.wish.ledger and standing.table is not None and not self.rebuild:
            refuse_another_ledger(standing.key, self.wish.ledger, standing.table.id)
        if self.dry:  # what a new table refers to may not stand yet, either: a real run makes one after the other
            return None if standing.whole(self.wish) else Attempt(token, (), {})
        taken = self._to_take()
        if self._next_call(standing) is None and not taken:
            return None
        return Attempt(token, (), as_evidence(standing, self.wish, taken))

    def _to_take(self) -> list[str]:
        """Fields whose columns are taken as they are: by consent where they can hold them, and those that have their type again.

        What came of the cells in between may not be what stood there, so that nothing is agreed about these fields any more.
        """
        if self.dry or self.layout is None:
            return []
        wanted = {one.name: one.type for one in self.wish.columns}
        places = {name: self.layout.places[name] for name in self.held}
        again = {name for name, place in places.items() if alike(place.accepted, pure(place.type))}
        fit = {name for name, place in places.items() if self.take_types and can_hold(wanted[name], place.type)}
        return sorted(again | fit)

    def _next_call(self, standing: TableState) -> Call | None:
        shows = to_show(self.wish, standing.references, self.made, self._shown, self._shown_column)
        return next_call(self.document, self.wish, standing, self._whose, shows, lambda: self._widening(standing))

    def _widening(self, standing: TableState) -> list[Any] | None:
        """What gives columns that were just made their width. One request where there are any."""
        wanted = wanted_widths(self.wish, standing, self._unsized)
        try:
            card = standing.table.card if standing.table else 0
            found = action(self.document.places_of(wanted), wanted, card) if wanted else None
        except Declined as declined:
            log.info("Grist does not tell how wide the columns of the %s are: %s", self.entity, declined.text)
            found = None
        if found is None:
            self._sized()
        return found

    def _sized(self) -> None:
        """Widths are set once."""
        self._unsized = frozenset()
        if self.binding is not None:
            self.binding = replace(self.binding, unsized=self._unsized)

    def _shown_column(self, column: TableColumn) -> Shown | None:
        """What a reference is to show; None where that does not stand."""
        return self.document.shown_as(column.type.partition(":")[2], column.shows) if column.shows else None

    def _whose(self) -> str | None:
        return self.login or self.document.login()

    def make(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.write, of an attempt of `structure`."""
        self._begun(attempt)
        for _ in range(CALLS):
            call = self._next_call(self._survey())
            if call is None:
                return []
            try:
                self.document.call(call.method, call.path, call.body, call.params)
            except OutcomeUnknown as lost:
                log.info("%s", lost)
                return self._seen_made()
            except Declined as declined:
                if call.widens:  # it stays as wide as Grist made it: of use to people alone
                    log.info("Grist does not let syncdb set how wide columns of the %s are: %s", self.entity, declined.text)
                    self._sized()
                elif call.shows:
                    self._leave(call.shows, declined)
                elif not declined.schema_moved:
                    raise self.document.explained(declined) from declined
            else:
                if call.widens:
                    self._sized()
            finally:
                self.document.forget()
        return [Outcome(Result.STALE, why="the table changes while it is made")]

    def _leave(self, shows: Sequence[Showing], declined: Declined) -> None:
        """What references show is of use to people alone: that it may not be set stops nothing."""
        names = ", ".join(f'"{one.reference.label}"' for one in shows)
        log.warning(
            "Grist does not let syncdb choose what %s of the %s shows (%s): pick it in Grist, in the column's options "
            '("Show column")',
            names,
            self.entity,
            declined.text,
        )
        self._shown = {**self._shown, **{one.field: THEIRS for one in shows}}

    def _begun(self, attempt: Attempt) -> None:
        """What an attempt makes or takes, whether its answer comes or not."""
        taken: Any = attempt.evidence.get("taken", ())
        made = made_by(attempt.evidence, self.wish)
        self.made |= made
        for name in made:
            self.words.known.pop(name, None)
        self._shown = {name: column for name, column in self._shown.items() if name not in made}
        self._taken |= set(taken)
        changed = {CHANGED} if attempt.evidence.get("changed") else set()
        self._unsized |= (made | changed) & self.wish.widths.keys()

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.settle, of an attempt of `structure`."""
        self._begun(attempt)
        return self._seen_made()

    def _seen_made(self) -> list[Outcome]:
        self.clock.sleep(SETTLE_AFTER)
        self.document.forget()
        whole = self._survey().whole(self.wish)
        return [] if whole else [Outcome(Result.STALE, why="the answer was lost, and not all of it stands")]

    def now(self) -> TableLayout | None:
        """Where things stand; None only where nothing has been made yet and nothing shall be. Raises NeedsPerson."""
        if self.here() is None and not self.dry:
            raise NeedsPerson(
                f'The Grist table "{self.wish.table}" of the {self.entity} or its column "{self.wish.key_label}" '
                "does not stand. Nothing more was written.",
                next_step="Run it again: what is missing is made at the start of a run.",
            )
        return self.layout

    def here(self) -> TableLayout | None:
        """Where things stand, looked for where nobody looked yet; None where they do not."""
        if not self._looked and not self._unmoved():
            self._survey()
        return self.layout

    def forget(self) -> None:
        """Something did not stand where it was seen: look again."""
        self.document.forget()
        self.layout, self._looked = None, False
        if self.binding is not None:  # the binding's numbers stay true, its ids may not
            self.binding = replace(self.binding, state="")

    def _unmoved(self) -> bool:
        """Whether everything stands where the last run saw it: then the binding tells all."""
        known = self.binding
        if known is None or not known.state or known.table != self.wish.table or known.asked != self.wish.asked:
            return False
        if bool(self.wish.changed_at) != bool(known.layout.changed) or self._lacks_mark(known):
            return False
        if self._unsized or not is_settled(self.wish, known.layout.places, self.made, self._shown, self._shown_column):
            return False
        if not self._looked:
            if self.document.since(known.state).schema_moved:
                return False
            self._bind(known.layout, known.left, known.types)
        return self.layout is not None

    def _lacks_mark(self, known: TableBinding) -> bool:
        return bool(self.wish.ledger) and known.marked != self.wish.ledger

    def _survey(self) -> TableState:
        state = self.document.head()  # asked before the look, so that what moves after it is seen the next time
        standing = survey(self.document, self.wish, self.binding, self.rebuild, self._taken)
        self._looked = True
        self.layout = standing.layout
        if standing.layout is not None and standing.whole(self.wish):
            self._marked = self.wish.ledger if marked(standing.key, self.wish.ledger) else ""
            self._shown = as_known(self.wish, standing.references, self.made, self._shown, self._shown_column)
            self._bind(standing.layout, standing.left, standing.types, state)
        return standing

    def _bind(
        self, layout: TableLayout, left: Mapping[str, tuple[str, int]], types: Mapping[str, str], state: str | None = None
    ) -> None:
        self.layout, self._looked = layout, True
        state = state or self.document.head()
        asked = dict(self.wish.asked)
        self.binding = TableBinding(
            self.document.id,
            self.wish.table,
            asked,
            layout,
            state,
            self.made,
            left,
            types,
            self._marked,
            self._shown,
            self._unsized,
            dict(self.words.known),
        )


def _retyped(column: TableColumn, place: ColumnPlace, table: str) -> str:
    changed = (
        f"from {place.accepted} to {pure(place.type)}{'' if can_hold(column.type, place.type) else ', which cannot hold it'}"
    )
    return f'the type of its column "{place.id}" in the Grist table "{table}" was changed {changed}'
