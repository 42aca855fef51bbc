"""Reads the values of one record from JSON, finding everything that is wrong with them at once.

Keys that name no field, keys that begin with ``$`` and fields that we make ourselves are passed over, as the real
service does: clients send back what they were given. ``null`` and blank text clear a field.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from msgspec import Struct, structs

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.address import Address, BadAddress
from postroom.record.field import Field, Kind
from postroom.record.modules import Module

# As they are stored: lookups and owners as numbers, moments as ms since the epoch (UTC), dates as YYYY-MM-DD.
Value = str | int | float | bool | list[str] | None
Values = Mapping[str, Value]

NUMBER_AT_MOST: Final = 2**63 - 1  # W 0: ids have up to 19 digits; the store's numbers are signed 64 bits
RELATED: Final = "$se_module"  # W 6.2: what names the module of a lookup that may lead to several
TAGS_AT_MOST: Final = 10  # W 6.2 names no number; Zoho's products stop at ten

# Control characters, and halves of surrogate pairs, which are no characters and which no database takes.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\ud800-\udfff]")
_CONTROL_IN_AREA: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff]")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# W 0: ISO 8601 with an offset. Without one it would be a guess which moment is meant.
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
# Outside these years an offset leads out of the calendar.
_YEARS: Final = range(1900, 3000)


class Reading(Struct, frozen=True, kw_only=True):
    """What was read: ``values`` are those that are right, ``faults`` all that is wrong, ``named`` what was given.

    ``related`` is the module that a lookup to several modules is said to lead to ($se_module).
    """

    values: dict[str, Value]
    faults: tuple[Fault, ...] = ()
    named: frozenset[str] = frozenset()
    related: str | None = None

    def only_named(self) -> "Reading":
        """What it is as the change of a record: what was not given stays as it is."""
        return structs.replace(
            self,
            values={name: value for name, value in self.values.items() if name in self.named},
            faults=tuple(each for each in self.faults if not each.path or each.path[0] in self.named),
        )


class Facts(Struct, frozen=True, kw_only=True):
    """What of a record is looked up by; the addresses are folded."""

    name: str
    email: str | None = None
    secondary_email: str | None = None
    opted_out: bool = False
    account_id: int | None = None
    contact_id: int | None = None


def read_values(module: Module, raw: Mapping[str, object], *, partial: bool) -> Reading:
    """Read one record; ``partial`` (an update) asks for mandatory fields only where they are named. Never raises."""
    values: dict[str, Value] = {}
    faults: list[Fault] = []
    named = frozenset(raw)
    for field in module.fields:
        if field.system or (field.name not in named and (partial or not (field.mandatory or field.default))):
            continue
        try:
            values[field.name] = read_value(field, raw.get(field.name, field.default))
        except Invalid as refused:
            faults.extend(refused.faults)
    related = raw.get(RELATED)
    if related is not None and not isinstance(related, str):
        faults.append(Fault(Reason.WRONG_TYPE, (RELATED,), {"expected_data_type": "string"}))
        related = None
    return Reading(values=values, faults=tuple(faults), named=named, related=related)


def read_value(field: Field, raw: object) -> Value:
    """One value as JSON has it. Raises ``Invalid`` that names the field."""
    value = None if raw is None or (isinstance(raw, str) and not raw.strip()) else _READERS[field.kind](field, raw)
    if field.mandatory and value is None:
        raise _wrong(field, Reason.MISSING)
    return value


def complete(module: Module, values: Values) -> dict[str, Value]:
    """The values to store: without the empty ones, a yes-or-no always answered, Full_Name made (W 6.2)."""
    stored: dict[str, Value] = {
        name: value for name, value in values.items() if value is not None and name in module.by_name
    }
    for name in module.flags:
        stored.setdefault(name, False)
    if "Full_Name" in module.by_name:
        stored["Full_Name"] = _title(module, stored)
    return stored


def facts(module: Module, values: Values) -> Facts:
    """What the stored values say in the columns that are looked up by."""
    return Facts(
        name=_title(module, values),
        email=_folded(values.get("Email")),
        secondary_email=_folded(values.get("Secondary_Email")),
        opted_out=values.get("Email_Opt_Out") is True,
        account_id=_looked_up(module, values, "Account_Name"),
        contact_id=_looked_up(module, values, "Contact_Name"),
    )


def read_number(raw: object) -> int | None:
    """An id: digits as a string or a number (W 0); None for anything else."""
    if isinstance(raw, str):
        # The length first: int() of a million digits would take its time.
        raw = int(raw) if len(raw) <= 19 and raw.isascii() and raw.isdigit() else None
    if not isinstance(raw, int) or isinstance(raw, bool):
        return None
    return raw if 0 < raw <= NUMBER_AT_MOST else None


def read_text(field: Field, text: str) -> Value:
    """One value of a field as words would name it, in a query. Raises ``Invalid`` or ``ValueError``."""
    match field.kind:
        case Kind.BOOLEAN:
            return _boolean(field, {"true": True, "false": False}.get(text.lower()))
        case Kind.INTEGER | Kind.DOUBLE | Kind.CURRENCY:
            return _number(field, float(text))
        case Kind.EMAIL | Kind.PHONE | Kind.TEXT | Kind.WEBSITE | Kind.PICKLIST:
            return text
        case Kind.TAGS:
            return [text]
    return _READERS[field.kind](field, text)


def _title(module: Module, values: Values) -> str:
    return " ".join(str(values[name]) for name in module.title if values.get(name))


def _folded(value: Value) -> str | None:
    return Address.parse(value).folded if isinstance(value, str) else None


def _looked_up(module: Module, values: Values, name: str) -> int | None:
    field, value = module.by_name.get(name), values.get(name)
    return value if isinstance(value, int) and field is not None and field.kind is Kind.LOOKUP else None


def _wrong(field: Field, reason: Reason = Reason.WRONG_TYPE, **details: object) -> Invalid:
    if reason is Reason.WRONG_TYPE and not details:
        details = {"expected_data_type": _EXPECTED.get(field.kind, field.kind.value)}
    return Invalid(Fault(reason=reason, path=(field.name,), details=details))


def _choice(field: Field, raw: object) -> str:
    text = _text(field, raw)
    if field.closed and text not in field.choices:
        raise _wrong(field, Reason.WRONG_VALUE, supported_values=list(field.choices))
    return text


def _text(field: Field, raw: object) -> str:
    if not isinstance(raw, str):
        raise _wrong(field)
    area = field.kind is Kind.TEXTAREA
    text = raw if area else raw.strip()
    if len(text) > field.length:
        raise _wrong(field, Reason.TOO_LONG, maximum_length=field.length)
    # What the patterns find is not printable, and whether a text is printable is seen in a fraction of the time.
    if not text.isprintable() and (_CONTROL_IN_AREA if area else _CONTROL).search(text):
        raise _wrong(field, Reason.WRONG_VALUE)
    return text


def _email(field: Field, raw: object) -> str:
    text = _text(field, raw)
    try:
        Address.parse(text)
    except BadAddress:
        raise _wrong(field) from None
    return text


def _boolean(field: Field, raw: object) -> bool:
    if not isinstance(raw, bool):
        raise _wrong(field)
    return raw


def _integer(field: Field, raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise _wrong(field)
    if abs(raw) >= 10**field.length:
        raise _wrong(field, Reason.TOO_LONG, maximum_length=field.length)
    return raw


def _number(field: Field, raw: object) -> int | float:
    # NaN and the infinities are no JSON, and no amount of money.
    if isinstance(raw, float) and not math.isfinite(raw):
        raise _wrong(field)
    if not isinstance(raw, (int, float)) or isinstance(raw, bool):
        raise _wrong(field)
    if abs(raw) >= 10**field.length:
        raise _wrong(field, Reason.TOO_LONG, maximum_length=field.length)
    return raw


def _date(field: Field, raw: object) -> str:
    try:
        if isinstance(raw, str) and _DATE.fullmatch(raw):
            return date.fromisoformat(raw).isoformat()
    except ValueError:
        pass
    raise _wrong(field)


def _datetime(field: Field, raw: object) -> int:
    try:
        if isinstance(raw, str) and _DATETIME.fullmatch(raw):
            moment = datetime.fromisoformat(raw)
            if moment.year in _YEARS:
                return round(moment.timestamp() * 1000)
    except ValueError:
        pass
    raise _wrong(field)


def _lookup(field: Field, raw: object) -> int:
    number = read_number(raw.get("id") if isinstance(raw, dict) else raw)
    if number is None:
        raise _wrong(field)
    return number


def _tags(field: Field, raw: object) -> list[str]:
    if not isinstance(raw, list):
        raise _wrong(field)
    names = [_text(field, each.get("name") if isinstance(each, dict) else each) for each in raw[: TAGS_AT_MOST + 1]]
    if len(names) > TAGS_AT_MOST:
        raise _wrong(field, Reason.TOO_MANY_ITEMS, maximum_length=TAGS_AT_MOST)
    if not all(names):
        raise _wrong(field, Reason.WRONG_VALUE)
    # Two that differ in case are one tag, with one id; it is written as the first of them.
    once: dict[str, str] = {}
    for name in names:
        once.setdefault(name.casefold(), name)
    return list(once.values())


# What an answer calls the type that was expected, where the field's own word would not tell a JSON value.
_EXPECTED: Final = {Kind.LOOKUP: "jsonobject", Kind.OWNER: "jsonobject", Kind.TAGS: "jsonarray"}

_READERS: Final[Mapping[Kind, Callable[[Field, object], Value]]] = {
    Kind.TEXT: _text,
    Kind.TEXTAREA: _text,
    Kind.EMAIL: _email,
    Kind.PHONE: _text,
    Kind.WEBSITE: _text,
    Kind.PICKLIST: _choice,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.DOUBLE: _number,
    Kind.CURRENCY: _number,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.LOOKUP: _lookup,
    Kind.OWNER: _lookup,
    Kind.TAGS: _tags,
}
