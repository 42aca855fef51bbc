"""The servers that take a domain's mail, in the order in which they are tried. Pure.

RFC 5321 §5.1 (the order, no MX at all, our own name among them), RFC 7505 (a domain that takes no mail).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from postroom.mail.life import Outcome, Result, Stage, Why

# Ours, RFC 5321 §5.1 allows a limit of two and more: who lists hundreds of servers would have us dial for hours.
HOSTS: Final = 5

# Labels of letters, digits, hyphens and, against RFC 1123 §2.1 but seen, underscores; the last is no number, so that an
# IP address is none.
_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*"
    r"(?![0-9]+\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mx:
    """An MX record (RFC 1035 §3.3.9); ``host`` in lower case, without the final dot, empty for the root."""

    preference: int
    host: str


def is_host(name: str) -> bool:
    """Whether a text in lower case is the name of a host (RFC 5321 §2.3.5), and no address."""
    return _NAME.fullmatch(name) is not None


def order(
    records: Sequence[Mx], *, domain: str, ourselves: str, chance: Callable[[], float]
) -> tuple[str, ...] | Outcome:
    """The hosts to try, the best first; or why there are none, which no waiting changes.

    ``records`` empty: the domain has no MX, and is its own host. ``ourselves`` is the name that we
    go by, ``chance`` gives numbers in [0, 1).
    """
    # RFC 7505 §3: one record, and its host is the root.
    if [each.host for each in records] == [""]:
        return unroutable("5.1.10", f"{domain} takes no mail (null MX)")
    # RFC 5321 §5.1: without MX it is as if the domain were its own, of preference 0.
    usable = [each for each in records if is_host(each.host)] if records else [Mx(preference=0, host=domain)]
    if not usable:
        return unroutable("5.4.4", f"{domain} names no server that could be one (MX)")
    # RFC 5321 §5.1: those that are tried before us, or mail would go round in circles.
    own = min((each.preference for each in usable if each.host == ourselves.lower()), default=None)
    before = [each for each in usable if own is None or each.preference < own]
    if not before:
        return unroutable("5.4.6", f"mail for {domain} comes back to us (MX)")
    # RFC 5321 §5.1: at random among equals, to spread the load.
    ranked = sorted(before, key=lambda each: (each.preference, chance()))
    return tuple(dict.fromkeys(each.host for each in ranked))


def unroutable(enhanced: str, line: str) -> Outcome:
    """No mail can ever go there (RFC 3463 §3.2, §3.5)."""
    return Outcome(result=Result.REJECTED, stage=Stage.ROUTE, enhanced=enhanced, line=line, why=Why.UNROUTABLE)
