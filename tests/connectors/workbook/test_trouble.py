"""A file that is open, damaged, spoilt or changed in the last moment: it is told, it stays as it is, and nothing is lost."""

import os
from pathlib import Path

import pytest

from syncdb.connectors.workbook.place import Changed, Place
from syncdb.contract.connector import create
from syncdb.errors import NeedsPerson, OutcomeUnknown, RetryLater
from syncdb.model import Result
from tests.connectors.workbook.desk import Desk
from tests.connectors.workbook.test_people import CUP, MUG, made, written


@pytest.mark.parametrize(
    ("mark", "content", "who"),
    [
        ("~$orders.xlsx", b"\x04Jane" + b" " * 49, r"\(Jane\)"),
        ("~$ders.xlsx", b"", "open in another program. "),
        (".~lock.orders.xlsx#", b"Jane Doe,host,host,30.11.2026 10:00;", r"\(Jane Doe\)"),
    ],
)
def test_nothing_is_written_while_a_program_has_it_open(tmp_path: Path, mark: str, content: bytes, who: str) -> None:
    desk = made(tmp_path / "orders.xlsx", MUG)
    before = desk.path.read_bytes()
    connector = desk.connector()
    attempt = connector.prepare([create("b", CUP)], 5)
    (tmp_path / mark).write_bytes(content)
    for doing in (lambda: connector.prepare([create("b", CUP)], 6), lambda: connector.write(attempt)):
        with pytest.raises(RetryLater, match=who) as told:
            doing()
        assert "nothing is lost" in str(told.value) and f"delete {mark}" in told.value.next_step
    assert desk.path.read_bytes() == before and connector.look(["a"]).found
    (tmp_path / mark).unlink()
    assert connector.write(attempt)[0].result is Result.DONE


def test_a_program_that_lets_nobody_replace_the_file_is_told(tmp_path: Path) -> None:
    desk = made(tmp_path / "orders.xlsx", MUG)
    before = desk.path.read_bytes()

    def refused(part: str, target: str) -> None:
        raise PermissionError(13, "Permission denied")

    connector = desk.connector()
    connector._place.replace = refused
    with pytest.raises(RetryLater, match="open in another program"):
        connector.write(connector.prepare([create("b", CUP)], 5))
    assert desk.path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["orders.previous.xlsx", "orders.xlsx"]


def test_the_version_before_a_run_is_kept_beside_it(tmp_path: Path) -> None:
    desk = made(tmp_path / "orders.xlsx", MUG)
    before = desk.path.read_bytes()
    connector = desk.connector()
    for key in ("b", "c"):
        written(connector, create(key, CUP | {"key": key}))
    assert (tmp_path / "orders.previous.xlsx").read_bytes() == before
    assert len(desk.rows()) == 4


def test_a_file_that_a_run_makes_anew_takes_no_earlier_version_away(tmp_path: Path) -> None:
    desk = made(tmp_path / "orders.xlsx", MUG)
    written(desk.connector(), create("b", CUP | {"key": "b"}))
    kept = (tmp_path / "orders.previous.xlsx").read_bytes()
    desk.path.unlink()
    made(tmp_path / "orders.xlsx", MUG)
    assert (tmp_path / "orders.previous.xlsx").read_bytes() == kept and len(desk.rows()) == 2


def test_what_somebody_saves_in_the_last_moment_is_not_overwritten(tmp_path: Path) -> None:
    place = Place(tmp_path / "orders.csv")
    place.path.write_bytes(b"one")
    seen = place.read()
    place.path.write_bytes(b"two")
    with pytest.raises(Changed):
        place.put(b"three", seen)
    assert place.path.read_bytes() == b"two" and not place.previous.exists()


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    real = made(tmp_path / "share" / "orders.xlsx", MUG).path
    real.chmod(0o640)
    (tmp_path / "orders.xlsx").symlink_to(real)
    written(Desk(tmp_path / "orders.xlsx").connector(), create("b", CUP))
    assert (tmp_path / "orders.xlsx").is_symlink() and len(Desk(real).rows()) == 3
    assert os.name == "nt" or real.stat().st_mode & 0o777 == 0o640


def test_structure_whose_end_the_disk_did_not_tell_is_looked_for(tmp_path: Path) -> None:
    for applied in (True, False):
        desk = Desk(tmp_path / f"{applied}.xlsx")
        connector = desk.connector()
        attempt = connector.structure(1)
        assert attempt is not None
        desk.losing = applied
        with pytest.raises(OutcomeUnknown):
            connector.write(attempt)
        assert [one.result for one in connector.settle(attempt)] == ([] if applied else [Result.STALE])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xd0\xcf\x11\xe0 old", "has a password, or is a workbook of before 2007"),
        (b"not a workbook", "is no workbook that can be read"),
        (b"PK\x05\x06" + bytes(18), "is no workbook that can be read"),
    ],
)
def test_what_is_no_workbook_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "orders.xlsx").write_bytes(content)
    with pytest.raises(NeedsPerson, match=told):
        Desk(tmp_path / "orders.xlsx").connector().structure(1)
    assert (tmp_path / "orders.xlsx").read_bytes() == content


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NeedsPerson, match="The folder .* is not there"):
        Desk(tmp_path / "away" / "orders.xlsx").connector().structure(1)


def test_a_csv_file_as_excel_saves_it_in_europe_is_read_and_continued(tmp_path: Path) -> None:
    desk = made(tmp_path / "Orders.csv", MUG)
    desk.path.write_text("Key;Title;Count;Mine\na;Mug;3;1,5\n", encoding="utf-8")
    (outcome,) = written(desk.connector(), create("b", CUP | {"title": "=HYPERLINK(1)"}))
    assert outcome.result is Result.DONE
    assert desk.path.read_bytes() == b"\xef\xbb\xbfKey;Title;Count;Mine\na;Mug;3;1,5\nb;'=HYPERLINK(1);5\n"
    assert desk.connector().look(["b"]).found["b"].record.fields["title"] == "=HYPERLINK(1)"


def test_keys_that_a_program_rounded_stop_everything(tmp_path: Path) -> None:
    desk = made(tmp_path / "Orders.csv", MUG)
    desk.path.write_text("Key,Title,Count\n1.23457E+13,Mug,3\n", encoding="utf-8")
    with pytest.raises(NeedsPerson, match='In row 2 of Orders.csv, "Key" is a rounded number'):
        list(desk.connector().fetch())


@pytest.mark.parametrize("key", [9007199254741010.0, 1.5, 12345678901234567])
def test_keys_of_a_workbook_that_became_numbers_and_lost_digits_stop_everything(tmp_path: Path, key: float) -> None:
    desk = made(tmp_path / "orders.xlsx", MUG)
    desk.edit(2, 1, key)
    before = desk.path.read_bytes()
    with pytest.raises(NeedsPerson, match='In row 2 of orders.xlsx, "Key" is a rounded number') as told:
        list(desk.connector().fetch())
    assert 'leave "Key" as text' in told.value.next_step and desk.path.read_bytes() == before


def test_a_key_that_became_an_exact_number_is_still_that_key(tmp_path: Path) -> None:
    desk = made(tmp_path / "orders.xlsx", MUG)
    desk.edit(2, 1, 14871234567890)
    (shown,) = desk.connector().fetch()
    assert list(shown.found) == ["14871234567890"]


def test_a_csv_file_in_other_letters_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "Orders.csv").write_bytes("Key,Title\na,Läufer\n".encode("latin-1"))
    with pytest.raises(NeedsPerson, match="is not UTF-8 text"):
        Desk(tmp_path / "Orders.csv").connector().structure(1)
