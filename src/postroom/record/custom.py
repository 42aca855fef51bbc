"""Fields of one's own: what an organisation may add to a module, and how it is described (W 6.2). Pure.

A description is read like a record, and names what is wrong with it by its keys, which are those of CRM v8.
"""

import re
from collections.abc import Callable, Collection, Mapping
from itertools import chain, count
from typing import Final, TypeVar
from unicodedata import normalize

from postroom.errors import Fault, Invalid, Reason
from postroom.record.field import Field, Kind
from postroom.record.modules import Module, number
from postroom.record.values import read_value, read_values

R = TypeVar("R")

# What may be added, with the most characters or digits: CRM's for fields of one's own.
LENGTHS: Final[Mapping[Kind, int]] = {
    Kind.TEXT: 255,
    Kind.TEXTAREA: 32000,
    Kind.EMAIL: 100,
    Kind.PHONE: 30,
    Kind.WEBSITE: 450,
    Kind.PICKLIST: 120,
    Kind.BOOLEAN: 5,
    Kind.INTEGER: 9,
    Kind.DOUBLE: 16,
    Kind.CURRENCY: 16,
    Kind.DATE: 20,
    Kind.DATETIME: 20,
}
AT_ONCE: Final = 25  # W 6.2: fields of one call
FIELDS_AT_MOST: Final = 100  # of one module; the sources name no number
UNIQUE_AT_MOST: Final = 2  # W 6.2: of one module, beside those that are unique by default
CHOICES_AT_MOST: Final = 200  # of one pick list; the sources name no number
LABEL_AT_MOST: Final = 100  # characters; the sources name no number

# What else a record's answer holds beside its fields.
_RESERVED: Final = frozenset({"id"})
# Kinds whose length nobody chooses.
_FIXED: Final = frozenset({Kind.PICKLIST, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME})
_UNIQUE: Final = (Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.WEBSITE, Kind.INTEGER, Kind.DOUBLE)
# The recordings write "0", CRM's documents false.
_REGARDLESS: Final = (None, False, "false", "0")

_LABEL: Final = Field(name="field_label", label="Field label", length=LABEL_AT_MOST, mandatory=True)
CHOICE: Final = Field(name="display_value", label="Value", length=LENGTHS[Kind.PICKLIST], mandatory=True)
DESCRIPTION: Final = Module(
    name="Fields",
    singular="Field",
    plural="Fields",
    title=("field_label",),
    fields=(
        _LABEL,
        Field(
            name="data_type",
            label="Data type",
            kind=Kind.PICKLIST,
            mandatory=True,
            closed=True,
            choices=tuple(each.value for each in LENGTHS),
        ),
        Field(name="length", label="Length", kind=Kind.INTEGER, length=5),
        Field(name="required", label="Required", kind=Kind.BOOLEAN),
    ),
)


def read_field(module: Module, raw: object, *, field_id: int, taken: Collection[int]) -> Field:
    """A new field of the module, which comes with those that the organisation has added already.

    ``taken`` are the numbers that stand for fields in the organisation's index. Raises ``Invalid`` with all that is
    wrong.
    """
    if not isinstance(raw, dict):
        raise Invalid(Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"}))
    reading = read_values(DESCRIPTION, raw, partial=False)
    if reading.faults:
        raise Invalid(*reading.faults)
    values, faults = reading.values, list[Fault]()
    label, kind = str(values["field_label"]), Kind(values["data_type"])
    unique = _read(faults, lambda: _unique(raw.get("unique"), kind), otherwise=False)
    choices = _read(faults, lambda: _choices(raw.get("pick_list_values"), kind), otherwise=tuple[str, ...]())
    length = _read(faults, lambda: _length(values.get("length"), kind), otherwise=0)
    faults += _beyond(module, label, unique=unique)
    if faults:
        raise Invalid(*faults)
    return Field(
        id=field_id,
        name=_name(module, label, taken),
        label=label,
        kind=kind,
        length=length,
        mandatory=values.get("required") is True,
        unique=unique,
        choices=choices,
    )


def _read(faults: list[Fault], read: Callable[[], R], *, otherwise: R) -> R:
    """What ``read`` gives; where it is wrong, its faults go to the others."""
    try:
        return read()
    except Invalid as refused:
        faults.extend(refused.faults)
        return otherwise


def _unique(raw: object, kind: Kind) -> bool:
    if raw is None or raw == {}:
        return False
    if not isinstance(raw, dict):
        raise Invalid(Fault(Reason.WRONG_TYPE, ("unique",), {"expected_data_type": "jsonobject"}))
    # The recordings and CRM's documents spell it differently.
    for key in ("casesensitive", "case_sensitive"):
        if raw.get(key) not in _REGARDLESS:
            raise Invalid(Fault(Reason.NOT_SUPPORTED, ("unique", key)))
    if kind not in _UNIQUE:
        raise Invalid(Fault(Reason.NOT_SUPPORTED, ("unique",)))
    return True


def _choices(raw: object, kind: Kind) -> tuple[str, ...]:
    if kind is not Kind.PICKLIST:
        return ()
    path = ("pick_list_values",)
    if raw is None or raw == []:
        raise Invalid(Fault(Reason.MISSING, path))
    if not isinstance(raw, list):
        raise Invalid(Fault(Reason.WRONG_TYPE, path, {"expected_data_type": "jsonarray"}))
    if len(raw) > CHOICES_AT_MOST:
        raise Invalid(Fault(Reason.TOO_MANY_ITEMS, path, {"maximum_length": CHOICES_AT_MOST}))
    choices = [_choice(each, n) for n, each in enumerate(raw)]
    for n, each in enumerate(choices):
        if each in choices[:n]:
            raise Invalid(Fault(Reason.DUPLICATE, (*path, n, CHOICE.name)))
    return tuple(choices)


def _choice(raw: object, n: int) -> str:
    path = ("pick_list_values", n)
    if not isinstance(raw, dict):
        raise Invalid(Fault(Reason.WRONG_TYPE, path, {"expected_data_type": "jsonobject"}))
    try:
        return str(read_value(CHOICE, raw.get(CHOICE.name)))
    except Invalid as refused:
        raise Invalid(*(Fault(each.reason, (*path, *each.path), each.details) for each in refused.faults)) from None


def _length(asked: object, kind: Kind) -> int:
    most = LENGTHS[kind]
    if not isinstance(asked, int) or kind in _FIXED:
        return most
    if not 1 <= asked <= most:
        raise Invalid(Fault(Reason.WRONG_VALUE, ("length",), {"range": {"from": 1, "to": most}}))
    return asked


def _beyond(module: Module, label: str, *, unique: bool) -> list[Fault]:
    """What the module cannot take: a label that it has, or one more."""
    faults = []
    if label.casefold() in {each.label.casefold() for each in module.fields}:
        faults.append(Fault(Reason.DUPLICATE, (_LABEL.name,)))
    if len(module.own) >= FIELDS_AT_MOST:
        faults.append(Fault(Reason.FIELDS_TOO_MANY, (), {"limit": FIELDS_AT_MOST}))
    if unique and sum(each.unique for each in module.own) >= UNIQUE_AT_MOST:
        faults.append(Fault(Reason.FIELDS_TOO_MANY, ("unique",), {"limit": UNIQUE_AT_MOST}))
    return faults


def _name(module: Module, label: str, taken: Collection[int]) -> str:
    """The API name: the label with ``_`` for blanks, without what is no letter or digit of ASCII.

    Where it is another field's, in whatever case, or stands in the index for another field, a number follows.
    """
    plain = normalize("NFKD", label).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9_]", "", re.sub(r"\s+", "_", plain)).strip("_")
    stem = words if words[:1].isalpha() else f"Field_{words}".rstrip("_")
    names = {each.name.casefold() for each in module.fields} | _RESERVED
    every = chain([stem], (f"{stem}{n}" for n in count(1)))
    return next(each for each in every if each.casefold() not in names and number(module.name, each) not in taken)
