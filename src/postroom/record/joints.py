"""What the grammars of criteria and of COQL share: comparisons joined by ``and`` and ``or``, in brackets. Pure.

``and`` binds closer than ``or``; either in any case.
"""

from typing import Protocol

from postroom.record.criteria import AllOf, AnyOf, Criteria


class Reader(Protocol):
    """Walks a text once, comparison by comparison."""

    deepest: int  # how many brackets may stand within each other

    def takes(self, word: str) -> bool:
        """Step over ``and``, ``or`` or a bracket, and what is blank, if that comes next; whether it came."""

    def comparison(self) -> Criteria | None:
        """Step over a comparison; None where none begins here."""

    def wrong(self, reason: str) -> Exception:
        """What is raised where the reader stands."""


def alternatives(reader: Reader, depth: int = 0) -> Criteria:
    """Conjunctions with ``or`` between them. Raises what the reader makes of its mistakes."""
    found = [_conjunction(reader, depth)]
    while reader.takes("or"):
        found.append(_conjunction(reader, depth))
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _conjunction(reader: Reader, depth: int) -> Criteria:
    found = [_term(reader, depth)]
    while reader.takes("and"):
        found.append(_term(reader, depth))
    return found[0] if len(found) == 1 else AllOf(tuple(found))


def _term(reader: Reader, depth: int) -> Criteria:
    if depth > reader.deepest:
        raise reader.wrong("there are too many brackets")
    found = reader.comparison()
    if found is not None:
        return found
    if not reader.takes("("):
        raise reader.wrong("a bracket was expected")
    inner = alternatives(reader, depth + 1)
    if not reader.takes(")"):
        raise reader.wrong("a closing bracket was expected")
    return inner
