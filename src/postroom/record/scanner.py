"""The words of a query in COQL, one after the other. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from postroom.errors import Fault, Invalid, Reason

_TOKEN: Final = re.compile(
    r"""(?: (?P<quoted> '(?:[^'\\]|''|\\.)*+' | "(?:[^"\\]|""|\\.)*+" )
          | (?P<plain> [^\s'"()<>=!,]+ | != | <> | [<>]=? | [=(),] ) )""",
    re.VERBOSE | re.DOTALL,
)
_BLANK: Final = re.compile(r"\s*")
_ESCAPED: Final = {"'": re.compile(r"\\(.)|''", re.DOTALL), '"': re.compile(r'\\(.)|""', re.DOTALL)}
_NEAR: Final = 20  # characters that are told of what cannot be read


@dataclass(frozen=True, slots=True)
class Token:
    """One word, sign or text; of a quoted one without its quotes. The end is a plain one without a text."""

    text: str
    at: int
    quoted: bool = False

    @property
    def folded(self) -> str:
        """The word as the language knows it."""
        return self.text.lower()


class Scanner:
    """Walks a text once, one word ahead: ``next`` is the one that comes."""

    def __init__(self, text: str) -> None:
        """Raises ``Invalid`` where the text begins with what is no word."""
        self._text = text
        self._at = 0
        self.next = self._scan()

    def take(self) -> Token:
        """Step over a word. Raises ``Invalid`` where no word stands behind it."""
        taken, self.next = self.next, self._scan()
        return taken

    def takes(self, word: str) -> bool:
        """Step over that word, if it comes next; whether it came."""
        if not self.sees(word):
            return False
        self.take()
        return True

    def sees(self, *words: str) -> bool:
        """Whether one of these words comes next."""
        return not self.next.quoted and self.next.folded in words

    def unreadable(self, token: Token | None = None) -> Invalid:
        """What is raised for a word that does not belong there: that one, or the next."""
        return self._unreadable((token or self.next).at)

    def _scan(self) -> Token:
        blank = _BLANK.match(self._text, self._at)
        at = blank.end() if blank else self._at
        if at == len(self._text):
            return Token("", at)
        found = _TOKEN.match(self._text, at)
        if found is None:
            raise self._unreadable(at)
        self._at = found.end()
        if found["plain"]:
            return Token(found["plain"], at)
        quote, inner = found["quoted"][0], found["quoted"][1:-1]
        return Token(_ESCAPED[quote].sub(lambda escape: escape[1] or quote, inner), at, quoted=True)

    def _unreadable(self, at: int) -> Invalid:
        begins = self._text.rfind("\n", 0, at) + 1
        details = {
            "line": self._text.count("\n", 0, at) + 1,
            "column": at - begins + 1,
            "near": self._text[at : at + _NEAR],
        }
        return Invalid(Fault(Reason.QUERY_UNREADABLE, details=details))
