"""The tests that every connector and every pair must pass, for their authors to inherit. They need pytest beside syncdb."""

import pytest

pytest.register_assert_rewrite("syncdb.contract.connector", "syncdb.contract.pair")
