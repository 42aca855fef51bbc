"""The plain text that says what an HTML text says: the first part of multipart/alternative (RFC 2046 §5.1.4).

Lines, paragraphs, lists, cells and links are kept, looks are not. The time is linear in the text.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from postroom.mail.html import TOKEN, attribute, decoded

# What lies between two pieces of shown text. A larger gap swallows a smaller one; a bullet swallows all.
_NONE, _CELL, _LINE, _PARAGRAPH, _BULLET = range(5)

# Until the end these three stand for what must outlive the folding of white space; the source is freed of them first.
_BREAK, _KEPT_SPACE, _KEPT_TAB = "\0\1\2"

_DEEPEST_INDENT: Final = 8  # lists nested without end would make the text grow with the square of the source

_TAGS: Final = {
    _LINE: "address article aside body caption center dd details div dt fieldset figcaption footer form header html"
    " main nav option section summary tr",
    _PARAGRAPH: "blockquote dl figure h1 h2 h3 h4 h5 h6 hr p table",
    # Every tag that is not named here makes no gap either; these are looked up faster.
    _NONE: "b em font i link meta small span strong tbody td thead th u",
}
# The gap that a tag makes: its start and its end alike, but cells at their start only. No name: a comment.
_GAPS: Final[Mapping[str | None, int]] = {
    **{form: gap for gap, names in _TAGS.items() for name in names.split() for form in (name, f"/{name}")},
    "td": _CELL,
    "th": _CELL,
    "/li": _LINE,
    None: _NONE,
}

_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\x00-\x20\x7f]+", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def text_of(html: str) -> str:
    """The text of ``html``: lines end in LF, neither the first nor the last is blank."""
    for mark in (_BREAK, _KEPT_SPACE, _KEPT_TAB):
        html = html.replace(mark, "")
    page = _Page(html)
    gap = _NONE
    write, gap_of, effect_of = page.shown.append, _GAPS.get, _EFFECTS.get
    for text, _, name, attrs in page.tokens:
        if text:
            if not text.isspace():
                if gap:
                    write(page.marks[gap])
                    gap = _NONE
                write(text)
            elif not gap:
                write(" ")
        wanted = gap_of(name)
        if wanted is None:
            effect = effect_of(name := name.lower())
            if effect:
                gap = effect(page, attrs, gap)
                continue
            wanted = gap_of(name, _NONE)
        if wanted > gap:  # noqa: PLR1730 - max() is a call more for every tag
            gap = wanted
    return _folded("".join(page.shown))


def _folded(text: str) -> str:
    text = decoded(text)
    for blank in "\n\t\r\f\xa0":
        text = text.replace(blank, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    text = "\n".join([line.strip(" ") for line in text.split(_BREAK)]).strip("\n")
    return text.replace(_KEPT_SPACE, " ").replace(_KEPT_TAB, "\t")


class _Page:
    """What was shown so far, and what the tags that are still open ask for. Its methods return the gap that follows."""

    def __init__(self, html: str) -> None:
        # Text, then the three groups of the token after it, and so on; the last text has none.
        pieces = iter([*TOKEN.split(html), "", "", ""])
        self.tokens = zip(pieces, pieces, pieces, pieces, strict=True)
        self.shown: list[str] = []
        self.marks = ["", " | ", _BREAK, _BREAK * 2, ""]
        self.lists: list[int] = []  # for each open list the number of its last item; -1 where it has bullets
        self.link: tuple[str, int] | None = None  # where it goes, and where in ``shown`` its text starts

    def line_break(self, _: str, gap: int) -> int:
        """``<br>``: the second one in a row makes an empty line, more make no more of them."""
        return gap if gap == _BULLET else _PARAGRAPH if gap >= _LINE else _LINE

    def image(self, attrs: str, gap: int) -> int:
        """``<img>``: its alternative text."""
        alt = attribute(attrs, "alt")
        if not alt or alt.isspace():
            return gap
        self.shown += (self.marks[gap], _escaped(alt))
        return _NONE

    def link_start(self, attrs: str, gap: int) -> int:
        """``<a>``: it ends a link that is still open (HTML §13.2.6.4.7)."""
        gap = self.link_end("", gap)
        href = attribute(attrs, "href").strip()
        if _LINK.fullmatch(href):
            self.link = (href, len(self.shown))
        return gap

    def link_end(self, _: str, gap: int) -> int:
        """``</a>``: where it goes, unless its text says so."""
        if self.link is None:
            return gap
        (href, start), self.link = self.link, None
        said = decoded("".join(self.shown[start:])).strip(" \0\1\t\r\n\f|*")
        if said and said.rstrip("/") in href and _bare(said) == _bare(href):
            return gap
        self.shown += (" " if said else self.marks[gap], f"<{_escaped(href)}>")
        return gap if said else _NONE

    def list_start(self, number: int, gap: int) -> int:
        """``<ul>`` or ``<ol>``: the outermost stands like a paragraph."""
        self.lists.append(number)
        return max(gap, _PARAGRAPH if len(self.lists) == 1 else _LINE)

    def list_end(self, _: str, gap: int) -> int:
        """``</ul>`` or ``</ol>``: an item that showed nothing leaves no bullet behind."""
        if self.lists:
            self.lists.pop()
        return max(_NONE if gap == _BULLET else gap, _LINE if self.lists else _PARAGRAPH)

    def item(self, _: str, gap: int) -> int:
        """``<li>``: a bullet or a number, which waits for the item's text."""
        sign = "*"
        if self.lists and self.lists[-1] >= 0:
            self.lists[-1] += 1
            sign = f"{self.lists[-1]}."
        lead = self.marks[_LINE if gap == _BULLET else max(gap, _LINE)]
        indent = _KEPT_SPACE * 2 * min(len(self.lists) - 1, _DEEPEST_INDENT)
        self.marks[_BULLET] = f"{lead}{indent}{sign}{_KEPT_SPACE}"
        return _BULLET

    def preformatted(self, _: str, gap: int) -> int:
        """``<pre>``: up to its end, spaces and line ends are text."""
        lines: list[str] = []
        for text, _raw, name, _attrs in self.tokens:
            lines.append(text)
            tag = name and name.lower()
            if tag == "/pre":
                break
            if tag == "br":
                lines.append("\n")
        shown = "".join(lines).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
        if shown and not shown.isspace():
            kept = shown.replace("\n", _BREAK).replace(" ", _KEPT_SPACE).replace("\t", _KEPT_TAB)
            self.shown += (self.marks[max(gap, _PARAGRAPH)], kept)
        return max(gap, _PARAGRAPH)


_EFFECTS: Final[Mapping[str | None, Callable[[_Page, str, int], int]]] = {
    "a": _Page.link_start,
    "/a": _Page.link_end,
    "br": _Page.line_break,
    "img": _Page.image,
    "ul": lambda page, _, gap: page.list_start(-1, gap),
    "ol": lambda page, _, gap: page.list_start(0, gap),
    "/ul": _Page.list_end,
    "/ol": _Page.list_end,
    "li": _Page.item,
    "pre": _Page.preformatted,
}


def _escaped(text: str) -> str:
    """Decoded text as it must stand in ``shown``, which is decoded once more, as a whole."""
    return text.replace("&", "&amp;")


def _bare(url: str) -> str:
    return _SCHEME.sub("", url, count=1).rstrip("/")
