"""What is remembered of media: their bytes as they were, and bytes that a shop would not take."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncdb.ledger import Ledger

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REF, DIGEST = "gid://shopify/MediaImage/1", "d" * 64


def test_a_digest_counts_for_the_medium_as_it_was(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
        media = ledger.media("taf", NOW)
        media.keep(REF, 4096, NOW, DIGEST)
        assert media.digest(REF, 4096, NOW) == DIGEST
        assert media.digest(REF, 4097, NOW) is None and media.digest(REF, 4096, NOW + timedelta(seconds=1)) is None
        assert ledger.media("afl", NOW).digest(REF, 4096, NOW) is None
        media.keep(REF, None, None, "e" * 64)
        assert media.digest(REF, None, None) == "e" * 64 and media.digest(REF, 4096, NOW) is None
    with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
        assert ledger.media("taf", NOW).digest(REF, None, None) == "e" * 64
        ledger.media("taf", NOW).forget(REF)
        assert ledger.media("taf", NOW).digest(REF, None, None) is None


def test_what_a_shop_would_not_take_is_remembered_until_somebody_asks_again(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
        media = ledger.media("taf", NOW)
        assert media.refusal(DIGEST) is None
        media.refuse(DIGEST, "no picture")
        assert media.refusal(DIGEST) == "no picture" and ledger.media("afl", NOW).refusal(DIGEST) is None
        assert ledger.media("afl", NOW).try_again() == 0 and media.try_again() == 1 and media.refusal(DIGEST) is None
