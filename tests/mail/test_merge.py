"""Merge fields: what is one, what is put in its place, and that nothing of a value is read again."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.mail.merge import in_html, in_line, in_text, read

VALUES = {"Contacts.First_Name": "Cleo", "Contacts.Last_Name": "Dahl", "Users.email": "ada@org1.example"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("", ""),
        ("no field", "no field"),
        ("${Contacts.First_Name}", "Cleo"),
        ("Dear ${Contacts.First_Name} ${Contacts.Last_Name},", "Dear Cleo Dahl,"),
        ("${Contacts.First_Name}${Contacts.First_Name}", "CleoCleo"),
        ("[${Contacts.Nothing}] [${Nobody.First_Name}]", "[] []"),
        ("$${Contacts.First_Name}}", "$Cleo}"),
        *(
            (text, text)
            for text in (
                *("${First_Name}", "${ Contacts.First_Name }", "${Contacts.First Name}", "$ {Contacts.First_Name}"),
                *("${Contacts.First_Name", "${Contacts..x}", "${Contacts.Née}", "{Contacts.First_Name}", "${}", "${."),
            )
        ),
        ("${${Contacts.First_Name}}", "${Cleo}"),
    ],
)
def test_each_field_is_filled_and_nothing_else_changes(text: str, filled: str) -> None:
    assert read(text).filled(VALUES, in_text) == filled


def test_fields_are_told_by_name() -> None:
    assert read("${A.b} ${C.d} ${A.b} ${x}").names == {"A.b", "C.d"}


@pytest.mark.parametrize("most", [0, 1, 7, 8, 9])
def test_what_is_too_long_ends_right_behind_its_limit(most: int) -> None:
    whole = read("ab${A.a}c").filled({"A.a": "&"}, in_html, most=most)
    assert whole == "ab&amp;c"[: most + 1]


def test_many_fields_with_long_values_cost_no_more_than_the_limit() -> None:
    # 40 GB, if it were made and then measured.
    assert len(read("${A.a}" * 20_000).filled({"A.a": "&" * 400_000}, in_html, most=100_000)) == 100_001


@pytest.mark.parametrize("write", [in_html, in_text, in_line])
def test_a_value_is_never_read_again(write: object) -> None:
    assert callable(write)
    hostile = {"A.a": "${A.b}", "A.b": "secret", "A.c": "${A", "A.d": ".b}"}
    assert read("${A.a}").filled(hostile, write) == "${A.b}"
    assert "secret" not in read("${A.c}${A.d} $${A.a}").filled(hostile, write)


class Shown(HTMLParser):
    """What a page shows, and its tags with their attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.text += "\n"
        else:
            self.tags.append((tag, attrs))


@given(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=50)
def test_in_html_a_value_is_text_and_no_markup(value: str) -> None:
    page = Shown()
    page.feed(read('<p title="${A.a}">${A.a}</p>').filled({"A.a": value}, in_html))
    page.close()
    assert page.text == value
    assert page.tags == [("p", [("title", value.replace("\n", "<br>"))])]


@given(st.text(max_size=60))
@settings(max_examples=50)
def test_in_a_line_a_value_can_neither_end_it_nor_hold_a_control_character(value: str) -> None:
    line = read("Hello ${A.a}!").filled({"A.a": value}, in_line)
    assert len(line.splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", line)


def test_an_injected_header_is_a_part_of_the_subject() -> None:
    assert read("${A.a}").filled({"A.a": "Hi\r\nBcc: x@y.example"}, in_line) == "Hi Bcc: x@y.example"
