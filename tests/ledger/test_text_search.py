"""Texts looked for in pieces are found exactly where they would be found in the whole."""

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncdb.ledger.redaction import REMOVED, Remover
from syncdb.ledger.text_search import forms_of, found_in, in_other_orders, traces
from syncdb.services.file_copies import holding

few = st.text(alphabet='abä"', min_size=1, max_size=5)


@given(st.lists(st.binary(max_size=3), max_size=20), st.lists(few, min_size=1, max_size=4), few)
@example([b"ab", b"", b"a"], ["aba"], "b")
@example([], ["a"], "b")
def test_pieces_hold_what_the_whole_holds(pieces: list[bytes], values: list[str], hidden: str) -> None:
    torn = [hidden.encode()[at : at + 1] for at in range(len(hidden.encode()))]
    stream = [*pieces, *torn, *pieces]
    whole = b"".join(stream)
    forms = {value: forms_of(value) for value in (*values, hidden)}
    expected = {value for value, ways in forms.items() if any(whole.find(way) >= 0 for way in ways)}
    assert hidden in expected
    assert found_in(stream, forms) == expected


@pytest.mark.parametrize("form", ["plain", "stored", "ascii"])
def test_a_text_is_found_in_a_file_far_larger_than_a_piece(tmp_path: Path, form: str) -> None:
    text = 'Jürgen "Jay" Weiß'
    written = {"plain": text, "stored": json.dumps(text, ensure_ascii=False), "ascii": json.dumps(text)}[form]
    file = tmp_path / "large"
    for before in ((1 << 20) - 3, (2 << 20) - len(written) // 2, 3_000_000):
        file.write_bytes(b"x" * before + written.encode() + b"x" * 100_000)
        heard: list[int] = []
        assert traces([file, tmp_path / "none"], [text, "Somebody Else"], heard.append) == {file: [text]}
        assert heard == sorted(heard) and heard[-1] == file.stat().st_size
    file.write_bytes(b"x" * 3_000_000)
    assert traces([file], [text]) == {}


def test_a_packed_file_is_looked_into_piece_by_piece(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "lines.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "y" * ((1 << 20) - 4) + "Weiß &amp; Söhne" + "y" * 10)
    assert holding(tmp_path / "ledger.db", (), {"Weiß & Söhne"}) == [tmp_path / "lines.xlsx"]
    assert holding(tmp_path / "ledger.db", (), {"Schwarz & Söhne"}) == []


def test_what_others_share_is_told_from_what_only_these_orders_hold() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE order_tracking (order_id TEXT, snapshot TEXT)")
    stored = [("1", {"a": "Only Mine", "b": 'Am "Markt" 1'}), ("2", {"b": 'Am "Markt" 1'}), ("3", {"c": "Nobody Asked"})]
    connection.executemany(
        "INSERT INTO order_tracking VALUES (?, ?)", [(key, json.dumps(value, ensure_ascii=False)) for key, value in stored]
    )
    values = {"Only Mine", 'Am "Markt" 1', "Nowhere At All"}
    assert in_other_orders(connection, values, {"1"}) == {'Am "Markt" 1'}
    assert in_other_orders(connection, values, ()) == {'Am "Markt" 1', "Only Mine"}
    connection.close()


def test_the_longest_text_is_removed_first() -> None:
    removed = Remover({"Weiß", 'Jürgen "Jay" Weiß'})
    assert removed('"Jürgen \\"Jay\\" Weiß" wrote; so did Weiß') == f'"{REMOVED}" wrote; so did {REMOVED}'
