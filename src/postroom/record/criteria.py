"""Which records are asked for: comparisons of their terms, joined. Pure.

Every comparison comes down to single terms, or to one stretch of them, or to the opposite of either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from postroom.errors import Fault, Invalid, Reason
from postroom.record.field import Field, Kind
from postroom.record.modules import WORDS, Module
from postroom.record.terms import after, beyond, keys, prefix, texts, whole, words
from postroom.record.values import read_number, read_text


class Operator(Enum):
    """A comparison, by the word that the wire has for it (W 7.4)."""

    EQUALS = "equals"
    NOT_EQUAL = "not_equal"
    IN = "in"
    NOT_IN = "not_in"
    STARTS_WITH = "starts_with"
    GREATER_THAN = "greater_than"
    GREATER_EQUAL = "greater_equal"
    LESS_THAN = "less_than"
    LESS_EQUAL = "less_equal"
    BETWEEN = "between"
    NOT_BETWEEN = "not_between"


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Records with one of the terms ``keys``, or with one from ``low`` on and before ``high`` (None: without end).

    ``negated``: all others, those without any value too. ``number`` is the field's; of ``BY_ID`` the terms are ids.
    """

    number: int
    keys: tuple[bytes, ...] = ()
    low: bytes | None = None
    high: bytes | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Records that meet each part; without parts none."""

    parts: tuple["Criteria", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Records that meet one part at least; without parts none."""

    parts: tuple["Criteria", ...]


Criteria = Where | AllOf | AnyOf

# A record's own id, which it is asked for by like by a field.
ID: Final = Field(name="id", label="Record Id", kind=Kind.INTEGER)
BY_ID: Final = -1  # no field's number


def place(module: Module, name: str) -> tuple[Field, int] | None:
    """The field of that name and its number; None for one that records are not found by."""
    if name == ID.name:
        return ID, BY_ID
    field, number = module.by_name.get(name), module.numbers.get(name)
    return None if field is None or number is None else (field, number)


def compare(module: Module, name: str, operator: Operator, values: tuple[str, ...]) -> Where:
    """A comparison as somebody wrote it. Raises ``Invalid`` that names the field and says what is wrong."""
    found = place(module, name)
    if found is None:
        raise wrong_query("the field is not one to search by", api_name=name)
    field, number = found
    if operator not in operators(field):
        raise wrong_query("the operator does not suit the field", api_name=name, operator=operator.value)
    if operator in (Operator.BETWEEN, Operator.NOT_BETWEEN) and len(values) != 2:
        raise wrong_query("two values are needed", api_name=name, operator=operator.value)
    if operator is Operator.STARTS_WITH:
        return _beginning(number, prefix(field.kind, values[0]))
    return _COMPARED[operator](number, tuple(_key(field, value) for value in values))


def operators(field: Field) -> tuple[Operator, ...]:
    """What its values can be compared by."""
    if field.kind in (Kind.BOOLEAN, Kind.LOOKUP, Kind.OWNER, Kind.TAGS):
        return _SAME
    return tuple(Operator) if field.kind in _WRITTEN else tuple(each for each in Operator if each not in _OF_TEXTS)


def spoken(module: Module, text: str) -> Criteria:
    """Records in which each word of the text begins a word of theirs; none where the text holds no word."""
    places = [module.numbers[name] for name in (*texts(module), WORDS)]
    each = [AnyOf(tuple(_beginning(number, word) for number in places)) for word in sorted(words(text))]
    return each[0] if len(each) == 1 else AllOf(tuple(each))


def beginning(module: Module, kind: Kind, text: str) -> AnyOf:
    """Records in which a field of that kind (addresses, telephone numbers) begins so."""
    names = [each.name for each in module.fields if each.kind is kind]
    return AnyOf(tuple(_beginning(module.numbers[name], prefix(kind, text)) for name in names))


def modified_after(module: Module, moment: int) -> Where:
    """Records that were changed later than that moment, in ms since the epoch."""
    return Where(number=module.numbers["Modified_Time"], low=after(whole(moment)))


def equal(module: Module, name: str, key: bytes) -> Where:
    """Records whose field has that term."""
    return Where(number=module.numbers[name], keys=(key,))


def missing(module: Module, name: str) -> Where:
    """Records without a value of that field. Raises ``Invalid`` for a field that is not kept by value."""
    found = place(module, name)
    if found is None:
        raise wrong_query("the field is not one to search by", api_name=name)
    return Where(number=found[1], negated=True)


def together(stretches: Sequence[Where]) -> Where | None:
    """What holds where all of these comparisons of one field do, none of them negated; None: it never does."""
    lows = [each.low for each in stretches if each.low is not None]
    highs = [each.high for each in stretches if each.high is not None]
    one = Where(number=stretches[0].number, low=max(lows, default=None), high=min(highs, default=None))
    named = [set(each.keys) for each in stretches if each.keys]
    if not named:
        return one
    keys = sorted(key for key in set.intersection(*named) if within(one, key))
    return Where(number=one.number, keys=tuple(keys)) if keys else None


def opposite(where: Where) -> Where:
    """The records that a comparison leaves out."""
    return replace(where, negated=not where.negated)


def within(where: Where, key: bytes) -> bool:
    """Whether a term is one that a comparison is about, negated or not."""
    if where.keys and key not in where.keys:
        return False
    return (where.low is None or key >= where.low) and (where.high is None or key < where.high)


def wrong_query(reason: str, **details: object) -> Invalid:
    """What is raised for a query that cannot be understood (W 7.4)."""
    return Invalid(Fault(Reason.QUERY_WRONG, details={"reason": reason, **details}))


def _key(field: Field, text: str) -> bytes:
    if field is ID:
        return _number(text)
    try:
        (key,) = keys(field, read_text(field, text))
    except (Invalid, ValueError):
        raise wrong_query("the value does not suit the field", api_name=field.name) from None
    return key


def _number(text: str) -> bytes:
    # No record has the id 0, but «greater than 0» is how clients ask for all.
    number = 0 if text == "0" else read_number(text)
    if number is None:
        raise wrong_query("the value does not suit the field", api_name=ID.name)
    return whole(number)


def _beginning(number: int, key: bytes) -> Where:
    return Where(number=number, low=key, high=beyond(key))


_Keys = tuple[bytes, ...]
_WRITTEN: Final = frozenset({Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.WEBSITE, Kind.PICKLIST})
_OF_TEXTS: Final = (Operator.STARTS_WITH,)
_SAME: Final = (Operator.EQUALS, Operator.NOT_EQUAL, Operator.IN, Operator.NOT_IN)
_COMPARED: Final[Mapping[Operator, Callable[[int, _Keys], Where]]] = {
    Operator.EQUALS: lambda number, keys: Where(number=number, keys=keys[:1]),
    Operator.NOT_EQUAL: lambda number, keys: Where(number=number, keys=keys[:1], negated=True),
    Operator.IN: lambda number, keys: Where(number=number, keys=keys),
    Operator.NOT_IN: lambda number, keys: Where(number=number, keys=keys, negated=True),
    Operator.GREATER_THAN: lambda number, keys: Where(number=number, low=after(keys[0])),
    Operator.GREATER_EQUAL: lambda number, keys: Where(number=number, low=keys[0]),
    Operator.LESS_THAN: lambda number, keys: Where(number=number, high=keys[0]),
    Operator.LESS_EQUAL: lambda number, keys: Where(number=number, high=after(keys[0])),
    Operator.BETWEEN: lambda number, keys: Where(number=number, low=keys[0], high=after(keys[1])),
    Operator.NOT_BETWEEN: lambda number, keys: Where(number=number, low=keys[0], high=after(keys[1]), negated=True),
}
