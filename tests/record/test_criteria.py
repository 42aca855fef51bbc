"""record.criteria: a comparison as words becomes a stretch of terms, or is refused with what is wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.errors import Invalid, Reason
from postroom.record import (
    ACCOUNTS,
    CONTACTS,
    MODULES,
    NOTES,
    PIPELINES,
    AllOf,
    AnyOf,
    Criteria,
    Field,
    Kind,
    Module,
    Where,
)
from postroom.record import criteria as criteria_of
from postroom.record.criteria import Operator, compare, operators, together, within
from postroom.record.modules import WORDS
from postroom.record.terms import Term, after, fold, terms, whole, words

NOON = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()) * 1000
NAME, AMOUNT, OWNER, CONTACT, TAG, DAY, MODIFIED = (
    PIPELINES.numbers[each]
    for each in ("Deal_Name", "Amount", "Owner", "Contact_Name", "Tag", "Closing_Date", "Modified_Time")
)


def number(value: float) -> bytes:
    """An amount as a term."""
    found = compare(PIPELINES, "Amount", Operator.EQUALS, (str(value),))
    return found.keys[0]


# field, operator, what was written, and the stretch of terms that it is
COMPARISONS: list[tuple[str, Operator, tuple[str, ...], Where]] = [
    ("Deal_Name", Operator.EQUALS, ("Big ORDER",), Where(number=NAME, keys=(b"big order",))),
    ("Deal_Name", Operator.NOT_EQUAL, ("x",), Where(number=NAME, keys=(b"x",), negated=True)),
    ("Deal_Name", Operator.IN, ("A", "b"), Where(number=NAME, keys=(b"a", b"b"))),
    ("Deal_Name", Operator.NOT_IN, ("A", "b"), Where(number=NAME, keys=(b"a", b"b"), negated=True)),
    ("Deal_Name", Operator.STARTS_WITH, ("Bi",), Where(number=NAME, low=b"bi", high=b"bj")),
    ("Deal_Name", Operator.STARTS_WITH, ("",), Where(number=NAME, low=b"")),
    ("Deal_Name", Operator.GREATER_THAN, ("M",), Where(number=NAME, low=b"m\0")),
    ("Amount", Operator.GREATER_EQUAL, ("5",), Where(number=AMOUNT, low=number(5))),
    ("Amount", Operator.LESS_THAN, ("5.0",), Where(number=AMOUNT, high=number(5))),
    ("Amount", Operator.LESS_EQUAL, ("5",), Where(number=AMOUNT, high=after(number(5)))),
    ("Amount", Operator.BETWEEN, ("-1", "5"), Where(number=AMOUNT, low=number(-1), high=after(number(5)))),
    (
        "Amount",
        Operator.NOT_BETWEEN,
        ("-1", "5"),
        Where(number=AMOUNT, low=number(-1), high=after(number(5)), negated=True),
    ),
    ("Owner", Operator.EQUALS, ("17",), Where(number=OWNER, keys=(whole(17),))),
    (
        "Contact_Name",
        Operator.IN,
        ("1", "2"),
        Where(number=CONTACT, keys=(whole(1), whole(2))),
    ),
    ("Tag", Operator.EQUALS, ("VIP",), Where(number=TAG, keys=(b"vip",))),
    (
        "Closing_Date",
        Operator.EQUALS,
        ("2026-01-31",),
        Where(number=DAY, keys=(b"2026-01-31",)),
    ),
    (
        "Modified_Time",
        Operator.GREATER_THAN,
        ("2026-01-31T13:00:00+01:00",),
        Where(number=MODIFIED, low=after(whole(NOON))),
    ),
]


@pytest.mark.parametrize(("name", "operator", "values", "expected"), COMPARISONS)
def test_a_comparison_is_a_stretch_of_terms(
    name: str, operator: Operator, values: tuple[str, ...], expected: Where
) -> None:
    assert compare(PIPELINES, name, operator, values) == expected


def refused(module: Module, name: str, operator: Operator, *values: str) -> dict[str, object]:
    with pytest.raises(Invalid) as raised:
        compare(module, name, operator, values)
    [fault] = raised.value.faults
    assert (fault.reason, fault.path) == (Reason.QUERY_WRONG, ())
    assert fault.details["reason"]
    return {name: value for name, value in fault.details.items() if name != "reason"}


@pytest.mark.parametrize("name", ["Nothing", "Description", "Created_By", WORDS, "", "deal_name", "Deal_Name.x"])
def test_a_field_that_is_not_indexed_cannot_be_compared(name: str) -> None:
    assert refused(PIPELINES, name, Operator.EQUALS, "x") == {"api_name": name}


@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("Amount", Operator.STARTS_WITH),
        ("Closing_Date", Operator.STARTS_WITH),
        ("Owner", Operator.GREATER_THAN),
        ("Contact_Name", Operator.STARTS_WITH),
        ("Tag", Operator.BETWEEN),
    ],
)
def test_an_operator_that_does_not_suit_the_kind_is_refused(name: str, operator: Operator) -> None:
    details = refused(PIPELINES, name, operator, "1", "2")
    assert details == {"api_name": name, "operator": operator.value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Amount", "many"),
        ("Amount", "nan"),
        ("Amount", "inf"),
        ("Amount", ""),
        ("Amount", "1e17"),
        ("Probability", "1000"),
        ("Closing_Date", "31.01.2026"),
        ("Closing_Date", "2026-02-30"),
        ("Modified_Time", "2026-01-31"),
        ("Modified_Time", "2026-01-31T12:00:00"),
        ("Owner", "Ada"),
        ("Owner", "0"),
        ("Owner", "9" * 19),
        ("Contact_Name", "${EMPTY}"),
    ],
)
def test_a_value_that_does_not_suit_the_kind_is_refused(name: str, value: str) -> None:
    assert refused(PIPELINES, name, Operator.EQUALS, value) == {"api_name": name}
    assert refused(PIPELINES, name, Operator.IN, value) == {"api_name": name}


@pytest.mark.parametrize("values", [("1",), ("1", "2", "3")])
def test_between_takes_two_values(values: tuple[str, ...]) -> None:
    assert refused(PIPELINES, "Amount", Operator.BETWEEN, *values)["operator"] == "between"
    assert refused(PIPELINES, "Amount", Operator.NOT_BETWEEN, *values)["operator"] == "not_between"


def test_yes_and_no_are_words() -> None:
    opted_out = CONTACTS.numbers["Email_Opt_Out"]
    for text, term in (("true", b"1"), ("TRUE", b"1"), ("False", b"0")):
        assert compare(CONTACTS, "Email_Opt_Out", Operator.EQUALS, (text,)) == Where(number=opted_out, keys=(term,))
    assert refused(CONTACTS, "Email_Opt_Out", Operator.EQUALS, "yes") == {"api_name": "Email_Opt_Out"}


@pytest.mark.parametrize(
    ("text", "term"),
    [("Ada@Bücher.example", b"ada@xn--bcher-kva.example"), ("ADA", b"ada"), ("Straße.", "straße.".encode())],
)
def test_the_beginning_of_an_address_is_that_of_its_term(text: str, term: bytes) -> None:
    beginning = compare(CONTACTS, "Email", Operator.STARTS_WITH, (text,))
    assert beginning.low == term
    for part in criteria_of.beginning(CONTACTS, Kind.EMAIL, text).parts:
        assert isinstance(part, Where)
        assert part.low == term


@given(st.sampled_from(MODULES), st.data(), st.text(max_size=20))
def test_each_operator_that_suits_a_field_takes_its_values_or_names_it(
    module: Module, data: st.DataObject, text: str
) -> None:
    name = data.draw(st.sampled_from(sorted(module.numbers.keys() - {WORDS})))
    operator = data.draw(st.sampled_from(operators(module.by_name[name])))
    try:
        found: Where | Invalid = compare(module, name, operator, (text, text))
    except Invalid as error:
        found = error
    if isinstance(found, Where):
        assert (found.number, found.negated) == (module.numbers[name], operator.value.startswith("not_"))
    else:
        assert [fault.details["api_name"] for fault in found.faults] == [name]


def met(where: Criteria, found: set[Term]) -> bool:
    """Whether a record with these terms meets criteria of beginnings."""
    match where:
        case AllOf():
            return bool(where.parts) and all(met(each, found) for each in where.parts)
        case AnyOf():
            return any(met(each, found) for each in where.parts)
    assert where.low is not None
    assert where.high is not None
    return any(number == where.number and where.low <= key < where.high for number, key in found)


some_text = st.text("abé -.@'1", max_size=12)


@given(some_text, some_text, some_text)
def test_each_word_of_a_text_must_begin_some_word_of_a_record(title: str, city: str, asked: str) -> None:
    there = words(title) | words(city)
    expected = bool(words(asked)) and all(any(one.startswith(each) for one in there) for each in words(asked))
    assert met(criteria_of.spoken(CONTACTS, asked), terms(CONTACTS, {"Title": title, "Mailing_City": city})) is expected


def test_the_parts_of_an_address_are_words() -> None:
    found = terms(CONTACTS, {"Email": "Rita.Dahl@Example.net", "Full_Name": "Cleo"})
    for asked, expected in (("rita", True), ("dahl", True), ("exam net", True), ("ahl", False), ("cleo", False)):
        assert met(criteria_of.spoken(CONTACTS, asked), found) is expected, asked


def test_a_beginning_is_looked_for_in_every_field_of_the_kind() -> None:
    phones = [CONTACTS.numbers[name] for name in ("Phone", "Home_Phone", "Mobile")]
    assert criteria_of.beginning(CONTACTS, Kind.PHONE, "+49 (30)") == AnyOf(
        tuple(Where(number=each, low=b"4930", high=b"4931") for each in phones)
    )
    assert criteria_of.beginning(NOTES, Kind.PHONE, "4930") == AnyOf(())
    assert criteria_of.beginning(ACCOUNTS, Kind.EMAIL, "x") == AnyOf(())


def test_what_is_asked_for_in_other_words() -> None:
    modified = CONTACTS.numbers["Modified_Time"]
    assert criteria_of.modified_after(CONTACTS, 5) == Where(number=modified, low=whole(5) + b"\0")
    title = CONTACTS.numbers["Title"]
    ceo = Where(number=title, keys=(b"ceo",))
    assert criteria_of.equal(CONTACTS, "Title", fold("CEO")) == ceo
    assert criteria_of.missing(CONTACTS, "Title") == Where(number=title, negated=True)
    assert criteria_of.opposite(ceo) == Where(number=title, keys=ceo.keys, negated=True)
    assert criteria_of.opposite(criteria_of.missing(CONTACTS, "Title")) == Where(number=title)
    with pytest.raises(Invalid):
        criteria_of.missing(CONTACTS, "Description")


def test_a_field_of_ones_own_is_compared_by_its_kind() -> None:
    own = CONTACTS.with_fields([Field(name="Size", label="Size", kind=Kind.DOUBLE, length=9, id=5)])
    assert compare(own, "Size", Operator.LESS_THAN, ("5",)).high == number(5)
    assert refused(CONTACTS, "Size", Operator.LESS_THAN, "5") == {"api_name": "Size"}


octets = st.binary(max_size=2)
stretches = st.builds(
    Where,
    number=st.just(7),
    keys=st.lists(octets, max_size=3).map(tuple),
    low=st.none() | octets,
    high=st.none() | octets,
)


@given(st.lists(stretches, min_size=1, max_size=4), st.lists(octets, min_size=1))
def test_comparisons_of_one_field_come_down_to_one(these: list[Where], keys: list[bytes]) -> None:
    one = together(these)
    for key in [*keys, *(each for where in these for each in where.keys)]:
        assert (one is not None and within(one, key)) == all(within(each, key) for each in these)
