"""record.custom: what a new field may be, and what it is called."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.errors import Fault, Invalid, Reason
from postroom.record import CONTACTS, Field, Kind, Module
from postroom.record.custom import CHOICES_AT_MOST, FIELDS_AT_MOST, LENGTHS, read_field
from postroom.record.modules import number


def read(raw: Any, module: Module = CONTACTS, taken: set[int] | None = None) -> Field:
    return read_field(module, raw, field_id=7, taken=taken or set())


def faults(raw: Any, module: Module = CONTACTS) -> list[Fault]:
    with pytest.raises(Invalid) as refused:
        read(raw, module)
    return list(refused.value.faults)


def text(label: str, **more: Any) -> dict[str, Any]:
    return {"field_label": label, "data_type": "text", **more}


@pytest.mark.parametrize("kind", LENGTHS)
def test_each_kind_is_as_long_as_it_may_be_unless_told(kind: Kind) -> None:
    choices = [{"display_value": "A"}]
    raw = {"field_label": "Mine", "data_type": kind.value, "pick_list_values": choices}
    assert read(raw) == Field(
        id=7,
        name="Mine",
        label="Mine",
        kind=kind,
        length=LENGTHS[kind],
        choices=("A",) if kind is Kind.PICKLIST else (),
    )
    shorter = read(raw | {"length": 3}).length
    assert shorter == (LENGTHS[kind] if kind in (Kind.PICKLIST, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME) else 3)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Region", "Region"),
        (" Customer  No ", "Customer_No"),
        ("Size (cm)", "Size_cm"),
        ("Größe", "Groe"),
        ("Zip/Code", "ZipCode"),
        ("2nd phone", "Field_2nd_phone"),
        ("_hidden", "hidden"),
        ("地域", "Field"),
        ("id", "id1"),
        ("Last-Name", "LastName"),
        ("Last_name", "Last_name1"),
    ],
)
def test_the_name_is_made_from_the_label(label: str, name: str) -> None:
    assert read(text(label)).name == name


@given(st.text(min_size=1, max_size=100), st.lists(st.text(min_size=1, max_size=100), max_size=5))
def test_a_name_is_one_and_nobody_elses(label: str, others: list[str]) -> None:
    module = CONTACTS
    for each in (*others, label):
        try:
            new = read(text(each), module)
        except Invalid:
            continue
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", new.name)
        assert new.name.casefold() not in {known.name.casefold() for known in module.fields} | {"id"}
        module = module.with_fields([*module.own, new])
        assert len(module.numbers) == len(set(module.numbers.values()))


def test_a_number_follows_where_the_index_has_the_name_for_another_field() -> None:
    # Found by trying: both are 31 bits of CRC-32.
    taken = {number("Calls", "Call_Start_Time")}
    assert number("Contacts", "Size_5026518") in taken
    assert read(text("Size 5026518"), taken=taken).name == "Size_50265181"
    assert read(text("Size 5026518")).name == "Size_5026518"


@pytest.mark.parametrize(
    ("unique", "kind", "expected"),
    [
        (None, "text", False),
        ({}, "text", False),
        ({"casesensitive": False}, "text", True),
        ({"casesensitive": "0"}, "email", True),
        ({"case_sensitive": "false"}, "integer", True),
        ({"casesensitive": 0}, "phone", True),
        ({"anything": 1}, "website", True),
    ],
)
def test_unique_is_read_as_zoho_writes_it(unique: Any, kind: str, expected: bool) -> None:
    assert read({"field_label": "Mine", "data_type": kind, "unique": unique}).unique is expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([], [(Reason.WRONG_TYPE, ())]),
        ({}, [(Reason.MISSING, ("field_label",)), (Reason.MISSING, ("data_type",))]),
        (text(" "), [(Reason.MISSING, ("field_label",))]),
        (text("x" * 101), [(Reason.TOO_LONG, ("field_label",))]),
        (text("a\x00b"), [(Reason.WRONG_VALUE, ("field_label",))]),
        (text("last name"), [(Reason.DUPLICATE, ("field_label",))]),
        ({"field_label": "Mine", "data_type": "lookup"}, [(Reason.WRONG_VALUE, ("data_type",))]),
        ({"field_label": "Mine", "data_type": 5}, [(Reason.WRONG_TYPE, ("data_type",))]),
        (text("Mine", length=256), [(Reason.WRONG_VALUE, ("length",))]),
        (text("Mine", length=0), [(Reason.WRONG_VALUE, ("length",))]),
        (text("Mine", length="3"), [(Reason.WRONG_TYPE, ("length",))]),
        (text("Mine", required="yes"), [(Reason.WRONG_TYPE, ("required",))]),
        (text("Mine", unique=True), [(Reason.WRONG_TYPE, ("unique",))]),
        (text("Mine", unique={"casesensitive": True}), [(Reason.NOT_SUPPORTED, ("unique", "casesensitive"))]),
        (
            {"field_label": "Email", "data_type": "textarea", "length": 40000, "unique": {"casesensitive": False}},
            [
                (Reason.NOT_SUPPORTED, ("unique",)),
                (Reason.WRONG_VALUE, ("length",)),
                (Reason.DUPLICATE, ("field_label",)),
            ],
        ),
    ],
)
def test_everything_that_is_wrong_is_told(raw: Any, expected: list[tuple[Reason, tuple[str, ...]]]) -> None:
    assert [(each.reason, each.path) for each in faults(raw)] == expected


@pytest.mark.parametrize(
    ("choices", "reason", "path"),
    [
        (None, Reason.MISSING, ()),
        ([], Reason.MISSING, ()),
        ({}, Reason.WRONG_TYPE, ()),
        ([{"display_value": "A"}] * (CHOICES_AT_MOST + 1), Reason.TOO_MANY_ITEMS, ()),
        (["A"], Reason.WRONG_TYPE, (0,)),
        ([{}], Reason.MISSING, (0, "display_value")),
        ([{"display_value": "A"}, {"display_value": 5}], Reason.WRONG_TYPE, (1, "display_value")),
        ([{"display_value": "x" * 121}], Reason.TOO_LONG, (0, "display_value")),
        ([{"display_value": "A"}, {"display_value": " A "}], Reason.DUPLICATE, (1, "display_value")),
    ],
)
def test_a_pick_list_has_choices(choices: Any, reason: Reason, path: tuple[Any, ...]) -> None:
    raw = {"field_label": "Grade", "data_type": "picklist", "pick_list_values": choices}
    assert [(each.reason, each.path) for each in faults(raw)] == [(reason, ("pick_list_values", *path))]


def test_a_module_has_so_many_and_no_more() -> None:
    own = [read_field(CONTACTS, text(f"Number {n}"), field_id=n, taken=()) for n in range(1, FIELDS_AT_MOST + 1)]
    (full,) = faults(text("One more"), CONTACTS.with_fields(own))
    assert (full.reason, full.path, full.details) == (Reason.FIELDS_TOO_MANY, (), {"limit": FIELDS_AT_MOST})
    module = CONTACTS
    for n in (1, 2):
        new = read_field(module, text(f"Key {n}", unique={"casesensitive": False}), field_id=n, taken=())
        module = module.with_fields([*module.own, new])
    (third,) = faults(text("Key 3", unique={"casesensitive": False}), module)
    assert (third.reason, third.path, third.details) == (Reason.FIELDS_TOO_MANY, ("unique",), {"limit": 2})
    assert read(text("Key 3"), module).unique is False


def test_fields_of_ones_own_take_the_place_of_earlier_ones() -> None:
    first, second = read(text("First")), read(text("Second"))
    module = CONTACTS.with_fields([first])
    assert module.own == [first]
    assert module.with_fields([second]).own == [second]
    assert module.with_fields([]).fields == CONTACTS.fields
    assert CONTACTS.with_fields([]) is CONTACTS
