"""What a call may be given in its URL and its head: each parameter's name, what it may be, and what it means. Pure.

A parameter's ``Kind`` both reads it and describes it (JSON Schema): what the API says that it takes is what it takes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Final

from postroom.errors import Fault, Invalid, Reason


class Place(Enum):
    """Where a parameter stands; the value is OpenAPI's word for it."""

    QUERY = "query"
    HEADER = "header"
    PATH = "path"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What a parameter may be. ``read`` gives the text that handlers work with, None for what it may not be.

    ``details`` are what its refusal tells beside the parameter's name.
    """

    schema: Mapping[str, Any]
    read: Callable[[str], str | None]
    details: Mapping[str, object] = field(default_factory=dict)


def count(*, least: int = 1, most: int | None = None) -> Kind:
    """A number from ``least`` on, of nine digits at the most; what is over ``most`` reads as ``most``."""

    def read(text: str) -> str | None:
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
            return None
        return text if most is None else str(min(int(text), most))

    return Kind(schema={"type": "integer", "minimum": least, "maximum": 999_999_999}, read=read)


def choice(*values: str, quotes: str = "") -> Kind:
    """One of ``values``; ``quotes`` are the characters that may stand around it."""

    def read(text: str) -> str | None:
        bare = text.strip(quotes) if quotes else text
        return bare if bare in values else None

    return Kind(schema={"type": "string", "enum": [*values]}, read=read, details={"supported_values": [*values]})


def flag() -> Kind:
    """Yes or no: ``true`` or ``false``, or as Python writes them, whose SDK sends ``False`` (W 13.1)."""
    values = ("true", "false")
    written = [*values, *map(str.capitalize, values)]
    return Kind(
        schema={"type": "string", "enum": written},
        read=lambda given: given.lower() if given in written else None,
        details={"supported_values": [*values]},
    )


def matching(pattern: str) -> Kind:
    """What a pattern matches, which begins with ``^`` and ends with ``$``."""
    written = re.compile(pattern)
    return Kind(
        schema={"type": "string", "pattern": pattern}, read=lambda given: given if written.match(given) else None
    )


def word(at_most: int) -> Kind:
    """Up to so many characters of ASCII that can be printed, none of them blank."""
    return matching(rf"^[!-~]{{1,{at_most}}}$")


def text(**looks: Any) -> Kind:
    """Any text. ``looks`` (JSON Schema) says how it should look; who uses it judges it, and refuses in other words."""
    return Kind(schema={"type": "string", **looks}, read=lambda given: given)


def _moment(given: str) -> str | None:
    """The last ms of that second, since the epoch: what a client was shown has no fractions (W 0)."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(given)
            if moment.tzinfo is not None:
                return str(int(moment.timestamp()) * 1000 + 999)
        except (ValueError, OverflowError):
            continue
    return ""  # RFC 9110 §13.1.3: as if it were not there


MOMENT: Final = Kind(schema={"type": "string"}, read=_moment)
TEXT: Final = text()


@dataclass(frozen=True, kw_only=True, slots=True)
class Param:
    """One parameter. ``means`` is a sentence for its reader; ``default`` is read where nothing is given.

    With an ``example`` it stands in the example of its call, though it need not be given.
    """

    name: str
    means: str
    kind: Kind = TEXT
    required: bool = False
    default: str | None = None
    place: Place = Place.QUERY
    example: str | None = None

    def read(self, text: str) -> str | None:
        """The value that ``text`` gives, stripped; the default where it is empty. Raises as ``judged`` does."""
        bare = text.strip()
        return self.judged(bare) if bare else self.default

    def judged(self, bare: str) -> str | None:
        """The value of what was given, be it empty.

        Raises ``Invalid`` where it may not be that, or holds a NUL, which PostgreSQL cannot compare with anything.
        """
        value = None if "\0" in bare else self.kind.read(bare)
        if value is None:
            raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": self.name, **self.kind.details}))
        return value
