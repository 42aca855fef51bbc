"""What records are found by: each value as octets that stand in the order of the values. Pure.

A record has a term for each value of an indexed field, and one for each word of its texts but those that a text begins
with: they are found by the text's own term. Two texts that differ in case, or in the form of the same characters, are
the same term (W 6.2: without regard to case).
"""

import re
import struct
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final
from unicodedata import normalize

from postroom.mail.address import Address, BadAddress
from postroom.record.field import Field, Kind
from postroom.record.modules import WORDS, Module
from postroom.record.values import Value

Term = tuple[int, bytes]  # the field's number and the value

# Longer texts count as equal where they begin alike. PostgreSQL's index takes rows of up to 2,700 octets.
KEY_OCTETS: Final = 600
_NOT_DIGITS: Final = bytes(set(range(256)) - set(b"0123456789"))
_WORD: Final = re.compile(r"\w+")
_ASCII_WORD: Final = re.compile(rb"\w+", re.ASCII)
_TEXTS: Final = frozenset({Kind.TEXT, Kind.EMAIL, Kind.WEBSITE, Kind.PICKLIST})


def terms(module: Module, values: Mapping[str, Value]) -> set[Term]:
    """Every term of a record with these values, which include Owner, Created_Time and Modified_Time."""
    found: list[Term] = []
    spoken = module.numbers[WORDS]
    for number, field in module.indexed.items():
        value = values.get(field.name)
        if value is None:
            continue
        if isinstance(value, list):
            found += [(number, fold(each)) for each in value]
            continue
        key = _KEYS[field.kind](value)
        found.append((number, key))
        found += [(spoken, each) for each in _others(field, value, key)]
    return set(found)


def under(module: Module, values: Mapping[str, Value], number: int) -> Collection[bytes]:
    """Those of the terms that stand under one number: a field's, or the words of all texts."""
    if number != module.numbers[WORDS]:
        field = module.indexed.get(number)
        return () if field is None else keys(field, values.get(field.name))
    spoken = ((each, values.get(each.name)) for each in module.indexed.values() if _is_spoken(each))
    return {
        one for field, value in spoken if value is not None for one in _others(field, value, _KEYS[field.kind](value))
    }


def _others(field: Field, value: Value, key: bytes) -> Collection[bytes]:
    """The words of a text but those that it begins with."""
    # Most texts are one word. A full name has no words that its parts have not.
    if key.isalnum() or not _is_spoken(field):
        return ()
    return [each for each in words(str(value)) if not key.startswith(each)]


def texts(module: Module) -> list[str]:
    """The fields whose words are looked for, and whose terms begin with the first of them."""
    return [each.name for each in module.fields if each.indexed and _is_spoken(each)]


def _is_spoken(field: Field) -> bool:
    return field.kind in _TEXTS and not field.system


def keys(field: Field, value: Value) -> Sequence[bytes]:
    """A stored value as terms: one, or one for each tag."""
    if value is None:
        return ()
    if isinstance(value, list):
        return [fold(each) for each in value]
    return (_KEYS[field.kind](value),)


def fold(text: str) -> bytes:
    """A text as it is compared."""
    return (text if text.isascii() else normalize("NFKC", text)).strip().casefold().encode()[:KEY_OCTETS]


def words(text: str) -> set[bytes]:
    """The words of a text, as they are compared."""
    if text.isascii():
        return set(_ASCII_WORD.findall(fold(text)))
    return {each.encode()[:KEY_OCTETS] for each in _WORD.findall(fold(text).decode(errors="ignore"))}


def after(key: bytes) -> bytes:
    """The least term that is greater than ``key``."""
    return key + b"\0"


def beyond(prefix: bytes) -> bytes | None:
    """The least term that is greater than all that begin with ``prefix``; None where there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else None


def prefix(kind: Kind, text: str) -> bytes:
    """How the terms of that kind begin whose values begin with ``text``."""
    match kind:
        case Kind.PHONE:
            return digits(text)
        case Kind.EMAIL:
            return _address(text)
    return fold(text)


def digits(text: str) -> bytes:
    """A telephone number as it is compared: its digits, or its text where it has none."""
    return text.encode().translate(None, _NOT_DIGITS) or fold(text)


def whole(value: int) -> bytes:
    """A number of 64 bits; smaller ones stand first."""
    return (value + (1 << 63)).to_bytes(8, "big")


def number_in(key: bytes) -> int:
    """The number that ``whole`` made the term of; what stands behind it is passed over."""
    return int.from_bytes(key[:8], "big") - (1 << 63)


def _ordered(value: float) -> bytes:
    """IEEE 754 as octets: with the sign turned, and negative numbers turned whole, they stand in order."""
    (bits,) = struct.unpack(">Q", struct.pack(">d", value + 0.0))  # + 0.0: there is one zero
    return int(bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63)).to_bytes(8, "big")


def _address(text: str) -> bytes:
    try:
        return Address.parse(text).folded.encode()
    except BadAddress:  # a part of one: folded like the whole, which is less than other texts are
        return normalize("NFC", text).strip().lower().encode()[:KEY_OCTETS]


def _yes(value: bool) -> bytes:
    return b"1" if value else b"0"


# Each takes values of its kind as they are stored.
_KEYS: Final[Mapping[Kind, Callable[[Any], bytes]]] = {
    Kind.TEXT: fold,
    Kind.TEXTAREA: fold,
    Kind.EMAIL: _address,
    Kind.PHONE: digits,
    Kind.WEBSITE: fold,
    Kind.PICKLIST: fold,
    Kind.BOOLEAN: _yes,
    Kind.INTEGER: _ordered,
    Kind.DOUBLE: _ordered,
    Kind.CURRENCY: _ordered,
    Kind.DATE: fold,
    Kind.DATETIME: whole,
    Kind.LOOKUP: whole,
    Kind.OWNER: whole,
    Kind.TAGS: fold,
}
