"""The settings of what stays running: how often runs are made, under which address the pages are reached. No run reads them."""

import re
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key


def rhythms(raw: Any) -> dict[str, str]:
    """How often each pair runs: an object, or text such as "PAIR=15 minutes; OTHER=06:30". What is meant is judged later."""
    if isinstance(raw, str) and not raw.lstrip().startswith("{"):
        parts = [one.partition("=") for one in re.split(r"[;,]", raw) if one.strip()]
        if not all(sign for _, sign, _ in parts):
            raise ValueError('must be an object, or text such as "PAIR=15 minutes; OTHER=06:30"')
        return {name.strip(): value.strip() for name, _, value in parts}
    given = validators.json_object(raw)
    if not all(isinstance(value, str) for value in given.values()):
        raise ValueError('must name a rhythm for each pair, such as "15 minutes" or "06:30"')
    return dict(given)


SERVING: tuple[Key, ...] = (
    Key(
        "schedule", "SCHEDULE", rhythms, None,
        "How often `serve --schedule` runs each pair, by its name: `15 minutes`, `2 hours`, `06:30 18:00` or `off`. Of one "
        "that is not named: each hour.",
    ),
    Key(
        "web_url", "WEB_URL", validators.base_url, None,
        "The address under which people open the web application; messages link there.",
    ),
)  # fmt: skip
