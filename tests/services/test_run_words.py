"""A run in words."""

import pytest

from syncdb.services.run_words import told_counts


@pytest.mark.parametrize(("failed", "told"), [(False, "nothing to do"), (True, "nothing was done")])
def test_a_run_that_failed_is_not_said_to_have_had_nothing_to_do(failed: bool, told: str) -> None:
    assert told_counts({"fetched": 0}, "Shopify", failed=failed) == told
    assert told_counts({"fetched": 1}, "Shopify", failed=failed) == "1 record compared"
