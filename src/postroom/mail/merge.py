"""Texts with merge fields (``${Contacts.First_Name}``), read once into pieces and filled for each mail. Pure.

A value is put in as it is and never read again: what looks like a merge field in it stays text. Each kind of text has a
writer of its own, which takes from a value what would be more than text there.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

_FIELD: Final = re.compile(r"\$\{([A-Za-z0-9_]+\.[A-Za-z0-9_]+)\}")
# Anything that could end a header line, or begin one where it stands.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

Writer = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text, a field's name, text, a name, and so on; the last is text."""

    pieces: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The fields that stand in it: ``Contacts.First_Name``."""
        return frozenset(self.pieces[1::2])

    def filled(self, values: Mapping[str, str], write: Writer, *, most: int = sys.maxsize) -> str:
        """The text with a value for each field, as ``write`` writes it; nothing where it has none.

        One of more than ``most`` characters ends one behind them: it is seen to be too long, and costs no more.
        """
        written = {name: write(values.get(name, "")) for name in self.names}
        pieces, room = list[str](), most
        for n, piece in enumerate(self.pieces):
            # Some thousand fields may stand for a long value each.
            if room < 0:
                break
            pieces.append(written[piece] if n % 2 else piece)
            room -= len(pieces[-1])
        return "".join(pieces)[: most + 1]


def read(text: str) -> Pattern:
    """Find the merge fields of a text; what is not quite one stays text."""
    return Pattern(tuple(_FIELD.split(text)))


def in_html(value: str) -> str:
    """A value between tags, or in an attribute's quotes; its lines stay lines."""
    return escape(value).replace("\n", "<br>")


def in_text(value: str) -> str:
    """A value in plain text."""
    return value


def in_line(value: str) -> str:
    """A value in one line, like a subject: a blank for whatever could end it (RFC 5322 §2.2)."""
    return _CONTROL.sub(" ", value)
