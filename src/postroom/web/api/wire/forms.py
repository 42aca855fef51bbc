"""What a JSON value of a request may be: a form both reads it, noting what is wrong, and describes it (JSON Schema)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from postroom.errors import Fault, Reason
from postroom.mail.address import Address, BadAddress
from postroom.record import read_number
from postroom.web.shape import NUMBER, Json, nullable

T = TypeVar("T")
Path = tuple[str | int, ...]
Faults = list[Fault]

# The wire's names of JSON types (W 9.3, expected_data_type).
_TYPES: Final[Mapping[type, str]] = {dict: "jsonobject", list: "jsonarray", str: "string", bool: "boolean"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Form(Generic[T]):
    """What a value may be. ``read`` takes a value of the Python type ``json``; what is wrong with it reads as None."""

    json: type
    schema: Json
    read: Callable[[Any, Path, Faults], T | None]

    def take(self, value: Any, path: Path, faults: Faults) -> T | None:
        """Read a value that stands at ``path``."""
        if not isinstance(value, self.json):
            faults.append(Fault(Reason.WRONG_TYPE, path, {"expected_data_type": _TYPES[self.json]}))
            return None
        return self.read(value, path, faults)


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key of an object. ``means`` is a sentence for its reader, ``example`` a value that it might have."""

    name: str
    form: Form[Any]
    means: str
    required: bool = False
    example: object = None

    def read(self, source: Mapping[str, Any], path: Path, faults: Faults) -> Any:
        """Its value in an object at ``path``; None where it is wrong, or absent, which null is as good as (W 1.2)."""
        here, value = (*path, self.name), source.get(self.name)
        if value is not None:
            return self.form.take(value, here, faults)
        if self.required:
            faults.append(Fault(Reason.MISSING, here))
        return None

    @property
    def schema(self) -> Json:
        """The schema of its value."""
        found = self.form.schema if self.required else nullable(self.form.schema)
        examples = {} if self.example is None else {"examples": [self.example]}
        return {**found, "description": self.means, **examples}


def text(at_most: int, forbidden: re.Pattern[str]) -> Form[str]:
    """Text of ``at_most`` characters, none of them ``forbidden``."""

    def read(value: str, path: Path, faults: Faults) -> str | None:
        if len(value) > at_most:
            faults.append(Fault(Reason.TOO_LONG, path, {"maximum_length": at_most}))
        elif forbidden.search(value):
            faults.append(Fault(Reason.WRONG_VALUE, path))
        return value

    return Form(json=str, schema={"type": "string", "maxLength": at_most}, read=read)


def choice(*values: str) -> Form[str]:
    """One of some words; an empty one is as good as none."""

    def read(value: str, path: Path, faults: Faults) -> str | None:
        if value not in ("", *values):
            faults.append(Fault(Reason.WRONG_VALUE, path, {"supported_values": [*values]}))
        return value

    return Form(json=str, schema={"type": "string", "enum": [*values, ""]}, read=read)


def address(at_most: int) -> Form[Address]:
    """An e-mail address of ``at_most`` characters."""

    def read(value: str, path: Path, faults: Faults) -> Address | None:
        if not value.strip():
            faults.append(Fault(Reason.MISSING, path))
        elif len(value) > at_most:
            faults.append(Fault(Reason.TOO_LONG, path, {"maximum_length": at_most}))
        else:
            try:
                return Address.parse(value.strip(" "))
            except BadAddress:
                faults.append(Fault(Reason.WRONG_VALUE, path, {"expected_data_type": "email"}))
        return None

    return Form(json=str, schema={"type": "string", "format": "email", "minLength": 1, "maxLength": at_most}, read=read)


def several(one: Form[T], at_most: int, at_least: int = 0) -> Form[tuple[T, ...]]:
    """A list of values of one form; those that are wrong are left out."""

    def read(values: list[Any], path: Path, faults: Faults) -> tuple[T, ...] | None:
        if len(values) < at_least:
            faults.append(Fault(Reason.MISSING, path))
        if len(values) > at_most:
            faults.append(Fault(Reason.TOO_MANY_ITEMS, path, {"maximum_length": at_most}))
            return None
        found = [one.take(value, (*path, n), faults) for n, value in enumerate(values)]
        return tuple(value for value in found if value is not None)

    return Form(
        json=list,
        schema={"type": "array", "items": one.schema, "minItems": at_least, "maxItems": at_most},
        read=read,
    )


def structure(keys: Sequence[Key], make: Callable[[dict[str, Any]], T]) -> Form[T]:
    """An object of these keys, others passed over; ``make`` is given their values where none of them is wrong."""

    def read(value: dict[str, Any], path: Path, faults: Faults) -> T | None:
        before = len(faults)
        values = {key.name: key.read(value, path, faults) for key in keys}
        return make(values) if len(faults) == before else None

    schema = {
        "type": "object",
        "properties": {key.name: key.schema for key in keys},
        "required": [key.name for key in keys if key.required],
    }
    return Form(json=dict, schema=schema, read=read)


def text_or(short: Form[T], whole: Form[T]) -> Form[T]:
    """A value that is written as a text, or in another way."""

    def read(value: object, path: Path, faults: Faults) -> T | None:
        return (short if isinstance(value, str) else whole).take(value, path, faults)

    return Form(json=object, schema={"anyOf": [short.schema, whole.schema]}, read=read)


def _moment(value: str, path: Path, faults: Faults) -> int | None:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None and "T" in value:
            return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        pass
    faults.append(Fault(Reason.WRONG_VALUE, path, {"expected_data_type": "datetime"}))
    return None


def _number(value: object, path: Path, faults: Faults) -> int | None:
    found = read_number(value)
    if found is None:
        faults.append(Fault(Reason.RELATED_UNKNOWN, path))
    return found


def _undone(_: object, path: Path, faults: Faults) -> None:
    faults.append(Fault(Reason.NOT_SUPPORTED, path))


FLAG: Final[Form[bool]] = Form(json=bool, schema={"type": "boolean"}, read=lambda value, _, __: value)
# ISO 8601 with an offset, read as ms since the epoch.
MOMENT: Final[Form[int]] = Form(json=str, schema={"type": "string", "format": "date-time"}, read=_moment)
# The id of something that has a row: digits, as a string or a number (W 0).
ID: Final[Form[int]] = Form(json=object, schema={"type": ["string", "integer"], "pattern": NUMBER}, read=_number)
# What Postroom does not do, and must not pass over: it would change what is done.
UNDONE: Final[Form[None]] = Form(json=object, schema={"type": "null"}, read=_undone)
