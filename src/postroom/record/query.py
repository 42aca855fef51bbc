"""The grammar of ``criteria`` (W 7.4): ``((Stage:equals:Won)and(Amount:greater_than:10))or(Owner:equals:17)``. Pure.

A comparison stands in brackets of its own. In values a backslash takes the meaning from the character behind it: a
bracket, a comma, itself.
"""

import re
from typing import Final

from postroom.errors import Invalid
from postroom.record.criteria import Criteria, Operator, compare, wrong_query
from postroom.record.joints import alternatives
from postroom.record.modules import Module

COMPARISONS_AT_MOST: Final = 10  # W 7.4

_BLANK: Final = re.compile(r"\s*")
_HEAD: Final = re.compile(r"\s*\(\s*([A-Za-z_][A-Za-z0-9_.$]*)\s*:\s*([A-Za-z_]+)\s*:")
_VALUE: Final = re.compile(r"((?:[^\\()]|\\.)*)\)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_OPERATORS: Final = {each.value: each for each in Operator}
_LISTS: Final = (Operator.IN, Operator.NOT_IN, Operator.BETWEEN, Operator.NOT_BETWEEN)


def read_criteria(module: Module, text: str) -> Criteria:
    """What the text asks for. Raises ``Invalid`` with what is wrong and where."""
    reader = _Reader(module, text.strip())
    found = alternatives(reader)
    if reader.at != len(reader.text):
        raise reader.wrong("an end, and, or or was expected")
    return found


class _Reader:
    """Walks the text once; ``at`` is where it stands."""

    deepest = 10  # more are never needed for ten comparisons

    def __init__(self, module: Module, text: str) -> None:
        self.text = text
        self.at = 0
        self._module = module
        self._count = 0

    def wrong(self, reason: str, **details: object) -> Invalid:
        return wrong_query(reason, position=self.at, **details)

    def takes(self, word: str) -> bool:
        self._skip()
        if self.text[self.at : self.at + len(word)].lower() != word:
            return False
        self.at += len(word)
        self._skip()
        return True

    def comparison(self) -> Criteria | None:
        head = _HEAD.match(self.text, self.at)
        if head is None:
            return None
        name, word = head[1], head[2]
        operator = _OPERATORS.get(word.lower())
        if operator is None:
            raise self.wrong("there is no such operator", operator=word, supported_values=list(_OPERATORS))
        value = _VALUE.match(self.text, head.end())
        if value is None:
            raise self.wrong("the value has no end", api_name=name)
        self._count += 1
        if self._count > COMPARISONS_AT_MOST:
            raise self.wrong("there are too many comparisons", limit=COMPARISONS_AT_MOST)
        self.at = value.end()
        parts = _split(value[1]) if operator in _LISTS else [value[1]]
        return compare(self._module, name, operator, tuple(_ESCAPE.sub(r"\1", part).strip() for part in parts))

    def _skip(self) -> None:
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at


def _split(text: str) -> list[str]:
    """The values of a list: what stands between commas that have no backslash before them."""
    parts, begin, at = [], 0, 0
    while at < len(text):
        if text[at] == ",":
            parts.append(text[begin:at])
            begin = at + 1
        at += 2 if text[at] == "\\" else 1
    return [*parts, text[begin:]]
