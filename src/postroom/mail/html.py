"""Where the tags of an HTML text stand, down to the offsets of their attributes' values.

A scanner, not a parser: it splits a text as WHATWG HTML §13.2.5 (tokenization) does and builds no tree. Every pattern
takes whatever it began to read and never goes back, so the time is linear in the text, however hostile that is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.entities import html5
from typing import Final

_SPACE: Final = r" \t\n\f\r"
# Quotes count only after "=" (§13.2.5.37). A quote that is never closed is read as a plain character: a browser would
# drop the rest of the document, and at most one of each kind can make the pattern look that far.
_ATTRIBUTES: Final = rf"""[^>=]*+(?:=[{_SPACE}]*+(?:"[^"]*+"|'[^']*+'|[^{_SPACE}>"'][^{_SPACE}>]*+)?+[^>=]*+)*+"""
# §13.2.5.2-5: what these hold is not markup; §4.12.3: a template is not shown. The lookahead spares most other tags.
_RAW: Final = (
    r"(?=[sStTiInNxX][cCtTiIeEfFoOmM])"
    r"((?i:s(?:cript|tyle)|t(?:itle|extarea|emplate)|iframe|no(?:embed|frames)|xmp))"
)

# One token of markup. Group 2 is a tag's name as written ("/p" ends one), group 3 its attributes; both are absent for
# comments, doctypes and the elements of _RAW (group 1 is their name), which are taken whole up to their end tag.
TOKEN: Final = re.compile(
    rf"<(?:{_RAW}(?=[{_SPACE}/>]){_ATTRIBUTES}>?+.*?(?:(?=</(?i:\1)[{_SPACE}/>])|\Z)"
    rf"|(/?+[a-zA-Z][^{_SPACE}/>]*+)({_ATTRIBUTES})>?+"
    r"|!--(?:-?>|.*?(?:--!?>|\Z))|[!?/][^>]*+>?+)",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(
    rf"""([^{_SPACE}/>=][^{_SPACE}/>=]*+)[{_SPACE}]*+(?:=[{_SPACE}]*+(?:"([^"]*+)"|'([^']*+)'|([^{_SPACE}>]*+)))?+"""
)
# §13.2.5.73: in an attribute a name that lacks its semicolon stands for itself before "=" or a letter: "?a=1&copy=2".
_REFERENCE: Final = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[a-zA-Z][a-zA-Z0-9]*+(?:;|(?!=)))")
_ENDLESS = re.compile(r"&#[0-9]{100,}+;?")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a tag: its value decoded, and where that stands in the source, quotes not included."""

    name: str
    value: str
    start: int
    end: int


def attributes(source: str, start: int, end: int) -> Iterator[Attribute]:
    """The attributes that have a value, in ``source[start:end]``, which is where ``TOKEN`` has its third group."""
    for match in _ATTRIBUTE.finditer(source, start, end):
        group = match.lastindex or 1
        if group > 1:
            yield Attribute(match[1].lower(), _value(match[group]), *match.span(group))


def attribute(source: str, name: str) -> str:
    """The decoded value of one attribute of a tag (``source`` is its third group); empty where it is not there."""
    for match in _ATTRIBUTE.finditer(source):
        if match[1].lower() == name:
            return _value(match[match.lastindex or 1]) if match.lastindex != 1 else ""
    return ""


def tags(source: str) -> Iterator[tuple[str, Iterator[Attribute]]]:
    """Every start tag in order: its name in lower case and its attributes."""
    for match in TOKEN.finditer(source):
        name = match[2]
        if name and name[0] != "/":
            yield name.lower(), attributes(source, *match.span(3))


def decoded(text: str) -> str:
    """Text between tags with its character references resolved (§13.2.5.72)."""
    if "&" not in text:
        return text
    try:
        return unescape(text)
    except ValueError:
        # Python refuses to read numbers of thousands of digits; there is no such character.
        return unescape(_ENDLESS.sub("\ufffd", text))


def _value(raw: str) -> str:
    return _REFERENCE.sub(_character, raw) if "&" in raw else raw


def _character(reference: re.Match[str]) -> str:
    written = reference[0]
    return decoded(written) if written[1] == "#" else html5.get(written[1:], written)
