"""multipart/form-data (RFC 7578) as it arrives: pieces of a body in, heads and data of its parts out. Pure.

Read as real clients write it (W 13): a line end before the first boundary, no blank after a semicolon, file names in
raw UTF-8, ``filename*`` although RFC 7578 §4.2 forbids it, parts without a content type.
"""

import logging
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from postroom.errors import Fault, Invalid, Reason

BOUNDARY_OCTETS: Final = 70  # RFC 2046 §5.1.1
_PARTS: Final = 64  # ours: ten files, and the fields of a form around them
_HEADERS: Final = 16
_HEADER_OCTETS: Final = 8 * 1024

_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]*[0-9A-Za-z'()+_,\-./:=?]")  # RFC 2046 §5.1.1
_PARAMETER: Final = re.compile(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
# A hostile body is no news for the operator; the parser would write a line of its own for each.
_SILENT: Final = logging.Logger("multipart", logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Head:
    """A part begins. ``filename`` is as written, so never to be trusted; None where the part is no file."""

    name: str
    filename: str | None
    content_type: str | None


@dataclass(frozen=True, slots=True)
class Data:
    """A piece of the part's content."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The part is complete."""


Event = Head | Data | End


class Reader:
    """Reads one body. ``feed`` it in pieces of any size, then ``close`` it."""

    def __init__(self, content_type: str | None) -> None:
        """``content_type`` is the request's header. Raises ``Invalid`` where it is another, or has no boundary."""
        kind, parameters = _parse(content_type or "")
        boundary = parameters.get("boundary", "")
        if kind != "multipart/form-data" or len(boundary) > BOUNDARY_OCTETS or not _BOUNDARY.fullmatch(boundary):
            raise _broken("not multipart/form-data with a boundary")
        self._events: list[Event] = []
        self._parts = 0
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
            max_header_count=_HEADERS,
            max_header_size=_HEADER_OCTETS,
        )
        self._parser.logger = _SILENT

    def feed(self, data: bytes) -> list[Event]:
        """What the next piece of the body holds. Raises ``Invalid``."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _broken(f"not multipart/form-data: {error}") from None
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """The body is over. Raises ``Invalid`` where its last boundary has not come: it was cut off."""
        if not self._complete:
            raise _broken("the body ends before its last boundary")

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > _PARTS:
            raise _broken("too many parts")
        self._headers = {}

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        name = self._name.lower()
        if name in self._headers:
            # Of two, a filter in front of us may have read the other one.
            raise _broken("a header twice")
        self._headers[name] = self._value
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        _, parameters = _parse(_text(self._headers.get(b"content-disposition", b"")))
        content_type = self._headers.get(b"content-type")
        self._events.append(
            Head(
                name=parameters.get("name", ""),
                filename=_extended(parameters.get("filename*", "")) or parameters.get("filename"),
                content_type=None if content_type is None else _parse(_text(content_type))[0],
            )
        )

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(Data(data[start:end]))

    def _part_end(self) -> None:
        self._events.append(End())

    def _end(self) -> None:
        self._complete = True


def _broken(reason: str) -> Invalid:
    return Invalid(Fault(Reason.UPLOAD_BROKEN, details={"reason": reason}))


def _parse(header: str) -> tuple[str, dict[str, str]]:
    """A header's value and its parameters; of a parameter that stands twice, the first."""
    value, semicolon, rest = header.partition(";")
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(semicolon + rest):
        parameters.setdefault(match[1].lower(), _unquoted(match[2].strip()))
    return value.strip().lower(), parameters


def _unquoted(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    # Only these two: a path of Windows has backslashes that quote nothing.
    return re.sub(r'\\([\\"])', r"\1", text[1:-1])


def _extended(text: str) -> str | None:
    """RFC 8187 §3.2: ``UTF-8''name``, per cent; None for other character sets and for what is none of it."""
    charset, quote, rest = text.partition("'")
    if not quote or charset.lower() != "utf-8":
        return None
    try:
        return unquote(rest.partition("'")[2], errors="strict")
    except UnicodeDecodeError:
        return None


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")
