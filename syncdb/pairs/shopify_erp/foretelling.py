"""What the shop would not take of what a dry run plans to make there: told before anybody makes it."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from syncdb.connectors.shopify.customers.making import unfit
from syncdb.connectors.shopify.ordering.side import CannotBeMade as OrderCannotBeMade
from syncdb.engine.apply import REFUSED
from syncdb.engine.report import HeldBack, Note, Report
from syncdb.errors import SyncdbError
from syncdb.model import Action, Operation, Plan, Side
from syncdb.pairs.shopify_erp.new_goods import CannotBeMade as ProductCannotBeMade
from syncdb.pairs.shopify_erp.queue_names import name_of

MOST = 200  # new records that are tried, of each entity
Making = Callable[[Operation], object]


def customer_fits(operation: Operation) -> None:
    """Raises CannotBeMade for a customer that the shop would not take."""
    told = {name: value for name, value in operation.changes.items() if name in ("email", "phone") or name == "address" and value}
    if why := unfit(told):
        raise OrderCannotBeMade(why)


def foretell(report: Report, plans: Mapping[str, Plan], makings: Mapping[str, Making]) -> None:
    """Add what would be refused to a dry run's report. `makings` make what is to be sent, by entity, or raise CannotBeMade."""
    try:
        for entity, making in makings.items():
            if entity in plans:
                for refused in _refused(plans[entity], making):
                    report.held_back.append(refused)
                    report.counts["quarantined"] += 1
    except SyncdbError as error:
        report.note(Note("foretold", f"What the shop would not take of it could not be found out: {error}", error.next_step))


def _refused(plan: Plan, making: Making) -> Iterator[HeldBack]:
    new = (one for one in plan.operations if one.side is Side.LEFT and one.action is Action.CREATE)
    for operation in islice(new, MOST):
        try:
            making(operation)
        except (OrderCannotBeMade, ProductCannotBeMade) as why:
            yield HeldBack(operation.key, name_of(operation.changes) or operation.key, str(why), REFUSED)
