"""The tables of a page, and the calls that it names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.shape.source import ROOT

_HEADING: Final = re.compile(r"^##+ (\d+(?:\.\d+)?) ")
_RULE: Final = re.compile(r"^\|(?: ?-+ ?\|)+$")
_CALL: Final = re.compile(r"`(?:([A-Z]+(?:\|[A-Z]+)*) )?((?:\{(?:accounts|accounts-server|api_domain)\}|…)?/[^`\s]*)`")
_PREFIX: Final = re.compile(r"^(?:\{[a-z_-]+\}|…)?(?:/bigin/v2)?(?=/)")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, in the section of the last numbered heading above it."""

    section: str
    cells: tuple[str, ...]

    @property
    def name(self) -> str:
        """The text of its first cell."""
        return self.cells[0].replace("`", "")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a document names; ``method`` is empty where it names the path alone.

    Its path is what stands behind the prefix, each placeholder ``{}``.
    """

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}".strip()


def page(path: str) -> str:
    """A document."""
    return (ROOT / path).read_text(encoding="utf-8")


def rows(text: str) -> Iterator[Row]:
    """Every row of every table but for the heads."""
    section, head = "", True
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            section = heading[1]
        if not line.startswith("|"):
            head = True
        elif _RULE.match(line):
            head = False
        elif not head:
            yield Row(section, tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]))


def calls(text: str) -> Iterator[Call]:
    """Every call and every path that stands in backticks."""
    for methods, path in _CALL.findall(text):
        for method in methods.split("|"):
            for each in _spelt_out(path):
                yield Call(method, shape(each))


def shape(path: str) -> str:
    """A path as calls are compared by: without prefix and query, its placeholders unnamed."""
    return re.sub(r"\{\w+\}", "{}", _PREFIX.sub("", path.partition("?")[0]))


def _spelt_out(path: str) -> set[str]:
    """``/modules[/{api_name}]`` is two paths."""
    return {re.sub(r"\[(.*?)\]", r"\1", path), re.sub(r"\[.*?\]", "", path)}
