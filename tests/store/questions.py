"""Questions about contacts, and a plain filter and sort in Python that knows their answers.

Two organisations and two modules have the same values under interleaved ids: what one asks must never show another's.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import Connection, insert

from postroom.record import ACCOUNTS, CONTACTS, AllOf, AnyOf, Criteria, Field, Kind, Value
from postroom.record.criteria import Operator, beginning, compare, operators, spoken
from postroom.store import indexing
from postroom.store.finding import Order
from postroom.store.records import Record
from postroom.store.tables import custom_field
from tests.store.halfway import index
from tests.world import NOW, World, found, record

MANY = 70  # records of each kind

MODULE = CONTACTS.with_fields(
    Field(name=name, label=name, kind=kind, length=15, id=n)
    for n, (name, kind) in enumerate(
        [
            ("Age", Kind.INTEGER),
            ("Worth", Kind.CURRENCY),
            ("Birthday", Kind.DATE),
            ("Seen", Kind.DATETIME),
            ("Sort", Kind.PICKLIST),
        ],
        start=1,
    )
)

# Of each field the values that records have, and how somebody may write them in a question.
VALUES: dict[str, list[tuple[Value, str]]] = {
    "Last_Name": [("Alpha", "ALPHA"), ("alpha beta", "alpha b"), ("Straße", "STRASSE"), ("b", "B"), ("Ω", "ω")],
    "Sort": [("one", "One"), ("two", "two")],
    "Email": [("ada@x.example", "ADA@x.example"), ("Bo@y.example", "bo@"), ("straße@x.example", "straße")],
    "Phone": [("+49 30 1", "(49) 301"), ("030-1", "0301"), ("+49 40 7", "4940"), ("none yet", "NONE")],
    "Email_Opt_Out": [(True, "true"), (False, "False")],
    "Account_Name": [(41, "41"), (42, "42")],
    "Tag": [(["vip"], "VIP"), (["vip", "New"], "new"), (["old"], "old")],
    "Age": [(0, "-0.0"), (-7, "-7"), (40, "4e1"), (41, "41")],
    "Worth": [(0.5, "0.5"), (-9e14, "-9e14"), (123456789012345, "123456789012345"), (10, "10")],
    "Birthday": [("1999-12-31", "1999-12-31"), ("2000-01-01", "2000-01-01"), ("2026-06-05", "2026-06-05")],
    "Seen": [(-500, "1969-12-31T23:59:59.500Z"), (0, "1970-01-01T01:00:00+01:00"), (5000, "1970-01-01T00:00:05Z")],
    "Modified_Time": [(1_760_000_000_000, "2025-10-09T08:53:20Z"), (1_770_000_000_000, "2026-02-02T02:40:00+00:00")],
}
MOMENTS = (1_760_000_000_000, 1_770_000_000_000)  # of the values of Modified_Time


# --- what there is


def made(chance: Random, number: int, world: World, module: str) -> Record:
    """A record with any of the values, or without."""
    fields: dict[str, Any] = {}
    for name, values in VALUES.items():
        if name != "Modified_Time" and chance.random() < 0.7:
            fields[name] = chance.choice(values)[0]
    if module == "Accounts":  # its own name, and no lookup
        fields["Account_Name"] = f"Company {number}"
    owner = chance.choice([world.user, world.colleague])
    new = record(number, world.org, owner, module, name="x", fields=fields)
    return structs.replace(new, modified_at=chance.choice(MOMENTS))


def fill(tx: Connection) -> dict[int, list[Record]]:
    """Two organisations; what there is of the module, by organisation. The index knows every second record."""
    chance = Random(3)
    worlds = [found(tx, 1), found(tx, 2)]
    numbers = chance.sample(range(10_000, 20_000), 4 * MANY)
    there: dict[int, list[Record]] = {}
    for world in worlds:
        define(tx, world)
        own = [made(chance, numbers.pop(), world, "Contacts") for _ in range(MANY)]
        indexing.add(tx, MODULE, own)
        indexing.add(tx, ACCOUNTS, [made(chance, numbers.pop(), world, "Accounts") for _ in range(MANY)])
        index(tx, world.org.id, [each.id for each in own[::2]])
        there[world.org.id] = [*own, world.contact]
    return there


def define(tx: Connection, world: World) -> None:
    """The organisation gets the module's own fields."""
    same = {"org_id": world.org.id, "module": MODULE.name, "created_at": NOW}
    sizes = {each.name: {"label": each.label, "kind": each.kind.value, "length": each.length} for each in MODULE.own}
    rows = [same | size | {"id": world.org.id + n, "name": name} for n, (name, size) in enumerate(sizes.items())]
    tx.execute(insert(custom_field), rows)


# --- what is asked


@dataclass(frozen=True)
class Said:
    """A comparison as it is written."""

    name: str
    operator: Operator
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Joined:
    """Questions of which all, or any, must hold."""

    word: str
    parts: tuple["Asked", ...]


@dataclass(frozen=True)
class Begun:
    """How a word (no kind), an address or a telephone number begins."""

    kind: Kind | None
    text: str


Asked = Said | Joined | Begun


def written(asked: Asked) -> Criteria:
    """The question as the store takes it."""
    match asked:
        case Said():
            return compare(MODULE, asked.name, asked.operator, asked.texts)
        case Begun(kind=None):
            return spoken(MODULE, asked.text)
        case Begun():
            assert asked.kind is not None
            return beginning(MODULE, asked.kind, asked.text)
    parts = tuple(map(written, asked.parts))
    return AllOf(parts) if asked.word == "and" else AnyOf(parts)


@st.composite
def comparisons(draw: st.DrawFn) -> Said:
    name = draw(st.sampled_from([*VALUES, "Owner"]))
    field = MODULE.by_name[name]
    operator = draw(st.sampled_from(operators(field)))
    texts = st.sampled_from([text for _, text in VALUES.get(name, [(1002, "1002"), (1003, "1003"), (5, "5")])])
    count = {Operator.BETWEEN: 2, Operator.NOT_BETWEEN: 2, Operator.IN: 3, Operator.NOT_IN: 2}.get(operator, 1)
    return Said(name, operator, tuple(draw(texts) for _ in range(count)))


beginnings = st.sampled_from(
    [
        *(Begun(None, text) for text in ("al", "alpha be", "beta strasse", "x", "ada", "?", "nobody")),
        *(Begun(Kind.EMAIL, text) for text in ("a", "ADA@", "straße@x.example", "zz")),
        *(Begun(Kind.PHONE, text) for text in ("+49", "03", "no", "7")),
    ]
)
questions = st.recursive(
    comparisons() | beginnings,
    lambda inner: st.builds(Joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    max_leaves=6,
)
ORDERS = [None, "Owner", *(name for name in VALUES if name != "Tag")]
orders = st.builds(Order, st.sampled_from(ORDERS), st.booleans())


# --- the judge


def plain(kind: Kind, value: Any) -> Any:
    """A value as it compares."""
    match kind:
        case Kind.EMAIL:
            return value.lower()
        case Kind.PHONE:
            return re.sub("[^0-9]", "", value) or value.casefold()
        case Kind.TEXT | Kind.PICKLIST | Kind.TAGS:
            return value.casefold()
    return value


def understood(kind: Kind, text: str) -> Any:
    """A written value as it compares."""
    match kind:
        case Kind.INTEGER | Kind.CURRENCY:
            return float(text)
        case Kind.DATETIME:
            return int(datetime.fromisoformat(text).timestamp() * 1000)
        case Kind.LOOKUP | Kind.OWNER:
            return int(text)
        case Kind.BOOLEAN:
            return text.lower() == "true"
    return plain(kind, text)


def had(each: Record, name: str) -> list[Any]:
    """What a record has in a field: nothing, a value, or several tags."""
    value, kind = each.values.get(name), MODULE.by_name[name].kind
    return [plain(kind, one) for one in (value if isinstance(value, list) else [] if value is None else [value])]


TESTS: dict[str, Callable[[Any, Sequence[Any]], bool]] = {
    "equals": lambda value, asked: value == asked[0],
    "equal": lambda value, asked: value == asked[0],
    "in": lambda value, asked: value in asked,
    "starts_with": lambda value, asked: value.startswith(asked[0]),
    "greater_than": lambda value, asked: value > asked[0],
    "greater_equal": lambda value, asked: value >= asked[0],
    "less_than": lambda value, asked: value < asked[0],
    "less_equal": lambda value, asked: value <= asked[0],
    "between": lambda value, asked: asked[0] <= value <= asked[1],
}
WORDY = ("First_Name", "Last_Name", "Email", "Secondary_Email", "Title", "Sort")


def holds(asked: Asked, each: Record) -> bool:
    """Whether a record is asked for."""
    match asked:
        case Joined(word="and"):
            return all(holds(part, each) for part in asked.parts)
        case Joined():
            return any(holds(part, each) for part in asked.parts)
        case Begun(kind=None):
            words = {word for name in WORDY for text in had(each, name) for word in re.findall(r"\w+", text.casefold())}
            begun = re.findall(r"\w+", asked.text)
            return bool(begun) and all(any(word.startswith(one) for word in words) for one in begun)
        case Begun():
            names = [field.name for field in MODULE.fields if field.kind is asked.kind]
            assert asked.kind is not None
            start = plain(asked.kind, asked.text)
            return any(value.startswith(start) for name in names for value in had(each, name))
    kind, word = MODULE.by_name[asked.name].kind, asked.operator.value
    texts = [understood(kind, text) for text in asked.texts]
    met = any(TESTS[word.removeprefix("not_")](value, texts) for value in had(each, asked.name))
    return met is not word.startswith("not_")


def in_order(these: Sequence[Record], order: Order) -> list[int]:
    """Their ids in that order: those without a value last, whichever way it goes."""
    name = order.field
    if name is None:
        return sorted((each.id for each in these), reverse=not order.ascending)
    valued = [(had(each, name)[0], each.id) for each in these if had(each, name)]
    valueless = [each.id for each in these if not had(each, name)]
    first = [number for _, number in sorted(valued, reverse=not order.ascending)]
    return first + sorted(valueless, reverse=not order.ascending)
