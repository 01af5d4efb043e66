"""Deliberate bugs, each put into a copy of the tree by an exact replacement: the tests that are named with it must notice.

`python -m tests.reliability.defects` tries all of them, or those whose names are given, and prints what was caught. A bug that
survives fails, and so does a replacement that no longer fits the code exactly once: then this list has to follow the code.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests import seeds

ROOT = Path(__file__).resolve().parents[2]
ENGINE = "tests/engine"
CRASH_AT_ANY_STEP = "tests/engine/test_crash_at_every_step.py"
LINKS = "tests/engine/test_links.py"
POLICY = "tests/engine/test_policy.py"
TROUBLE = "tests/scenarios/test_trouble.py"
OWN_WRITES = "tests/scenarios/test_own_writes.py"
COLUMN_TYPES = "tests/scenarios/test_column_types.py"
OLDER_COPIES = "tests/scenarios/test_older_copies.py"
TWO_WAY = "tests/engine/test_two_way_machine.py"
PEOPLE = "tests/scenarios/test_people.py"
EVERYDAY = "tests/scenarios/test_everyday.py"
SHEETS = "tests/connectors/google_sheets"
SHOPIFY = "tests/connectors/shopify"
BULK = "tests/connectors/shopify/test_bulk.py"
SPANS = "tests/connectors/shopify/test_bulk_spans.py"
CUTTING = "tests/connectors/shopify/test_span_cuts.py"
LEDGER = "tests/ledger/test_ledger.py"
MAKING = "tests/ledger/test_making.py"
POWER = "tests/reliability/power"
VALUES = "tests/test_values.py"
CRASH = "tests/reliability/test_crash.py"
GRIST = "tests/connectors/grist/test_writing.py"
GRIST_TOLD = "tests/scenarios/test_grist.py"
GRIST_FOUND = "tests/reliability/grist/test_found.py"
GOODS = "tests/connectors/shopify/catalogue"
GOODS_IN_BULK = "tests/connectors/shopify/catalogue/test_in_bulk.py"
PACKING = "tests/ledger/test_packing.py"
UNUSED_ROOM = "tests/ledger/test_unused_room.py"
SENTOS = "tests/connectors/sentos"
SENTOS_TOLD = "tests/scenarios/test_sentos.py"
STORES = "tests/scenarios/test_stores.py"
STORES_VARIANTS = "tests/scenarios/test_stores_variants.py"
STORES_BELONGING = "tests/scenarios/test_stores_belonging.py"
STORES_METAFIELDS = "tests/scenarios/test_stores_metafields.py"
POSTGRES = "tests/connectors/postgres"
ERP_MACHINES = "tests/scenarios/test_erp_machines.py"
ERP_PUT_BACK = "tests/scenarios/test_erp_put_back.py"
ERP = "tests/scenarios/test_erp.py"
ERP_CUSTOMERS = "tests/scenarios/test_erp_customers.py"
ERP_PRODUCTS = "tests/scenarios/test_erp_products.py"
ERP_WEBHOOKS = "tests/scenarios/test_erp_webhooks.py"
STORES_MEDIA = "tests/scenarios/test_stores_media.py"


@dataclass(frozen=True, slots=True)
class Defect:
    """A bug: in `file` below syncdb/, `old` (exactly once) becomes `new`; one of `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


DEFECTS = (
    Defect(
        "a commit is not asked to be on the disk",
        "ledger/file.py",
        """"PRAGMA synchronous = FULL")
            migrations""",
        """"PRAGMA synchronous = OFF")
            migrations""",
        (POWER,),
    ),
    Defect(
        "what a power cut left half written in a ledger is not undone",
        "ledger/file.py",
        """        _undo_half_written(path)
""",
        "",
        (MAKING,),
    ),
    Defect(
        "an older copy takes back what Grist had set in the shop",
        "engine/older_copy.py",
        ".unlearn(_asked_anew(policy))",
        ".unlearn(shared(policy))",
        (GRIST_FOUND,),
    ),
    Defect(
        "an ERP's customers lose the tags that the shop gave them",
        "pairs/shopify_erp/customers.py",
        "Rule(Owner.BOTH, tie=Tie.MERGE)",
        "Rule(Owner.BOTH, tie=Tie.RIGHT)",
        (ERP_CUSTOMERS,),
    ),
    Defect(
        "parts of an address that an ERP has no column for are emptied in the shop",
        "pairs/shopify_erp/entity_pairs.py",
        ", customers.parts(table))",
        ")",
        (ERP_CUSTOMERS,),
    ),
    Defect(
        "consent to marketing is taken from the ERP",
        "pairs/shopify_erp/customers.py",
        "{CONSENT: Rule(Owner.LEFT, OnDrift.REPORT)}",
        "{CONSENT: Rule(Owner.RIGHT, OnDrift.REPORT)}",
        (ERP_CUSTOMERS,),
    ),
    Defect(
        "each row of a parent becomes a product of its own",
        "pairs/shopify_erp/new_goods.py",
        "        if parent is None:\n            return [row]\n",
        "        if row:\n            return [row]\n",
        (ERP_PRODUCTS,),
    ),
    Defect(
        "products that the ERP archived are made in the shop",
        "pairs/shopify_erp/goods.py",
        "        elif on_sale:\n",
        "        else:\n",
        (ERP_PRODUCTS,),
    ),
    Defect(
        "a new product of the ERP is made without its stock",
        "pairs/shopify_erp/new_goods.py",
        "product_of(new, self._stock(new))",
        "product_of(new, {})",
        (ERP_PRODUCTS,),
    ),
    Defect(
        "what webhooks name is not looked at by runs with an ERP",
        "pairs/shopify_erp/run.py",
        "naming = {Side.LEFT: Naming(SHOP, Named(conversation, [one.name for one in entities], told))}",
        "naming = {}",
        (ERP_WEBHOOKS,),
    ),
    Defect(
        "a first run with an ERP begins with another shop than the one that is configured",
        "pairs/shopify_erp/run.py",
        "conversation.shop().facts, self.shopify.shop)",
        "conversation.shop().facts)",
        (ERP,),
    ),
    Defect(
        "two machines keep one shop and one ERP in step at once",
        "pairs/shopify_erp/run.py",
        "            self._fence.refuse_if_held()\n",
        "",
        (ERP_MACHINES,),
    ),
    Defect(
        "a ledger that is behind another machine's brings a movement over once more",
        "pairs/shopify_erp/run.py",
        "(why := turns.agreed_no_more()):",
        "(why := ''):",
        (ERP_MACHINES,),
    ),
    Defect(
        "an older backup of the ERP that is put back undoes what the shop got since",
        "pairs/shopify_erp/turns.py",
        "return PUT_BACK if self._known is not None and there < self._known else",
        "return",
        (ERP_PUT_BACK,),
    ),
    Defect(
        "an order of the ERP whose key was given once more is taken for the one that had it",
        "connectors/shopify/ordering/making.py",
        "if why := another(order, *finder.attributes(there)):",
        "if why := '':",
        (ERP_PUT_BACK,),
    ),
    Defect(
        "links of the ledger outlive the rows that an older backup of the ERP brought back",
        "pairs/shopify_erp/run.py",
        "if OLDER_COPY in self.request.accept and not self.only:",
        "if False:",
        (ERP_PUT_BACK,),
    ),
    Defect(
        "what is written to an ERP is news to its triggers",
        "connectors/postgres/database.py",
        'OURS if own else ""',
        '""',
        (POSTGRES,),
    ),
    Defect(
        "a worker takes rows of the queue from one that is at work on them",
        "connectors/postgres/queue.py",
        "< clock_timestamp()\n            else c.next_attempt_at",
        "is not null\n            else c.next_attempt_at",
        ("tests/connectors/postgres/test_queue.py",),
    ),
    Defect(
        "a row of an ERP is written whatever it shows by now",
        "connectors/postgres/table.py",
        "elif row is None or not agrees(operation.expected, self._shown(row)):",
        "elif row is None:",
        ("tests/connectors/postgres/test_contract.py",),
    ),
    Defect(
        "a document replaced by an older copy counts as one whose history was forgotten",
        "connectors/grist/history.py",
        "return oldest <= 1 if seen.number is None else seen.number >= oldest",
        "return False",
        (OLDER_COPIES,),
    ),
    Defect(
        "values that return to an earlier time are brought over",
        "engine/older_copy.py",
        "    if len(changes) <= limits.few_live:\n        return None\n",
        "    return None\n",
        (ENGINE,),
    ),
    Defect(
        "what a system made of our write counts as somebody's edit",
        "engine/apply.py",
        "tally.following.append(_followed(operation, followed))",
        "tally.stale.add(operation.key)",
        (OWN_WRITES,),
    ),
    Defect(
        "one refused field holds back its row",
        "engine/apply.py",
        "if refused is not None and operation.action is Action.UPDATE and len(operation.changes) > 1:",
        "if refused is not None and operation.action is Action.UPDATE and len(operation.changes) > 99:",
        (OWN_WRITES,),
    ),
    Defect(
        "a changed column type is not noticed",
        "connectors/grist/layout.py",
        "if name in held or not alike(kind, pure(found[name].type))",
        "if name in held",
        (COLUMN_TYPES,),
    ),
    Defect(
        "a column whose type is back counts as never changed",
        "connectors/grist/layout.py",
        "if name in held or not alike(kind, pure(found[name].type))",
        "if not alike(kind, pure(found[name].type))",
        (COLUMN_TYPES,),
    ),
    Defect(
        "what was agreed before an older copy came back stays agreed",
        "engine/older_copy.py",
        """    with ledger.transaction():
        _unlearn(ledger, policies)
        for side in Side:""",
        """    with ledger.transaction():
        for side in Side:""",
        (TWO_WAY, OLDER_COPIES),
    ),
    Defect(
        "the intent is not recorded before the write",
        "engine/apply.py",
        '            self._begin(side, attempt, "records")\n',
        "",
        (ENGINE,),
    ),
    Defect(
        "unfinished writes are not settled",
        "orders/order_sync.py",
        "settled = applier.settle_unfinished()",
        "settled = False",
        (CRASH,),
    ),
    Defect(
        "a write without an answer counts as done",
        "engine/apply.py",
        "        return self._settled(side, attempt) if unknown else outcomes",
        "        return [Outcome(Result.DONE) for _ in outcomes] if unknown else outcomes",
        (ENGINE,),
    ),
    Defect(
        "a write without an answer counts as not applied",
        "engine/apply.py",
        "        return self._settled(side, attempt) if unknown else outcomes",
        "        return [Outcome(Result.STALE) for _ in outcomes] if unknown else outcomes",
        (ENGINE, TROUBLE),
    ),
    Defect(
        "the fence is forgotten: no sign of the token means never applied",
        "connectors/google_sheets/connector.py",
        """                    self._client.post(_batch_update(attempt), fence, {"fields": "spreadsheetId"})
                    return FENCE""",
        """                    return token_value(self._client, _spreadsheet(attempt), attempt.token) or FENCE""",
        (TROUBLE, SHEETS),
    ),
    Defect(
        "the token does not travel with the batch",
        "connectors/google_sheets/batch.py",
        "requests = [token_request(token), *update_requests(",
        "requests = [*update_requests(",
        (TROUBLE, SHEETS),
    ),
    Defect(
        "a lost answer is followed by the same batch again, under no token",
        "connectors/google_sheets/connector.py",
        """            self._sheet.forget()
            return all_unknown(attempt, str(lost))""",
        """            body["requests"] = body["requests"][1:]
            answer = self._client.post(_batch_update(attempt), body, {"fields": SHOWN_AFTER})
            log.info("sent again: %s", lost)""",
        (TROUBLE, SHEETS),
    ),
    Defect(
        "a 5xx to a write is taken for a refusal and sent again",
        "connectors/google_sheets/client.py",
        '''    if harmless:
        raise Transient(f"status {status}"''',
        '''    if harmless or status >= 500:
        raise Transient(f"status {status}"''',
        (SHEETS, TROUBLE, CRASH),
    ),
    Defect(
        "row numbers are trusted: keys are not read again before a write",
        "connectors/google_sheets/placing.py",
        """        if not moved and all(
            readable_key(cells.at(row, key_column)) == batch.operations[number].key for number, row in rows.items()
        ):""",
        "        if rows is not None:",
        (SHEETS, PEOPLE),
    ),
    Defect(
        "keys are not verified after a write",
        "connectors/google_sheets/outcomes.py",
        "readable_key(cells.at(row, placement.key_column)) != operation.key",
        "False",
        (SHEETS,),
    ),
    Defect(
        "columns are not verified after a write",
        "connectors/google_sheets/outcomes.py",
        "not below or not straight or",
        "not below or",
        (SHEETS,),
    ),
    Defect(
        "what strayed is not taken back",
        "engine/apply.py",
        "mending = self.sides[side].mend(attempt, self._token()) if astray else None",
        "mending = None if astray else None",
        (CRASH + "::test_dying_at_any_boundary_is_made_good[row_inserted_meanwhile]", SHEETS),
    ),
    Defect(
        "a formula of a person is overwritten",
        "connectors/google_sheets/placing.py",
        "        if isinstance(cells.at(row, columns[name]), Formula):",
        "        if False:",
        (SHEETS,),
    ),
    Defect(
        "a person's formula is not seen as theirs",
        "engine/policy.py",
        "if side in written and _persons_own(difference.field, there):",
        "if False:",
        (PEOPLE, POLICY),
    ),
    Defect(
        "the whole row is written where one cell changed, people's columns too",
        "connectors/google_sheets/batch.py",
        """            "start": {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": [write_cell(entry) for entry in line]} for line in lines],""",
        """            "range": {"sheetId": sheet_id, "startRowIndex": row, "startColumnIndex": column},
            "rows": [{"values": [write_cell(entry) for entry in line]} for line in lines],""",
        (SHEETS, PEOPLE),
    ),
    Defect(
        "formats and notes of people are cleared with a value",
        "connectors/google_sheets/batch.py",
        'VALUE_ONLY = "userEnteredValue"',
        'VALUE_ONLY = "*"',
        (SHEETS, PEOPLE),
    ),
    Defect(
        "new rows go over blank ones instead of in between",
        "connectors/google_sheets/batch.py",
        '    requests = [insert_dimension(placement.sheet_id, "ROWS", first, end, inherit_before=not after_header or at_end)]',
        """    requests = [insert_dimension(placement.sheet_id, "ROWS", first, end, inherit_before=not after_header or at_end)]
    requests = requests if at_end else []""",
        (SHEETS, PEOPLE, EVERYDAY),
    ),
    Defect(
        "a doubled key is taken for its first row",
        "connectors/tabular/records.py",
        "self.doubled[key] = [self.rows.pop(key), row]",
        "return",
        (PEOPLE, SHEETS),
    ),
    Defect(
        "another ledger's mark is ignored",
        "connectors/google_sheets/structure.py",
        "    if tab and strangers and not wish.take_over:",
        "    if False:",
        (TROUBLE, SHEETS),
    ),
    Defect(
        "a renamed header is made anew",
        "connectors/tabular/headers.py",
        """    if lost:
        raise header_gone(lost, row, tab, ours)""",
        "",
        (PEOPLE, SHEETS),
    ),
    Defect(
        "a vanished tab is made anew without asking",
        "connectors/google_sheets/structure.py",
        "    if wish.take_over:\n        return _unbound(tabs, wish)",
        "    if True:\n        return _unbound(tabs, wish)",
        (PEOPLE, SHEETS),
    ),
    Defect(
        "the watermark stands at the maximum seen",
        "orders/intake.py",
        "self._remember(state_keys.WATERMARK, began - overlap,",
        "self._remember(state_keys.WATERMARK, began,",
        ("tests/reliability/test_watermark.py",),
    ),
    Defect(
        "the watermark moves although the reading was partial",
        "orders/intake.py",
        "        if whole:\n            self._move_watermark(window, overlap)\n",
        "        self._move_watermark(window, overlap)\n        if whole:\n",
        ("tests/reliability/test_watermark.py",),
    ),
    Defect(
        "an undrained page is dropped",
        "connectors/shopify/drain.py",
        "        while page.hasNextPage:",
        "        while False and page.hasNextPage:",
        (SHOPIFY,),
    ),
    Defect(
        "an order edited between its pages is taken as it came",
        "connectors/shopify/drain.py",
        '        if not node or node.get("order", node)["updatedAt"] != order.updatedAt:',
        "        if not node:",
        (SHOPIFY,),
    ),
    Defect(
        "errors beside the data are ignored",
        "connectors/shopify/drain.py",
        "        if answer.errors:\n            raise HeldBack",
        "        if False:\n            raise HeldBack",
        ("tests/reliability/test_partial.py", SHOPIFY),
    ),
    Defect(
        "amounts are compared as floating-point numbers",
        "values.py",
        "    return type(a) is type(b) and a == b",
        "    return float(a) == float(b) if isinstance(a, Decimal) and isinstance(b, Decimal) else type(a) is type(b) and a == b",
        ("tests/reliability/test_amounts.py", VALUES),
    ),
    Defect(
        "null is treated as empty: what is withheld is blanked",
        "connectors/shopify/normalise.py",
        '    if stored is None or not new.get("withheld"):\n        return new',
        "    return new",
        (SHOPIFY, TROUBLE),
    ),
    Defect(
        "the base takes what was planned before it was answered",
        "engine/apply.py",
        "            tally.stale.add(operation.key)\n            if outcome.overwritten:\n",
        "            tally.stale.add(operation.key)\n"
        "            records.agree(operation.key, operation.changes, self.run_id, now, None)\n"
        "            if outcome.overwritten:\n",
        (ENGINE, CRASH),
    ),
    Defect(
        "agreement is not taken up",
        "engine/compare.py",
        "            if not _in_base(base, name, on_left):",
        "            if False:",
        (ENGINE, POLICY),
    ),
    Defect(
        "both sides moved counts as ours",
        "engine/compare.py",
        "    return Moved.BOTH",
        "    return Moved.LEFT",
        (ENGINE, POLICY),
    ),
    Defect(
        "an incomplete listing counts as deletion",
        "engine/policy.py",
        "    if not sure:\n        return Decision(triple.key)\n",
        "",
        (POLICY,),
    ),
    Defect(
        "an absent order is deleted at first sight",
        "orders/intake.py",
        "        if self.ledger.orders.mark_missing(order_id, now) is None:",
        "        if False:",
        ("tests/reliability/test_watermark.py", EVERYDAY),
    ),
    Defect(
        "an older answer overwrites a newer one",
        "ledger/orders.py",
        "            return Seen.OLDER",
        "            pass",
        (LEDGER,),
    ),
    Defect(
        "a transaction that fails is kept half",
        "ledger/__init__.py",
        "            except BaseException:\n                self.connection.rollback()\n                raise",
        "            except BaseException:\n                self.connection.commit()\n                raise",
        (ENGINE, LEDGER, CRASH),
    ),
    Defect(
        "the ledger of a newer program is opened",
        "ledger/file.py",
        "    if newer:\n",
        "    if False:\n",
        (LEDGER,),
    ),
    Defect(
        "a second run enters",
        "ledger/file.py",
        "guard.acquire(timeout=MOMENT)",
        "guard.is_locked",
        (TROUBLE, LEDGER),
    ),
    Defect(
        "spent tokens are dropped at once",
        "engine/spent_writes.py",
        "SPENT_AFTER = timedelta(minutes=10)",
        "SPENT_AFTER = timedelta(minutes=-10)",
        ("tests/reliability/test_watermark.py",),
    ),
    Defect(
        "a guard lets everything through",
        "engine/reconcile.py",
        "    if reasons:\n",
        "    if False:\n",
        (PEOPLE,),
    ),
    Defect(
        "what strayed into a stranger's row stays there",
        "connectors/google_sheets/mending.py",
        "            if not alike(original, entry):",
        "            if key is None and not alike(original, entry):",
        ("tests/reliability/test_found.py",),
    ),
    Defect(
        "a new row with a moved key column is given up",
        "connectors/google_sheets/mending.py",
        " and not self._ours_as_key(one, row):",
        ":",
        ("tests/reliability/test_found.py",),
    ),
    Defect(
        "a bulk result that lacks lines is believed",
        "connectors/shopify/bulk_file.py",
        "        if found != expected or self.expected.size not in (None, size):",
        "        if False:",
        (BULK,),
    ),
    Defect(
        "a part of the orders in bulk is taken for all of them",
        "connectors/shopify/bulk.py",
        "if result.roots < span.orders and result.roots < (there := self.operations.count(span.search)):",
        "if (there := 0):",
        (BULK,),
    ),
    Defect(
        "a bulk result that broke off is appended to from its beginning",
        "connectors/shopify/bulk_fetch.py",
        "_pieces(client, result.url, file.tell())",
        "_pieces(client, result.url, 0)",
        (BULK,),
    ),
    Defect(
        "an order edited while its refunds are read in bulk is taken as it came",
        "connectors/shopify/bulk_join.py",
        "if part is None or part.order.updatedAt != node.updatedAt:",
        "if part is None:",
        (BULK,),
    ),
    Defect(
        "a second of changes lies between two spans",
        "connectors/shopify/bulk_spans.py",
        "        rest = replace(rest, since=moment, low=at,",
        "        rest = replace(rest, since=datetime.fromtimestamp(at + 1, UTC), low=at,",
        (CUTTING,),
    ),
    Defect(
        "a span that bulk does not bring is left out",
        "connectors/shopify/bulk.py",
        "                yield from self.by_pages(task.span)\n",
        "                yield self._result.nothing_yet()\n",
        (SPANS,),
    ),
    Defect(
        "progress moves past a span that has failed",
        "connectors/shopify/bulk_convoy.py",
        "        task.tries, task.gid, task.result = task.tries - 1, None, None\n",
        "        task.tries, task.gid, task.result = task.tries - 1, None, None\n"
        "        self.tasks.append(self.tasks.pop(self.tasks.index(task)))\n",
        (SPANS + "::test_nothing_is_shown_past_what_was_read",),
    ),
    Defect(
        "operations that nobody will fetch go on running",
        "connectors/shopify/bulk_convoy.py",
        "        if running := self._running():\n",
        "        if running := []:\n",
        (SPANS,),
    ),
    Defect(
        "the shop's other uses of the app get no place",
        "connectors/shopify/bulk_convoy.py",
        "AT_ONCE = 4",
        "AT_ONCE = 5",
        (SPANS + "::test_they_run_side_by_side_but_never_more_than_four",),
    ),
    Defect(
        "a clock that runs ahead is believed",
        "orders/intake.py",
        "began = min(window.until, self.reader.client.first_dated or window.until)",
        "began = window.until",
        ("tests/reliability/test_watermark.py",),
    ),
    Defect(
        "where a shop refuses a bulk operation the run ends",
        "connectors/shopify/bulk_operation.py",
        "        except (RetryLater, TooCostly, Refused) as error:",
        "        except (RetryLater, TooCostly) as error:",
        ("tests/reliability/test_spells.py",),
    ),
    Defect(
        "text is sent as a formula",
        "connectors/google_sheets/cells.py",
        '{"userEnteredValue": {"stringValue": entry}} if entry else {}',
        '{"userEnteredValue": {"formulaValue" if entry[:1] == "=" else "stringValue": entry}} if entry else {}',
        (SHEETS, EVERYDAY, CRASH),
    ),
    Defect(
        "text that looks like a formula is taken for one",
        "connectors/google_sheets/reading.py",
        "_told_apart(here, [one for one in found if one is not None])",
        "[one for one in found if one is not None]",
        (PEOPLE,),
    ),
    Defect(
        "what left its cell before it was told apart is taken for text",
        "connectors/google_sheets/reading.py",
        "if cells.at(row, columns[name]) != fields[name]}",
        "if cells.at(row, columns[name]) not in (fields[name], None)}",
        (SHEETS,),
    ),
    Defect(
        "Grist: a row is written whatever it shows by then",
        "connectors/grist/batch.py",
        "{layout.key.id: key} | _old_cells(operation, row, layout)",
        "{layout.key.id: key}",
        (GRIST,),
    ),
    Defect(
        "Grist: what people chose to see of a reference is set anew",
        "connectors/grist/showing.py",
        "untouched = not (reference.visible or reference.display) if mark is None else _shows(reference, mark)",
        "untouched = True",
        ("tests/connectors/grist/test_showing.py",),
    ),
    Defect(
        "Grist: a column that people made narrower is made as wide as we like it",
        "connectors/grist/widths.py",
        "if not one.width and one.column in widths",
        "if one.column in widths",
        ("tests/connectors/grist/test_widths.py",),
    ),
    Defect(
        "Grist: rows are deleted by the numbers they had",
        "connectors/grist/writing.py",
        "self._remove([one.row for one in now.entries if one.row is not None])",
        "self._remove([one.row for one in part if one.row is not None])",
        (GRIST,),
    ),
    Defect(
        "Grist: a cell that cannot be read counts as empty",
        "connectors/grist/rows.py",
        "                frozen[name] = str(why)",
        "                fields[name] = None",
        (GRIST_FOUND,),
    ),
    Defect(
        "Grist: a column of formulas is written",
        "engine/policy.py",
        "return name in there.computed or name in there.frozen",
        "return name in there.frozen",
        (GRIST_TOLD,),
    ),
    Defect(
        "Grist: a formula in a new row counts as agreed",
        "engine/apply.py",
        "if name not in unlike}",
        "if name}",
        (GRIST_FOUND,),
    ),
    Defect(
        "Grist: a column made anew keeps what was agreed about the one before it",
        "engine/apply.py",
        "            if unseen:\n",
        "            if unseen and not self.pair:\n",
        (GRIST_FOUND,),
    ),
    Defect(
        "Grist: a run of some fields forgets where the others stand",
        "pairs/shopify_grist/catalogue_run.py",
        "wanted_tables(settings.selection, shop",
        "wanted_tables(selection, shop",
        (GRIST_FOUND,),
    ),
    Defect(
        "a run of some fields moves the cursors",
        "engine/pair_sync.py",
        "if not self.request.dry and not report.partial and not self.pair_run.part and changes:",
        "if not self.request.dry and not report.partial and changes:",
        (GRIST_FOUND,),
    ),
    Defect(
        "a sum counts as agreed after the first of its two writes",
        "model.py",
        "                agreed[name] = shown",
        "                agreed[name] = self.changes[name]",
        (ENGINE,),
    ),
    Defect(
        "stock of which nothing was heard is set again under another key",
        "connectors/shopify/catalogue/stock.py",
        "canonical_json([self.token, name, quantities])",
        "canonical_json([self.token, name, quantities, id(self)])",
        (GOODS,),
    ),
    Defect(
        "stock is set without comparing",
        "connectors/shopify/catalogue/stock.py",
        '"changeFromQuantity": before}',
        '"changeFromQuantity": None}',
        (GOODS,),
    ),
    Defect(
        "the shop is not looked at again right before a write",
        "connectors/shopify/catalogue/side.py",
        "            for work in waiting:\n                compare(work, self.entity)\n        return self._carried_out",
        "        return self._carried_out",
        (GOODS,),
    ),
    Defect(
        "a write that went over an edit of that moment is not taken back",
        "connectors/shopify/catalogue/work.py",
        "_unseen(work, work.before):\n",
        "dict[str, Value]():\n",
        ("tests/scenarios/test_last_moment.py",),
    ),
    Defect(
        "a lost write to the shop counts as never applied at the first look",
        "connectors/shopify/catalogue/side.py",
        "        if passed < self.late:\n            clock.sleep(self.late - passed)\n",
        "        assert passed >= 0\n",
        (GOODS,),
    ),
    Defect(
        "a decision is carried out though both sides moved on since",
        "engine/policy.py",
        "verdict.fits(difference.left, difference.right)",
        "bool(verdict.take)",
        (ENGINE,),
    ),
    Defect(
        "the id that a create was given is not recorded",
        "engine/apply.py",
        "if self.joins.join(operation.side, operation.key, id):",
        "if True:",
        (CRASH_AT_ANY_STEP,),
    ),
    Defect(
        "what stands on both sides already is not matched",
        "engine/singles.py",
        "match_by(self.matching, *self._evidence()) if self.complete",
        "match_by(self.matching, {}, {}) if self.complete",
        (CRASH_AT_ANY_STEP, LINKS),
    ),
    Defect(
        "records are matched though a side was not seen whole",
        "engine/singles.py",
        "match_by(self.matching, *self._evidence()) if self.complete else match_by(self.matching, {}, {})",
        "match_by(self.matching, *self._evidence())",
        (LINKS,),
    ),
    Defect(
        "a link outlives its record",
        "engine/apply.py",
        "            self.joins.forget(operation.key)\n            return None",
        "            return None",
        (LINKS,),
    ),
    Defect(
        "one of several that could be meant is taken",
        "engine/match.py",
        "if len(lefts) == len(rights) == 1:",
        "if len(lefts) >= 1 and len(rights) >= 1:",
        (LINKS, "tests/engine/test_match.py"),
    ),
    Defect(
        "equal ids of strangers are one record",
        "engine/links.py",
        "            elif side is Side.LEFT or key in same:",
        "            else:",
        (LINKS,),
    ),
    Defect(
        "an order of Sentos with a similar order_id is taken for the one looked for",
        "connectors/sentos/finding.py",
        "exact = [one for one in found if one.order_id == order_id]",
        "exact = found",
        (SENTOS,),
    ),
    Defect(
        "an unanswered order is sent to Sentos again without waiting",
        "connectors/sentos/orders.py",
        "                self._wait(attempt)\n",
        "",
        (SENTOS,),
    ),
    Defect(
        "an order that is in Sentos already is made again",
        "connectors/sentos/orders.py",
        "        if found:\n            return Outcome(Result.DONE, str(found[0].id))\n        if operation",
        "        if operation",
        (SENTOS,),
    ),
    Defect(
        "orders are sent to a Sentos that does not find them",
        "connectors/sentos/orders.py",
        "            self.finder.prove()\n",
        "            pass\n",
        (SENTOS,),
    ),
    Defect(
        "a dot with three digits behind it is taken for a decimal one",
        "connectors/sentos/amounts.py",
        "if len(text.partition(mark)[2]) == 3:",
        "if False:",
        (SENTOS,),
    ),
    Defect(
        "errors of Sentos within a 200 go unseen",
        "connectors/sentos/client.py",
        "if errors_in(answer) is not None:",
        "if False:",
        (SENTOS,),
    ),
    Defect(
        "a listing of Sentos that was cut short counts as whole",
        "connectors/sentos/paging.py",
        "return not page.items or (page.total is not None and came >= page.total)",
        "return len(page.items) < SIZE",
        (SENTOS,),
    ),
    Defect(
        "what an earlier process asked of Sentos does not count",
        "connectors/sentos/budget.py",
        "        known = self.stored or {}\n",
        "        known: Mapping[str, Any] = {}\n",
        (SENTOS,),
    ),
    Defect(
        "a part of the stock in Sentos that cannot be read counts as none",
        "connectors/sentos/goods.py",
        'return {}, {"stock": f"an entry of its stock cannot be read ({why})"}',
        "continue",
        (SENTOS,),
    ),
    Defect(
        "a product gone from one listing of Sentos is taken off sale",
        "connectors/sentos/catalogue.py",
        "GONE_AFTER = 2",
        "GONE_AFTER = 1",
        (SENTOS_TOLD,),
    ),
    Defect(
        "pieces of orders that Sentos does not have are offered again",
        "pairs/shopify_sentos/goods_records.py",
        "tuple(article.stock)) - sold",
        "tuple(article.stock))",
        (SENTOS_TOLD,),
    ),
    Defect(
        "a price of Sentos that falls far goes to the shop",
        "pairs/shopify_sentos/checked_side.py",
        "if before is None or before <= 0 or",
        "if True or before is None or before <= 0 or",
        (SENTOS_TOLD,),
    ),
    Defect(
        "a product of Sentos is made in the shop though its SKU is there",
        "pairs/shopify_sentos/goods_records.py",
        "if homes := shop.meant_by(product):",
        "if homes := frozenset[str]():",
        (SENTOS_TOLD,),
    ),
    Defect(
        "what does not divide by the pieces of a line is lost on the way to Sentos",
        "pairs/shopify_sentos/order_request.py",
        "((pieces - dearer, each), (dearer, each + 1))",
        "((pieces, each),)",
        (SENTOS_TOLD, "tests/pairs/test_sentos_orders.py"),
    ),
    Defect(
        "a telephone number is invented for Sentos",
        "pairs/shopify_sentos/order_request.py",
        "return digits if 10 <= len(digits) <= 15 else None",
        'return digits if 10 <= len(digits) <= 15 else "905550000000"',
        (SENTOS_TOLD,),
    ),
    Defect(
        "stock that a store does not count is written there",
        "pairs/shopify_stores/sides.py",
        'if fields.get("tracked") is False:\n            fields.pop(',
        'if fields.get("tracked") is None:\n            fields.pop(',
        (STORES,),
    ),
    Defect(
        "variants of a product that is itself a question are decided on",
        "pairs/shopify_stores/sides.py",
        "        linked -= set(self.joins.ids(self.side, asked).values())\n",
        "",
        (STORES,),
    ),
    Defect(
        "a product that was taken off sale is made in the first store again",
        "pairs/shopify_stores/products.py",
        "            self.kept.remember_let_go(gone)\n",
        "            pass\n",
        (STORES,),
    ),
    Defect(
        "an equal handle alone makes two products one",
        "pairs/shopify_stores/matching.py",
        'unless=(SKUS, BARCODES, "title")',
        "unless=()",
        (STORES,),
    ),
    Defect(
        "a store that became another shop is filled",
        "pairs/shopify_stores/shops.py",
        """earlier["id"] != one.shop.shop_id:""",
        """earlier["id"] == "":""",
        (STORES,),
    ),
    Defect(
        "what was sold of a deleted variant is lost with it",
        "pairs/shopify_stores/variants.py",
        "elif one.key in moved and one.reason != DECIDED:",
        "elif one.key in moved and not moved:",
        (STORES_VARIANTS,),
    ),
    Defect(
        "fields that are only read count as edits of a deleted variant",
        "pairs/shopify_stores/variants.py",
        "computed=one.computed | self.seen",
        "computed=one.computed",
        (STORES_VARIANTS,),
    ),
    Defect(
        "a deleted variant is not noticed before the daily look",
        "pairs/shopify_stores/feed.py",
        "ids = (*ids, *self.departed(owners))",
        "ids = (*ids,)",
        (STORES_VARIANTS,),
    ),
    Defect(
        "the order of variants is lost on the way",
        "pairs/shopify_stores/options.py",
        "theirs = {named[ref]: values for ref, values in source.variants.items()}",
        "theirs = {named[ref]: source.variants[ref] for ref in sorted(source.variants)}",
        (STORES_VARIANTS,),
    ),
    Defect(
        "the order of an option's values is lost on the way",
        "pairs/shopify_stores/options.py",
        "options = tuple(Option(name, in_order(shown[place], orders[place]))",
        "options = tuple(Option(name, in_order(shown[place], ()))",
        (STORES_VARIANTS,),
    ),
    Defect(
        "a new value comes behind all others",
        "pairs/shopify_stores/variants.py",
        "values.insert(place, value)",
        "values.append(value)",
        (STORES_VARIANTS,),
    ),
    Defect(
        "a single answer that a product is gone deletes the other one",
        "pairs/shopify_stores/products.py",
        "missing = [key for key in wanted if key not in shown.found]",
        "missing = list[str]()",
        (STORES,),
    ),
    Defect(
        "the order of media is none of what both stores have",
        "connectors/shopify/products/media_text.py",
        'return "\\n".join(lines)',
        'return "\\n".join(sorted(lines))',
        (STORES_MEDIA,),
    ),
    Defect(
        "a product that is shown nowhere on purpose is published",
        "pairs/shopify_stores/product_parts.py",
        "if value is None and self.may_be_filled(id) else ()",
        "if value is None else ()",
        (STORES_BELONGING,),
    ),
    Defect(
        "a metafield that both stores changed takes the second store's value",
        "engine/policy.py",
        "if on_left != on_right and agreed not in (on_left, on_right):",
        "if False:",
        (POLICY,),
    ),
    Defect(
        "what is refused of a product is settled by another of its parts",
        "engine/apply.py",
        '"", REFUSED, self.pair)',
        '"", REFUSED)',
        (STORES_METAFIELDS,),
    ),
    Defect(
        "places of one ledger read only what they show themselves",
        "orders/reading_for_all.py",
        "for one in sorted(places(ledger, pair, now) - {pair})]",
        "for one in ()]",
        ("tests/scenarios/test_two_places.py",),
    ),
    Defect(
        "a metafield that refers to a record of its own store is copied",
        "pairs/shopify_stores/metafields.py",
        "if name not in self.apart and is_portable(one.metafield)",
        "if name not in self.apart",
        (STORES_METAFIELDS,),
    ),
    Defect(
        "a collection whose making was not answered is made twice",
        "connectors/shopify/products/collections.py",
        "if known is not None:",
        "if known == source:",
        (STORES_BELONGING,),
    ),
    Defect(
        "a new record is not compared with what it could be",
        "engine/linked_triples.py",
        "        self._add_near(singles)\n",
        "",
        (LINKS,),
    ),
    Defect(
        "what a listing lacks counts as gone without a look",
        "engine/linked_triples.py",
        "set(keys) - self.joins.alone(keys) if self.right.can.listing_may_lack else ()",
        "()",
        (LINKS,),
    ),
    Defect(
        "a bulk listing of goods that lacks some is believed",
        "connectors/shopify/catalogue/in_bulk.py",
        "if self.entity is STOCK or result.roots >= self._counted:",
        "if True:",
        (GOODS_IN_BULK,),
    ),
    Defect(
        "a bulk listing of goods that lacks lines is believed",
        "connectors/shopify/catalogue/in_bulk.py",
        "        if (lines, roots) != (result.lines, result.roots) or result.size not in (None, size):",
        "        if False:",
        (GOODS_IN_BULK,),
    ),
    Defect(
        "what orders are compressed by is made of people's data",
        "orders/packing.py",
        "canonical_text(with_nobody(one))",
        "canonical_text(one)",
        (PACKING,),
    ),
    Defect(
        "nobody looks for what was stored compressed of a redacted order",
        "services/customer_redaction.py",
        ", affected.packed)",
        ")",
        (PACKING,),
    ),
    Defect(
        "what rows left where they stood before is not zeroed",
        "ledger/unused_room.py",
        "in _dirty(opened, size):",
        "in ():",
        (UNUSED_ROOM,),
    ),
    Defect(
        "pages that are given up keep what they held",
        "ledger/file.py",
        '"PRAGMA secure_delete = ON"',
        '"PRAGMA secure_delete = FAST"',
        (UNUSED_ROOM,),
    ),
    Defect(
        "a ledger goes on with the pages that it remembers from before they were zeroed",
        "ledger/redaction.py",
        "Runs(other)",
        "ledger.runs",
        (UNUSED_ROOM,),
    ),
    Defect(
        "an older ledger is taken for one that zeroed what it deleted",
        "ledger/redaction.py",
        'return zeroed != ("true",) or',
        "return",
        (UNUSED_ROOM,),
    ),
)


def applied(defect: Defect, tree: Path) -> None:
    """Put the bug into a tree. Raises ValueError where the text to replace does not stand there exactly once."""
    file = tree / "syncdb" / defect.file
    text = file.read_text(encoding="utf-8")
    if text.count(defect.old) != 1:
        raise ValueError(f"{defect.name}: the text stands {text.count(defect.old)} times in {defect.file}")
    file.write_text(text.replace(defect.old, defect.new), encoding="utf-8")


def caught(defect: Defect) -> str:
    """The line of the test that noticed the bug; empty if it survived."""
    with tempfile.TemporaryDirectory(prefix="syncdb-defect-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "*.db"))
        applied(defect, tree)
        for tests in defect.tests:
            done = _pytest(tree, tests)
            if done.returncode == 1:
                return next((line for line in done.stdout.splitlines() if line.startswith("FAILED")), "a test failed")
            if done.returncode not in (0, 1):
                raise RuntimeError(f"{defect.name}: the tests {tests} could not run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return ""


def _pytest(tree: Path, tests: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-m", "not long", tests]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", seeds.VARIABLE: seeds.FIXED}
    return subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, encoding="utf-8", check=False, timeout=1200
    )


def main(names: list[str]) -> int:
    """Try the named defects, or all. Returns 0 only if every one of at least one was caught."""
    chosen = [one for one in DEFECTS if not names or any(name in one.name for name in names)]
    survived = []
    with ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 2) // 2)) as pool:
        for defect, by in zip(chosen, pool.map(caught, chosen), strict=True):
            sys.stdout.write(f"{'caught  ' if by else 'SURVIVED'} {defect.name}  {by[:110]}\n")
            sys.stdout.flush()
            survived += [] if by else [defect.name]
    sys.stdout.write(f"{len(chosen) - len(survived)} of {len(chosen)} deliberate defects were caught\n")
    return 1 if survived or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
