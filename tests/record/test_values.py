from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.errors import Reason
from postroom.record import (
    ACCOUNTS,
    CONTACTS,
    MODULES,
    PIPELINES,
    Facts,
    Field,
    Kind,
    Module,
    Value,
    complete,
    facts,
    read_number,
    read_values,
)

EVENTS = Module(
    name="Events",
    singular="Event",
    plural="Events",
    title=("Event_Title",),
    fields=(
        Field(name="Event_Title", label="Title", mandatory=True),
        Field(name="Start_DateTime", label="From", kind=Kind.DATETIME),
    ),
)


def contact(**values: Any) -> dict[str, Any]:
    return {"Last_Name": "Weber", **values}


def read(raw: dict[str, Any], module: Module = CONTACTS) -> dict[str, Value]:
    reading = read_values(module, raw, partial=True)
    assert reading.faults == ()
    return reading.values


def test_what_is_given_is_read() -> None:
    reading = read_values(
        CONTACTS,
        contact(First_Name=" Rita ", Email="Rita@Example.net", Email_Opt_Out=True, Account_Name={"id": "41"}),
        partial=False,
    )
    assert reading.faults == ()
    given_values = {name: value for name, value in reading.values.items() if value is not None}
    assert given_values == {
        "Last_Name": "Weber",
        "First_Name": "Rita",
        "Email": "Rita@Example.net",
        "Email_Opt_Out": True,
        "Account_Name": 41,
    }


def test_every_fault_is_found() -> None:
    reading = read_values(
        CONTACTS, {"Email": "nobody", "Phone": 5, "First_Name": "x" * 41, "Account_Name": {}}, partial=False
    )
    assert [(fault.reason, fault.path) for fault in reading.faults] == [
        (Reason.TOO_LONG, ("First_Name",)),
        (Reason.MISSING, ("Last_Name",)),
        (Reason.WRONG_TYPE, ("Account_Name",)),
        (Reason.WRONG_TYPE, ("Email",)),
        (Reason.WRONG_TYPE, ("Phone",)),
    ]
    assert reading.faults[0].details == {"maximum_length": 40}
    assert reading.faults[3].details == {"expected_data_type": "email"}


def test_an_update_asks_for_mandatory_fields_only_where_they_are_named() -> None:
    assert read_values(CONTACTS, {"Phone": "1"}, partial=True).faults == ()
    for empty in (None, "", "  "):
        (fault,) = read_values(CONTACTS, {"Last_Name": empty}, partial=True).faults
        assert (fault.reason, fault.path) == (Reason.MISSING, ("Last_Name",))


def test_unknown_made_and_dollar_keys_are_passed_over() -> None:
    raw = contact(Shoe_Size=5, Full_Name=[], Created_By={"id": "x"}, id="7", **{"$approved": 1})
    assert read(raw) == {"Last_Name": "Weber"}


def test_null_and_blank_clear_a_field() -> None:
    assert read({"Phone": None, "Email": "", "Account_Name": None}) == {
        "Phone": None,
        "Email": None,
        "Account_Name": None,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Last_Name", 7),
        ("Last_Name", ["Weber"]),
        ("Email_Opt_Out", "true"),
        ("Email_Opt_Out", 1),
        ("Email", "a@b@c"),
        ("Account_Name", True),
        ("Account_Name", 0),
        ("Account_Name", -1),
        ("Account_Name", 2**63),
        ("Account_Name", "9" * 20),
        ("Account_Name", "\u0664\u0661"),
        ("Account_Name", {"name": "Acme"}),
        ("Account_Name", [41]),
        ("Tag", "x"),
        ("Tag", [5]),
    ],
)
def test_a_wrong_type_is_named(name: str, value: Any) -> None:
    (fault,) = read_values(CONTACTS, {name: value}, partial=True).faults
    assert (fault.reason, fault.path) == (Reason.WRONG_TYPE, (name,))


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\x7fb", "a\x85b", "a\ud800b"])
def test_control_characters_and_broken_surrogates_are_refused(text: str) -> None:
    assert read_values(CONTACTS, {"Email": f"{text}@example.net"}, partial=True).faults
    (fault,) = read_values(CONTACTS, {"Last_Name": text}, partial=True).faults
    assert fault.reason is Reason.WRONG_VALUE


def test_every_control_character_and_every_half_of_a_pair_is_refused() -> None:
    for number in (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)):
        for name, kept in (("Last_Name", ""), ("Description", "\t\n\r")):
            refused = bool(read_values(CONTACTS, {name: f"a{chr(number)}b"}, partial=True).faults)
            assert refused is (chr(number) not in kept), (name, hex(number))


def test_an_area_keeps_its_lines_and_nothing_else_that_controls() -> None:
    assert read({"Description": " one\r\n\ttwo "}) == {"Description": " one\r\n\ttwo "}
    assert read_values(CONTACTS, {"Description": "\x00"}, partial=True).faults


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "12", 10**16, -1e16])
def test_an_amount_is_a_finite_number(value: Any) -> None:
    assert read_values(PIPELINES, {"Amount": value}, partial=True).faults


@pytest.mark.parametrize("value", ["2026-02-30", "20260201", "2026-W01-1", "2026-02-01T00:00:00Z", 5])
def test_a_date_is_a_day_of_the_calendar(value: Any) -> None:
    (fault,) = read_values(PIPELINES, {"Closing_Date": value}, partial=True).faults
    assert fault.details == {"expected_data_type": "date"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T05:30:00+05:30", 0),
        ("1970-01-01T00:00:01Z", 1000),
        ("1969-12-31T23:59:59.500-00:00", -500),
    ],
)
def test_a_date_time_is_a_moment(text: str, moment: int) -> None:
    assert read({"Start_DateTime": text}, EVENTS) == {"Start_DateTime": moment}


@pytest.mark.parametrize(
    "text", ["2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-01-01T25:00:00Z", "now"]
)
def test_a_date_time_without_offset_or_out_of_the_calendar_is_refused(text: str) -> None:
    assert read_values(EVENTS, {"Start_DateTime": text}, partial=True).faults


def test_tags_are_names_each_once_whatever_their_case() -> None:
    assert read({"Tag": [{"name": "Vip"}, "new", {"name": "VIP", "id": "5"}]}) == {"Tag": ["Vip", "new"]}
    (fault,) = read_values(CONTACTS, {"Tag": [str(n) for n in range(11)]}, partial=True).faults
    assert fault.reason is Reason.TOO_MANY_ITEMS


def test_complete_leaves_out_the_empty_and_makes_the_full_name() -> None:
    values = complete(CONTACTS, {"First_Name": "Rita", "Last_Name": "Weber", "Phone": None})
    assert values == {"First_Name": "Rita", "Last_Name": "Weber", "Full_Name": "Rita Weber", "Email_Opt_Out": False}


def test_facts_are_what_is_looked_up_by() -> None:
    values = read(
        contact(First_Name="Rita", Email="Rita@EXAMPLE.net", Secondary_Email="r@bücher.example", Account_Name=41)
        | {"Email_Opt_Out": True}
    )
    assert facts(CONTACTS, values) == Facts(
        name="Rita Weber",
        email="rita@example.net",
        secondary_email="r@xn--bcher-kva.example",
        opted_out=True,
        account_id=41,
    )


def test_a_company_s_own_name_is_no_lookup() -> None:
    assert facts(ACCOUNTS, {"Account_Name": "Acme"}) == Facts(name="Acme")
    assert facts(PIPELINES, {"Deal_Name": "Big", "Account_Name": 1, "Contact_Name": 2}) == Facts(
        name="Big", account_id=1, contact_id=2
    )


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "name"]) | st.text(), inner),
    max_leaves=6,
)
likely = st.sampled_from(["a@example.net", "2026-01-31", "41", "1999-12-31T23:59:59+14:00", "0", "٣", "a\u2028b"])


def sent(module: Module, name: str, value: Value) -> object:
    """A stored value as a client would write it."""
    if isinstance(value, int) and module.by_name[name].kind is Kind.DATETIME:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)).isoformat()
    return value


@given(st.data(), st.sampled_from(MODULES), st.booleans())
def test_reading_never_raises_and_accepted_values_survive_a_round_trip(
    data: st.DataObject, module: Module, partial: bool
) -> None:
    names = st.sampled_from([field.name for field in module.fields]) | st.text(max_size=5)
    reading = read_values(module, data.draw(st.dictionaries(names, json | likely, max_size=6)), partial=partial)
    assert {fault.path[0] for fault in reading.faults} <= set(module.by_name)
    again = read_values(module, {name: sent(module, name, each) for name, each in reading.values.items()}, partial=True)
    assert (again.values, again.faults) == (reading.values, ())
    facts(module, complete(module, reading.values))


@given(json)
def test_a_number_read_is_an_id(raw: object) -> None:
    number = read_number(raw)
    assert number is None or 0 < number < 2**63
