"""What every pair must declare. The test module of a pair provides a `pair` fixture and inherits `PairContract`."""

import re
from dataclasses import replace

from syncdb.config.keys import GENERAL
from syncdb.pairs import registry
from syncdb.pairs.base import Implementation, PairType

OWN_WORDS = ("name", "title", "command", "named_by", "job", "implementation")


class PairContract:
    """Inherit and provide a `pair` fixture. What runs of it do is for scenario tests of its own."""

    def test_its_settings_are_named_once_and_explained(self, pair: PairType) -> None:
        keys = (*pair.all_keys, *GENERAL)
        assert pair.all_keys
        assert len({key.name for key in keys}) == len(keys), "a setting of a run, or of its other side, has that name already"
        assert len({key.env for key in keys}) == len(keys)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", key.name) and key.env == key.env.upper() for key in pair.all_keys)
        assert all(key.meaning.endswith((".", ")")) for key in pair.all_keys)

    def test_it_is_named_by_a_setting_of_its_own(self, pair: PairType) -> None:
        names = {key.name for key in pair.all_keys}
        assert {pair.named_by, *pair.also_named_by} <= names
        assert all(key.default is None for key in pair.all_keys if key.name == pair.named_by), "any run would name it"

    def test_it_asks_for_settings_that_there_are(self, pair: PairType) -> None:
        names = {key.name for key in (*pair.all_keys, *GENERAL)}
        assert {key for topic in pair.all_topics for key in topic.keys} <= names

    def test_its_implementation_is_there_and_fits_the_declaration(self, pair: PairType) -> None:
        does = pair.load_implementation()
        assert isinstance(does, Implementation)
        assert set(does.tries) <= {topic.name for topic in pair.all_topics}
        assert set(does.actions) == set(pair.actions)
        assert (does.orders is not None) == pair.tracks_orders  # orders may also be kept in step as ordinary records
        assert "orders" in pair.entities or not pair.tracks_orders

    def test_it_shares_no_name_with_another_pair(self, pair: PairType) -> None:
        others = [one for one in registry.PAIRS if replace(one, origin="") != pair]
        for told in OWN_WORDS:
            assert getattr(pair, told) not in {getattr(one, told) for one in others}, told
