"""The ``filter`` of a record's mails as clients write it (wire reference 8.1)."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.address import Address, BadAddress
from postroom.record import read_number
from postroom.store.filing import By, Choice

FILTER: Final = "filter"


class _Field(Struct, frozen=True):
    api_name: By


class _Comparison(Struct, frozen=True):
    comparator: Literal["equal"]
    field: _Field
    value: str | int


def read_filter(text: str) -> Choice:
    """One comparison, or a list of one. Raises ``Invalid``."""
    try:
        read = msgspec.json.decode(text, type=_Comparison | list[_Comparison])
        (one,) = read if isinstance(read, list) else [read]
        return _choice(one.field.api_name, one.value)
    except (msgspec.MsgspecError, BadAddress, ValueError) as error:
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": FILTER})) from error


def _choice(by: By, value: str | int) -> Choice:
    """Raises ``ValueError`` where the value is none of that field's."""
    if by is By.OWNER:
        number = read_number(value)
        if number is None:
            raise ValueError("is no id")
        return Choice(by=by, value=number)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("is no text, or holds a NUL, which PostgreSQL cannot compare with anything")
    if by is By.SUBJECT:
        return Choice(by=by, value=value)
    address = Address.parse(value)
    return Choice(by=by, value=str(address), folded=address.folded)
