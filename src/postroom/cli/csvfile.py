"""CSV (RFC 4180) into the values of records, as JSON would have them."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

from postroom.errors import Misconfigured
from postroom.record import Field, Kind, Module


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line after the first, ``number`` being where it begins; where it has a ``problem`` it has no values."""

    number: int
    values: Mapping[str, object] = field(default_factory=dict)
    problem: str | None = None


def lines(octets: IO[bytes], delimiter: str, names: Mapping[str, str], module: Module) -> Iterator[Line]:
    """The lines of a file that are not empty; where it breaks, a last one that says so.

    Raises ``Misconfigured`` where the first line does not name fields.
    """
    # utf-8-sig: spreadsheets begin a file with a byte order mark.
    rows = csv.reader(io.TextIOWrapper(octets, encoding="utf-8-sig", newline=""), delimiter=delimiter, strict=True)
    fields = _fields(_columns(rows, names), module)
    begin = rows.line_num + 1
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _line(begin, row, fields)
            begin = rows.line_num + 1
    except csv.Error as error:
        yield Line(number=begin, problem=f"from here on the file cannot be read: {error}")
    except UnicodeDecodeError:
        # It is decoded ahead of the lines.
        yield Line(number=begin, problem="from here on the file cannot be read: it is not UTF-8")


def _columns(rows: Iterator[list[str]], names: Mapping[str, str]) -> list[str]:
    try:
        return [names.get(head.strip(), head.strip()) for head in next(rows, [])]
    except csv.Error as error:
        raise Misconfigured(f"line 1 cannot be read: {error}") from None
    except UnicodeDecodeError:
        raise Misconfigured("the file is not UTF-8") from None


def _fields(columns: Sequence[str], module: Module) -> list[Field | None]:
    """The field of each column, None for one that is left out."""
    unknown = [name for name in columns if name and name not in module.by_name]
    if unknown:
        raise Misconfigured(f"{module.name} has no field {', '.join(map(repr, unknown))}; say what it is with --map")
    named = [name for name in columns if name]
    if not named:
        raise Misconfigured("the first line names no field")
    if len(set(named)) < len(named):
        raise Misconfigured("two columns are the same field")
    return [module.by_name.get(name) for name in columns]


def _line(number: int, row: Sequence[str], fields: Sequence[Field | None]) -> Line:
    if len(row) != len(fields):
        return Line(number=number, problem=f"has {len(row)} values, the first line has {len(fields)}")
    pairs = zip(fields, row, strict=True)
    return Line(number=number, values={each.name: _value(each, cell.strip()) for each, cell in pairs if each})


_WHOLE: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,18}\.\d{1,18}", re.ASCII)
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})


def _value(each: Field, cell: str) -> object:
    """What JSON would hold; a cell that cannot be read stays a text, which the field then refuses."""
    if not cell:
        return None
    reader = _READERS.get(each.kind)
    return cell if reader is None else reader(cell)


def _number(cell: str) -> object:
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(cell) if _DECIMAL.fullmatch(cell) else cell


def _truth(cell: str) -> object:
    word = cell.casefold()
    return word in _YES if word in _YES | _NO else cell


def _tags(cell: str) -> object:
    return [part.strip() for part in re.split("[,;]", cell) if part.strip()]


_READERS: Final[Mapping[Kind, Callable[[str], object]]] = {
    Kind.INTEGER: _number,
    Kind.DOUBLE: _number,
    Kind.CURRENCY: _number,
    Kind.BOOLEAN: _truth,
    Kind.TAGS: _tags,
}
