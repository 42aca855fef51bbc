"""Refused lines as a file: what it holds is what the file held."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.cli import refusedfile
from postroom.cli.csvfile import REASONS, Sheet
from postroom.errors import Misconfigured
from postroom.record import CONTACTS
from postroom.store.imports import Refusal

CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('";\n'), min_size=1, max_size=12)


def sheet(octets: bytes, **names: str) -> Sheet:
    return Sheet(io.BytesIO(octets), delimiter=";", names=names, module=CONTACTS)


def written(of: Sheet, folder: Path, *lines: int) -> bytes:
    refusals = [Refusal(line=line, reason=f"no; {line}") for line in lines]
    refusedfile.write(folder / "bad.csv", of, refusals)
    return (folder / "bad.csv").read_bytes()


def test_columns_are_those_of_the_file_with_its_own_names(tmp_path: Path) -> None:
    found = sheet(b"Nachname;Notiz;Phone\nA;x;1\nB; y ;2\nC;z;3\n", Nachname="Last_Name", Notiz="")
    assert written(found, tmp_path, 3) == b'Nachname;Notiz;Phone;Refused because\r\nB; y ;2;"no; 3"\r\n'


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    found = sheet("\ufeffLast_Name\nÄ\n".encode())
    assert written(found, tmp_path, 2) == '\ufeffLast_Name;Refused because\r\nÄ;"no; 2"\r\n'.encode()


def test_reasons_of_an_earlier_round_are_replaced(tmp_path: Path) -> None:
    found = sheet(f"Last_Name;{REASONS};Phone\nA;bad;1\n".encode())
    assert written(found, tmp_path, 2) == b'Last_Name;Phone;Refused because\r\nA;1;"no; 2"\r\n'


def test_the_reason_of_a_line_too_short_stands_under_its_head(tmp_path: Path) -> None:
    found = sheet(b"Last_Name;Phone;Mobile\nA;1\nB;1;2;3\n")
    lines = written(found, tmp_path, 2, 3).splitlines()
    assert lines[1:] == [b'A;1;;"no; 2"', b'B;1;2;3;"no; 3"']


def test_a_file_without_refused_lines_has_its_head(tmp_path: Path) -> None:
    assert written(sheet(b"Last_Name\nA\n"), tmp_path) == b"Last_Name;Refused because\r\n"


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_was_in_the_file_is_in_the_other(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([("Last_Name", "Description"), *rows])
    found = sheet(out.getvalue().encode())
    kept = written(found, tmp_path_factory.mktemp("r"), *(number for number, _ in found.rows())).decode()
    again = list(csv.reader(io.StringIO(kept, newline=""), delimiter=";"))
    assert [row[:-1] for row in again[1:]] == [row for _, row in found.rows()]


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").mkdir()
    with pytest.raises(Misconfigured, match=r"bad\.csv: Is a directory"):
        written(sheet(b"Last_Name\nA\n"), tmp_path)
