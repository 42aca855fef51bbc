"""record.terms: octets stand in the order of the values they are made of, and every value that counts has its term."""

from datetime import date
from fractions import Fraction
from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from postroom.mail.address import Address
from postroom.record import CONTACTS, MODULES, NOTES, PIPELINES, Field, Kind, Module, Value
from postroom.record.modules import TASKS, WORDS
from postroom.record.terms import KEY_OCTETS, after, beyond, digits, fold, keys, terms, under, whole, words

NUMBERS = (Kind.INTEGER, Kind.DOUBLE, Kind.CURRENCY)
TEXTS = (Kind.TEXT, Kind.WEBSITE, Kind.PICKLIST)


def field(kind: Kind) -> Field:
    return Field(name="F", label="F", kind=kind)


def key(kind: Kind, value: Value) -> bytes:
    [found] = keys(field(kind), value)
    return found


numbers = st.integers(-(10**16), 10**16) | st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 5e-324, -5e-324])


@given(numbers, numbers, st.sampled_from(NUMBERS))
@example(0.0, -0.0, Kind.DOUBLE)
@example(2**53, 2**53 + 2, Kind.CURRENCY)
def test_numbers_stand_in_order(one: float, other: float, kind: Kind) -> None:
    # Compared as what IEEE 754 holds of them, by an arithmetic without rounding.
    pair = Fraction(float(one)), Fraction(float(other))
    assert (key(kind, one) < key(kind, other)) == (pair[0] < pair[1])
    assert (key(kind, one) == key(kind, other)) == (pair[0] == pair[1])


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.sampled_from([Kind.DATETIME, Kind.OWNER]))
def test_moments_and_ids_stand_in_order_to_the_last_bit(one: int, other: int, kind: Kind) -> None:
    assert (key(kind, one) < key(kind, other)) == (one < other)
    assert key(kind, one) == whole(one)


@given(st.dates(), st.dates())
def test_days_stand_in_order(one: date, other: date) -> None:
    assert (key(Kind.DATE, one.isoformat()) < key(Kind.DATE, other.isoformat())) == (one < other)


@given(st.booleans(), st.booleans())
def test_no_stands_before_yes(one: bool, other: bool) -> None:
    assert (key(Kind.BOOLEAN, one) < key(Kind.BOOLEAN, other)) == (one < other)


letters = st.text(max_size=12)  # NFKC makes up to 18 characters of one: these stay below the longest term


@given(letters, letters, st.sampled_from(TEXTS))
def test_texts_stand_in_the_order_of_their_folded_characters(one: str, other: str, kind: Kind) -> None:
    folded = [normalize("NFKC", each).strip().casefold() for each in (one, other)]
    assert (key(kind, one) < key(kind, other)) == (folded[0] < folded[1])
    assert (key(kind, one) == key(kind, other)) == (folded[0] == folded[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme", "ACME"),
        ("Straße", "STRASSE"),
        ("Ä", "A\u0308"),
        ("ﬁx", "FIX"),
        ("\uff21", "a"),
        (" a ", "a"),
        ("a\u00a0b", "a b"),
        ("Σας", "σασ"),
    ],
)
def test_the_same_text_in_another_spelling_is_the_same_term(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert words(one) == words(other)


@given(st.text(min_size=150, max_size=700))
def test_no_term_is_longer_than_an_index_takes(text: str) -> None:
    assert len(fold(text)) <= KEY_OCTETS
    assert all(0 < len(each) <= KEY_OCTETS for each in words(text))
    assert fold("é" * KEY_OCTETS + text) == fold("É" * KEY_OCTETS)


@given(st.binary(max_size=8), st.binary(max_size=8))
@example(b"", b"\0")
@example(b"\xff", b"\xff\xff")
def test_nothing_stands_between_a_term_and_what_is_after_it(one: bytes, other: bytes) -> None:
    assert (other >= after(one)) == (other > one)


@given(st.binary(max_size=4), st.binary(max_size=8))
@example(b"", b"\xff")
@example(b"\xff\xff", b"\xff\xff\xff")
@example(b"a\xff", b"b")
def test_what_begins_so_stands_between_a_prefix_and_what_is_beyond_it(prefix: bytes, other: bytes) -> None:
    end = beyond(prefix)
    assert (prefix <= other and (end is None or other < end)) == other.startswith(prefix)


@pytest.mark.parametrize(
    ("text", "term"),
    [("+49 (30) 12-34", b"49301234"), ("0049.30", b"004930"), ("ext.", b"ext."), ("Call ME", b"call me")],
)
def test_a_telephone_number_is_its_digits(text: str, term: bytes) -> None:
    assert digits(text) == key(Kind.PHONE, text) == term


@pytest.mark.parametrize("text", ["Ada@EXAMPLE.net", "grüße@Bücher.example", "Straße@x.example", '"a b"@x.example'])
def test_an_address_is_looked_up_as_mail_knows_it(text: str) -> None:
    assert key(Kind.EMAIL, text) == Address.parse(text).folded.encode()


def test_tags_have_a_term_each_and_nothing_has_none() -> None:
    assert list(keys(field(Kind.TAGS), ["VIP", "new"])) == [b"vip", b"new"]
    assert list(keys(field(Kind.TEXT), None)) == []


@given(st.text(st.characters(codec="ascii")))
def test_the_words_of_a_plain_text_are_those_of_any(text: str) -> None:
    # What is not ASCII takes the long way, and changes no other word.
    assert words(text) == words(f"{text} é") - words("é")


def test_the_terms_of_a_contact() -> None:
    values: dict[str, Value] = {
        "Owner": 17,
        "First_Name": "Rita",
        "Last_Name": "von Weber",
        "Full_Name": "Rita von Weber",
        "Email": "Rita@Example.net",
        "Phone": "+49 30 1",
        "Email_Opt_Out": False,
        "Account_Name": 41,
        "Description": "long",
        "Tag": ["vip"],
        "Created_Time": 5,
        "Modified_Time": 6,
        "Gone": "a field that there is no more",
    }
    expected = {
        ("Owner", whole(17)),
        ("First_Name", b"rita"),
        ("Last_Name", b"von weber"),
        ("Full_Name", b"rita von weber"),
        ("Email", b"rita@example.net"),
        ("Phone", b"49301"),
        ("Email_Opt_Out", b"0"),
        ("Account_Name", whole(41)),
        ("Tag", b"vip"),
        ("Created_Time", whole(5)),
        ("Modified_Time", whole(6)),
        # Those that a text begins with are found by the text's own term.
        *((WORDS, word) for word in (b"weber", b"example", b"net")),
    }
    assert terms(CONTACTS, values) == {(CONTACTS.numbers[name], term) for name, term in expected}


SOME: dict[Kind, Value] = {
    Kind.TEXT: "Any text",
    Kind.TEXTAREA: "lines",
    Kind.EMAIL: "a@example.net",
    Kind.PHONE: "1",
    Kind.WEBSITE: "https://example.net",
    Kind.PICKLIST: "one",
    Kind.BOOLEAN: True,
    Kind.INTEGER: 7,
    Kind.DOUBLE: 7.5,
    Kind.CURRENCY: 7,
    Kind.DATE: "2026-01-31",
    Kind.DATETIME: 1_769_860_800_000,
    Kind.LOOKUP: 41,
    Kind.OWNER: 17,
    Kind.TAGS: ["one", "two"],
}
KEPT = {"Full_Name", "Created_Time", "Modified_Time"}  # of our own making, and yet looked up by


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_field_of_every_module_that_is_looked_up_by_has_its_term(module: Module) -> None:
    assert SOME.keys() == set(Kind)
    values = {each.name: SOME[each.kind] for each in module.fields}
    found = {number for number, _ in terms(module, values)}
    looked_up = {
        each.name for each in module.fields if each.kind is not Kind.TEXTAREA and (each.name in KEPT or not each.system)
    }
    assert found == {module.numbers[name] for name in (*looked_up, WORDS)}
    assert terms(module, {}) == set()


def test_what_stands_under_a_number_are_the_terms_with_it() -> None:
    values: dict[str, Value] = {
        "Last_Name": "de la Cruz",
        "Full_Name": "Ana de la Cruz",
        "Email": "ana.cruz@x.example",
        "Tag": ["VIP", "new"],
        "Email_Opt_Out": False,
        "Phone": "+34 91 1",
        "Owner": 7,
    }
    everything = terms(CONTACTS, values)
    for number in CONTACTS.numbers.values():
        assert set(under(CONTACTS, values, number)) == {key for each, key in everything if each == number}
    assert not under(CONTACTS, values, PIPELINES.numbers["Stage"])


def test_no_two_fields_of_any_modules_share_a_number() -> None:
    every = [number for module in MODULES for number in module.numbers.values()]
    assert len(set(every)) == len(every)
    assert all(0 <= number < 2**31 for number in every)


def test_numbers_are_the_same_for_ever() -> None:
    # They are stored: another formula would make every index wrong.
    assert CONTACTS.numbers["Email"] == 972979513
    assert PIPELINES.numbers[WORDS] == 427789973


def test_what_is_long_or_made_by_us_is_not_looked_up_by() -> None:
    assert "Note_Content" not in NOTES.numbers
    assert "Description" not in TASKS.numbers
    assert not {"Created_By", "Modified_By", "Last_Activity_Time", "Unsubscribed_Time"} & CONTACTS.numbers.keys()


def test_a_field_of_ones_own_is_looked_up_like_any_other() -> None:
    shoe = Field(name="Shoe_Size", label="Shoe Size", kind=Kind.DOUBLE, length=9, id=5)
    own = CONTACTS.with_fields([shoe])
    assert own.numbers.keys() - CONTACTS.numbers.keys() == {"Shoe_Size"}
    assert {name: own.numbers[name] for name in CONTACTS.numbers} == CONTACTS.numbers
    sizes = [38, 38.5, 39, 100]
    found = [
        [term for number, term in terms(own, {"Shoe_Size": size}) if number == own.numbers["Shoe_Size"]]
        for size in sizes
    ]
    assert all(one < other for one, other in pairwise(found))
    assert terms(CONTACTS, {"Shoe_Size": 38}) == set()
