"""What a setting is, and the settings of every run: ledger, log, look-back, guards. Systems and pairs add their own."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.validators import Check


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `name` is its key in JSON, `env` its name in the environment and in `.env`.

    `default` is None where there is none; `needed` then says what to do. `template` is the value that the templates carry in
    its place and that means "not filled in", as do its `template_forms`. A `secret` is never shown. One that `holds_instances`
    may in JSON be an object of instances by name, each an object of the settings that carry its name elsewhere. `also_env` are
    other names that it has in the environment and in `.env`.
    """

    name: str
    env: str
    check: Check
    default: Any
    meaning: str
    needed: str = ""
    template: str = ""
    template_forms: tuple[str, ...] = ()
    secret: bool = False
    holds_instances: bool = False
    also_env: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """The command-line option, where a command has one for it."""
        return "--" + self.name.replace("_", "-")

    def of_instance(self, instance: str, short: str) -> "Key":
        """The same setting of one of several instances of a system: `store2` and `token` give `store2_token`, `STORE2_TOKEN`."""
        return replace(self, name=f"{instance}_{short}", env=f"{instance}_{short}".upper().replace("-", "_"), also_env=())

    def unfilled(self, raw: Any) -> bool:
        """Whether the value is empty or still that of a template."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return True
        if not isinstance(raw, str) or not self.template:
            return False
        value = raw.strip().lower()
        return value in (self.template, *self.template_forms) or bool(_BLANK.fullmatch(value))


# what people and templates write where a value is still to come
_BLANK = re.compile(r"<.*>|x{4,}|shp[a-z]{2}_(x+|\.\.\.|…)|\.\.\.|…|change-?me|todo")


@dataclass(frozen=True, slots=True)
class Keys:
    """The settings that there are, each once, in the order in which they are told.

    `problems` are why there may be others that cannot be known, as sentences: no run is made then.
    """

    all: tuple[Key, ...]
    problems: tuple[str, ...] = ()
    by_name: Mapping[str, Key] = field(init=False, repr=False)
    by_env: Mapping[str, Key] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {key.name: key for key in self.all})
        object.__setattr__(self, "by_env", {env: key for key in self.all for env in (key.env, *key.also_env)})

    @classmethod
    def of(cls, *groups: Iterable[Key], problems: tuple[str, ...] = ()) -> "Keys":
        """The settings of several groups; one that stands in two of them is one."""
        return cls(tuple({key.name: key for group in groups for key in group}.values()), problems)


GENERAL: tuple[Key, ...] = (
    Key(
        "lookback_days", "LOOKBACK_DAYS", validators.whole(1, 3650), 30,
        "How many days back the first run and a full run look, by the time an order last changed.",
    ),
    Key(
        "deleted_rows", "DELETED_ROWS", validators.one_of("restore", "respect"), "restore",
        "A row that a person deleted: `restore` brings it back, `respect` leaves it gone.",
    ),
    Key(
        "edited_cells", "EDITED_CELLS", validators.one_of("restore", "report"), "restore",
        "A cell of ours that a person overwrote: `restore` puts the shop's value back, `report` leaves it and says so.",
    ),
    Key("db_path", "DB_PATH", validators.path, Path("shopify_sync.db"), "The ledger (an SQLite file)."),
    Key("log_file", "LOG_FILE", validators.path, Path("shopify_sync.log"), "The log, rotated: six files of 1 MB at most."),
    Key(
        "log_customer_data", "LOG_CUSTOMER_DATA", validators.flag, False,
        "Whether e-mail addresses may appear in the log. By default they are masked.",
    ),
    Key(
        "drift_check_hours", "DRIFT_CHECK_HOURS", validators.whole(1, 720), 24,
        "After how many hours a run looks at everything on the other side again to find rows and cells that people changed.",
    ),
    Key(
        "history_days", "HISTORY_DAYS", validators.whole(7, 3650), None,
        "For how many days the ledger keeps what changed, what was written, runs and resolved errors. Left out: for ever.",
    ),
    Key(
        "compress_snapshots", "COMPRESS_SNAPSHOTS", validators.flag, False,
        "Whether the ledger stores orders compressed: about a fifth of the room, but only syncdb can read it. Needs "
        '`pip install "syncdb[compress]"`.',
    ),
    Key(
        "overlap_minutes", "OVERLAP_MINUTES", validators.whole(1, 1440), 15,
        "How far each run reaches back behind the last one, because Shopify's search lags behind.",
    ),
    Key(
        "max_changed_percent", "MAX_CHANGED_PERCENT", validators.whole(1, 100), 50,
        "A run that would change more than this share of the known rows, and over 200 rows, stops for a person to look.",
    ),
    Key(
        "max_shop_changed_percent", "MAX_SHOP_CHANGED_PERCENT", validators.whole(1, 100), 25,
        "Of each field, the share of known records that a run may change in a shop; beyond it, and over 5 records, it stops "
        "for a person to look.",
    ),
    Key(
        "max_price_fall_percent", "MAX_PRICE_FALL_PERCENT", validators.whole(1, 100), 50,
        "A price in a shop that would fall to nothing, or by more than this share, stops the run for a person to look.",
    ),
    Key(
        "deadline_seconds", "DEADLINE_SECONDS", validators.whole(1, 3600), 300,
        "How long one request is tried again while a system is busy or away. An address at which nothing ever answered in this "
        "run is given up after 30 seconds: it is named at once.",
    ),
    Key(
        "web_token", "WEB_TOKEN", validators.long_secret, None,
        "What a person gives to have the web application change something; at least 20 characters. Left out: it changes nothing.",
        template="your-web-token", secret=True,
    ),
)  # fmt: skip
