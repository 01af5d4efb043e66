"""The names under which the ledger remembers single values (its `meta` table), and what stands under each.

Every name is spelt here and nowhere else, so that no two of them can be the same by accident. `pair` is a pair's id.
"""

LEDGER_ID = "ledger_id"  # text: the ledger's identity, written into the places that it keeps
MADE_AT = "made_at"  # ISO, UTC: when it was made
CHECKED_AT = "checked_at"  # ISO, UTC: when the whole file was last read through
SHOP = "shop"  # what the first shop says of itself: id, domain, name, zone, currency, version, scopes
METAFIELD_TYPES = "metafield_types"  # of which type metafields are: by entity, by namespace.key; "" without a definition
WATERMARK = "watermark:orders"  # how far orders are known: at, covered_since, and with which metafields and parts
READING = "progress:orders"  # how far a reading of orders got that did not come to its end
GAPS_CHECKED_TO = "gaps_checked_to"  # ISO, UTC: up to which orders gaps in their numbers were asked about
ORDERS_COMPRESSED = "orders_compressed"  # whether snapshots are to be stored packed
REPACKED_TO = "repacked_to"  # id of the order up to which snapshots were brought into that form; gone when all are
OLD_SNAPSHOTS_TO = "old_snapshots_to"  # id of the order up to which snapshots of older versions were rewritten; gone when all are
REDACTED = "redacted"  # how redacted orders are told without keeping their ids
REDACTION_DUE = "redaction_due"  # orders without their person whose history may still tell
REDACTION_RECORDS_DUE = "redaction_records_due"  # whether records that pairs keep of redacted people may still tell
REDACTION_REBUILD = "redaction_rebuild"  # whether the file may still hold what was overwritten
DELETED_IS_ZEROED = "deleted_is_zeroed"  # whether all that was ever deleted from the file, by whichever connection, was zeroed
QUEUE_FAILED = "queue:failed"  # how many records the other side's queue has that failed for good: pair (its type), failed
HISTORY_CUT_AT = "history_cut_at"  # ISO, UTC: when old history was last removed
EXAMINED = "examined:"  # the beginning of every name of `examined`


def examined(pair: str) -> str:
    """When (ISO, UTC) everything was last looked at on both sides."""
    return f"{EXAMINED}{pair}"


def shown(pair: str) -> str:
    """The digest of the fields and rules by which the pair was last shown: another one has everything looked at."""
    return f"shown:{pair}"


def reads(pair: str) -> str:
    """What is read along with orders for a pair's place: metafields (namespace, key) and parts."""
    return f"reads:{pair}"


def again(pair: str) -> str:
    """Keys that could not be settled and are looked at again."""
    return f"again:{pair}"


OLD_BASE = "old_base:"  # the beginning of every name of `old_base`


def old_base(pair: str) -> str:
    """Whether what was agreed is that of an older copy which was put back, until the next run has taken that in."""
    return f"{OLD_BASE}{pair}"


def cursor(pair: str, side: str) -> str:
    """Up to where the changes of a side are settled; the side's own text."""
    return f"cursor:{pair}:{side}"


def seen(pair: str, side: str) -> str:
    """The newest state in which a side was seen, settled or not; a text as its cursors are."""
    return f"seen:{pair}:{side}"


def new_rows(pair: str) -> str:
    """Marks of rows that are to be made records of the other side, until those rows have their ids."""
    return f"new_rows:{pair}"


def route(pair: str) -> str:
    """What the configuration calls the one of several places of a kind that a pair of the ledger is."""
    return f"route:{pair}"


def sides(pair: str) -> str:
    """What the configuration calls the two sides of a pair, left and right, where that is not said by its type."""
    return f"sides:{pair}"


def tombstones(pair: str, side: str) -> str:
    """Records of a side whose counterparts were deleted, with the status that each was given then."""
    return f"tombstones:{pair}:{side}"


def left_alone(pair: str, side: str) -> str:
    """Records of a side that cannot be made on the other, each with the reason."""
    return f"left_alone:{pair}:{side}"


def made_there(pair: str, side: str, id: str) -> str:
    """Whether a record of a side was made by us."""
    return f"made:{pair}:{side}:{id}"


def late_writes(pair: str, key: str) -> str:
    """The fields of a record that a write of ours may have changed after all, though it was not seen to take place."""
    return f"late:{pair}\n{key}"


def zone_shown(pair: str) -> str:
    """The time zone by which the pair's dates were last written."""
    return f"zone_shown:{pair}"


def zone_of_periods(pair: str) -> str:
    """The time zone by which orders are divided among the tabs of periods: it stays, so that no order moves."""
    return f"zone:{pair}"


def periods(pair: str) -> str:
    """The periods that have had a tab."""
    return f"periods:{pair}"


def target(wanted: str) -> str:
    """What was found for a place as it is configured (the id behind a title)."""
    return f"spreadsheet:{wanted}"


def binding(place: str) -> str:
    """What ties the ledger to a place (a tab, a table); the connector's own data."""
    return f"binding:{place}"


def remedy(pair: str) -> str:
    """What to do about the last run of a pair, which failed: its `run_id` and `next_step`."""
    return f"remedy:{pair}"


def calls(system: str) -> str:
    """Requests that were sent to a system in the calendar month (UTC) counted last: month, used."""
    return f"{system}_calls"


def known_by(name: str) -> str:
    """The pair that is kept under a name (an address, what an installation says of itself): pair, id, place."""
    return f"known_by:{name}"


def turn(pair: str) -> str:
    """How far the other side's database counted the runs of a pair: installation, shop, turn."""
    return f"turn:{pair}"


def requests(place: str) -> str:
    """When requests were sent to a place within the last minutes: what its limits still count; the connector's own data."""
    return f"requests:{place}"


def absent(pair: str) -> str:
    """Things that complete listings no longer showed: how many of them in a row, by id."""
    return f"absent:{pair}"


def proven(place: str) -> str:
    """What was found out at run time about a place that behaves in a way nobody documents; the connector's own data."""
    return f"proven:{place}"


def standing(pair: str, side: str, what: str) -> str:
    """What every run tells of records of a side until it is seen to be otherwise (stock below nothing)."""
    return f"standing:{pair}:{side}:{what}"


def entities(pair: str) -> str:
    """The pairs of things that the runs of a pair keep in step, by their names."""
    return f"entities:{pair}"
