"""CSV (RFC 4180) into the values of records, as JSON would have them."""

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from postroom.errors import Misconfigured
from postroom.record import Field, Kind, Module

# Above the reasons in a file of refused lines. No field can have this name, for want of the blank.
REASONS: Final = "Refused because"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line after the first, ``number`` being where it begins; where it has a ``problem`` it has no values."""

    number: int
    values: Mapping[str, object] = field(default_factory=dict)
    problem: str | None = None


class Sheet:
    """A file whose lines are records of a module; read as often as asked for, never whole in memory."""

    def __init__(
        self, octets: io.BufferedReader | io.BytesIO, *, delimiter: str, names: Mapping[str, str], module: Module
    ) -> None:
        """``names`` maps columns to fields.

        Reads all of it once. Raises ``Misconfigured`` where its first line does not name fields, and where it breaks
        off: who mends it has another file, of which nothing must have been imported.
        """
        self.delimiter = delimiter
        self.module = module
        self._octets = octets
        self._names = names
        rows = self._rows()
        self.heads = [head.strip() for head in next(rows, (1, []))[1]]
        self._fields = _fields([self._column(head) for head in self.heads], module)
        self.count = sum(any(map(str.strip, row)) for _, row in rows)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The lines after the first that are not empty, each as it is, with its number."""
        rows = self._rows()
        next(rows, None)
        return ((number, row) for number, row in rows if any(map(str.strip, row)))

    def lines(self) -> Iterator[Line]:
        """The same lines, read."""
        return (_line(number, row, self._fields) for number, row in self.rows())

    def digest(self) -> bytes:
        """The SHA-256 of the file, and of how it is read."""
        self._octets.seek(0)
        whole = hashlib.file_digest(self._octets, "sha256").hexdigest()
        how = [whole, self.module.name, self.delimiter, sorted(self._names.items())]
        return hashlib.sha256(json.dumps(how).encode()).digest()

    @property
    def encoding(self) -> str:
        """What a file of the same form is written in: spreadsheets begin a file with a byte order mark, and want it."""
        self._octets.seek(0)
        return "utf-8-sig" if self._octets.read(3) == codecs.BOM_UTF8 else "utf-8"

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        self._octets.seek(0)
        text = io.TextIOWrapper(self._octets, encoding="utf-8-sig", newline="")
        begin = 1
        try:
            rows = csv.reader(text, delimiter=self.delimiter, strict=True)
            for row in rows:
                yield begin, row
                begin = rows.line_num + 1
        except csv.Error as error:
            raise Misconfigured(f"line {begin} cannot be read: {error}") from None
        except UnicodeDecodeError:
            # It is decoded some kilobytes ahead of the lines.
            raise Misconfigured(f"the file is not UTF-8, at line {begin} or soon after it") from None
        finally:
            if not self._octets.closed:
                text.detach()  # or it would close the file

    def _column(self, head: str) -> str:
        return "" if head == REASONS else self._names.get(head, head)


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
