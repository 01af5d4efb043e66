"""What an address says: the way to the server, encryption, and nothing of the password in any message."""

import pytest

from syncdb.connectors.postgres.address import Way, erp_address

REF = "abcdefghijklmnopqrst"


@pytest.mark.parametrize(
    "url, way",
    [
        (f"postgresql://postgres:pw@db.{REF}.supabase.co:5432/postgres", Way.DIRECT),
        (f"postgresql://postgres.{REF}:pw@aws-0-eu-central-1.pooler.supabase.com:5432/postgres", Way.SESSION_POOLER),
        (f"postgres://postgres.{REF}:pw@aws-0-eu-central-1.pooler.supabase.com:6543/postgres", Way.TRANSACTION_POOLER),
        (f"postgresql://postgres:pw@db.{REF}.supabase.co:6543/postgres", Way.TRANSACTION_POOLER),
        ("postgresql://erp:pw@erp.example.com:6432/erp?pooler=transaction", Way.TRANSACTION_POOLER),
        ("postgresql://erp:pw@erp.example.com/erp?pooler=session", Way.SESSION_POOLER),
        ("postgresql://erp@localhost/erp", Way.DIRECT),
    ],
)
def test_the_way_to_the_server_is_told_from_its_address(url: str, way: Way) -> None:
    assert erp_address(url).way is way


def test_a_project_of_supabase_is_the_same_whichever_way_leads_there() -> None:
    pooler = f"postgres.{REF}:pw@aws-0-eu-central-1.pooler.supabase.com"
    ways = [f"{pooler}:5432", f"{pooler}:6543", f"shop_sync.{REF}:pw@aws-1-us-east-1.pooler.supabase.com:5432"]
    homes = {erp_address(f"postgresql://{way}/postgres").home for way in ways}
    assert homes == {erp_address(f"postgresql://postgres:pw@db.{REF}.supabase.co:5432/postgres").home}
    assert erp_address("postgresql://erp:pw@erp.example.com/erp").home == "erp.example.com"


def test_off_this_machine_everything_is_encrypted() -> None:
    assert "sslmode=require" in erp_address("postgresql://erp:pw@erp.example.com/erp").url
    assert "sslmode=verify-full" in erp_address("postgresql://erp:pw@erp.example.com/erp?sslmode=verify-full").url
    for mode in ("disable", "allow", "prefer"):
        with pytest.raises(ValueError, match="passwords would travel readable"):
            erp_address(f"postgresql://erp:pw@erp.example.com/erp?sslmode={mode}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_it_need_not_be(host: str) -> None:
    assert "sslmode" not in erp_address(f"postgresql://erp:pw@{host}/erp").url
    assert "sslmode" not in erp_address("postgresql://erp@/erp?host=/var/run/postgresql").url


def test_its_parts() -> None:
    found = erp_address("postgresql://us%40er:p%3Aw%2F%23@erp.example.com:5433/my%20erp")
    assert (found.user, found.password, found.host, found.port, found.database) == (
        "us@er",
        "p:w/#",
        "erp.example.com",
        5433,
        "my erp",
    )
    assert found.shown == "erp.example.com:5433/my erp"
    assert "p:w" not in repr(found) and "%3A" not in repr(found)


@pytest.mark.parametrize(
    "raw, told",
    [
        (f"postgresql://postgres:[YOUR-PASSWORD]@db.{REF}.supabase.co:5432/postgres", "where the database's password belongs"),
        ("postgresql://erp:geheim#1@erp.example.com/erp", "written as"),
        ("postgresql://erp:gehe/im@erp.example.com:5432/erp", "%2F"),
        ("mysql://erp:geheim@erp.example.com/erp", "postgresql://"),
        (f"https://{REF}.supabase.co", "under Connect, at the top of the project"),
        ("https://gehe.example.com/erp", "not that of a web page"),
        ("erp.example.com", "postgresql://"),
        ("postgresql://erp.example.com/erp", "the user is missing"),
        ("postgresql://erp:geheim@erp.example.com/erp?pooler=yes", "transaction or session"),
        ("", "postgresql://"),
        (7, "postgresql://"),
    ],
)
def test_what_cannot_be_used_is_told_without_the_password(raw: object, told: str) -> None:
    with pytest.raises(ValueError) as refused:
        erp_address(raw)
    assert told in str(refused.value)
    assert "gehe" not in str(refused.value)
