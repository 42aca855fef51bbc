"""Lines of CSV into values: an independent writer is the oracle."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.cli.csvfile import REASONS, Sheet
from postroom.errors import Misconfigured
from postroom.record import CONTACTS, PIPELINES, Module

CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('",\n'), max_size=12)


def sheet(text: str, module: Module = CONTACTS, *, delimiter: str = ",", **names: str) -> Sheet:
    octets = io.BytesIO(text.encode(errors="surrogateescape"))
    return Sheet(octets, delimiter=delimiter, names=names, module=module)


def read(text: str, module: Module = CONTACTS, **names: str) -> list[tuple[int, object]]:
    """Number and values, or the problem, of each line."""
    whole = sheet(text, module, **names)
    found: list[tuple[int, object]] = [(each.number, each.problem or dict(each.values)) for each in whole.lines()]
    assert len(found) == whole.count
    return found


@given(st.lists(st.tuples(CELLS, CELLS), max_size=8), st.booleans())
def test_what_the_standard_writer_wrote_is_read(rows: list[tuple[str, str]], mark: bool) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([("Last_Name", "Description"), *rows])
    found = read(("\ufeff" if mark else "") + out.getvalue())
    kept = [tuple(cell.strip() or None for cell in row) for row in rows if any(cell.strip() for cell in row)]
    assert [values for _, values in found] == [{"Last_Name": one, "Description": two} for one, two in kept]


def test_lines_have_the_number_they_begin_at() -> None:
    found = read('Last_Name,Phone\nA,1\n\n"B\nB",2\nC\nD,4\n')
    assert found == [
        (2, {"Last_Name": "A", "Phone": "1"}),
        (4, {"Last_Name": "B\nB", "Phone": "2"}),
        (6, "has 1 values, the first line has 2"),
        (7, {"Last_Name": "D", "Phone": "4"}),
    ]


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("Amount", "12", 12),
        ("Amount", "-12.50", -12.5),
        ("Amount", "1e5", "1e5"),
        ("Amount", "12,5", "12,5"),
        ("Probability", "50", 50),
        ("Contact_Name", "912780371961949141", "912780371961949141"),
        ("Closing_Date", "2027-01-31", "2027-01-31"),
        ("Tag", "a; b,c", ["a", "b", "c"]),
        ("Stage", "", None),
    ],
)
def test_a_cell_becomes_what_json_would_hold(name: str, cell: str, value: object) -> None:
    assert read(f'{name}\n"{cell}"\n', PIPELINES) == ([(2, {name: value})] if cell else [])


def test_yes_and_no_have_several_words() -> None:
    text = "Email_Opt_Out\nyes\nTRUE\n1\nno\nFalse\n0\nperhaps\n"
    values = [True, True, True, False, False, False, "perhaps"]
    assert [found for _, found in read(text)] == [{"Email_Opt_Out": value} for value in values]


def test_columns_are_renamed_and_left_out() -> None:
    assert read("Nachname,Notiz\nA,x\n", Nachname="Last_Name", Notiz="") == [(2, {"Last_Name": "A"})]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Surname\nA\n", "no field 'Surname'"),
        ("Last_Name,Last_Name\nA,B\n", "two columns are the same field"),
        ("", "names no field"),
        ('"Last_Name\n', "line 1 cannot be read"),
        ("Last_Name\n\udcff\n", "not UTF-8"),
    ],
)
def test_a_first_line_that_names_no_fields_is_refused(text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        read(text)


# Decoding runs some kilobytes ahead of the lines.
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ('B\n"C" x\nD\n', "line 3 cannot be read: ',' expected"),
        ('B\nC,"D\nE\n', "line 3 cannot be read: unexpected end"),
        ("B\n" * 10_000 + "\udcff\nD\n", r"not UTF-8, at line 8\d+ or soon after it"),
    ],
)
def test_a_file_that_breaks_off_is_refused_whole(broken: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        sheet("Last_Name\n" + broken)


def test_reasons_of_an_earlier_round_are_passed_over() -> None:
    assert read(f"Last_Name,{REASONS}\nA,Email: is not of type email\n") == [(2, {"Last_Name": "A"})]


def test_a_sheet_is_known_by_its_octets_and_how_they_are_read() -> None:
    text = "Last_Name,Phone\nA,1\n"
    known = sheet(text).digest()
    whole = sheet(text)
    assert [list(whole.lines()), whole.digest(), list(whole.lines())] == [list(whole.lines()), known, [*whole.lines()]]
    others = [
        sheet(text.replace("1", "2")),
        sheet(text, Phone="Mobile"),
        sheet(text, replace(CONTACTS, name="Leads")),
        sheet("Last_Name;Phone\nA;1\n", delimiter=";"),
    ]
    assert len({known, *(each.digest() for each in others)}) == 5
