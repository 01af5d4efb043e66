"""docs/grist.md names every entity, field, rule and option, with the rule that counts where none is chosen."""

import re
from pathlib import Path

from syncdb.mapping.entities import ENTITIES
from syncdb.model import Owner
from syncdb.pairs.selection import RULES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "grist.md").read_text(encoding="utf-8")


def test_every_field_is_told_with_its_column_and_rule() -> None:
    told = 0
    for entity in ENTITIES.values():
        section = PAGE.split(f"**{entity.name}** (table `{entity.table}`", 1)[1].split("\n\n**", 1)[0]
        cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
        rows = {row[0].strip("` "): row for row in cells}
        for field in entity.fields:
            _, column, usual, rule, meaning = (one.strip() for one in rows[field.name])
            owner = "`shopify`" if field.rule.owner is Owner.LEFT else f"`{field.rule.tie.value}`"
            assert (column, meaning) == (field.label, field.meaning)
            assert usual == ("yes" if field.default else "") and rule == (owner if field.writable else "read only"), field.name
            told += 1
    assert told > 30


def test_every_rule_and_choice_is_told() -> None:
    rules = set(re.findall(r"^\| `([a-z-]+)`(?: \((?:counts|tags, collections)\))? \|", PAGE, re.MULTILINE))
    assert set(RULES) <= rules
    for name in ("gone_in_shop", "gone_in_grist", "from_grist", "shopify_writes", "grist_calls_per_month", "grist_workspace"):
        assert f"`{name}" in PAGE, name
