"""A way that fails is left alone for a while: whose fault an outcome is, how long the pause, and what is noted of it.

A server that is away, or will not let us in, says nothing about the mail that met it. So the transport is paused, and
its mails wait in their places; none of them is one attempt poorer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.mail.retry import HOUR, MINUTE, SECOND

# Up to here a conversation is about us and the server, and no mail has been named.
BEFORE_MAILS: Final = frozenset(
    {Stage.ROUTE, Stage.CONNECT, Stage.GREETING, Stage.HELLO, Stage.TLS, Stage.AUTH},
)
# RFC 4954 §6: authentication required, mechanism too weak, credentials invalid, encryption required.
_SHUT_OUT: Final = frozenset({530, 534, 535, 538})

# Ours: a server that starts again is back within seconds; one that is down is asked six times in an hour.
_SHORTEST: Final = 5 * SECOND
_LONGEST: Final = 10 * MINUTE
# Ours: a wrong password does not become right by itself, and servers lock out who shows it too often.
_SHORTEST_SHUT_OUT: Final = 1 * MINUTE
_LONGEST_SHUT_OUT: Final = 1 * HOUR
_LONGEST_ASKED: Final = 1 * HOUR
_DOUBLINGS: Final = 10  # enough to come from the shortest to the longest


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """What an attempt tells of its transport, which had failed ``seen`` times in a row when the attempt began.

    ``until``: the end of its pause (ms since the epoch); None: it works. ``fault`` is one line that says what went
    wrong; None: nothing was learnt, so another mail may try.
    """

    transport_id: int
    seen: int
    at: int
    until: int | None = None
    fault: str | None = None

    @property
    def failures(self) -> int:
        """How often it has failed in a row by now."""
        if self.until is None:
            return 0
        return self.seen if self.fault is None else self.seen + 1


def at_fault(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The outcome that tells that the way failed, and not the mail; None where there is none."""
    for each in outcomes:
        if each.result is not Result.ACCEPTED and (each.stage in BEFORE_MAILS or _is_shut_out(each)):
            return each
    return None


def pause(failures: int, fault: Outcome, chance: float) -> int:
    """How long (ms) a transport rests that has failed so often in a row, from 1; ``chance`` is in [0, 1).

    Spread over ±20 %, so that the workers of many servers do not ask one in step. A server that says how long it wants
    to be left alone is left alone so long, up to an hour.
    """
    shut_out = _is_shut_out(fault)
    shortest, longest = (_SHORTEST_SHUT_OUT, _LONGEST_SHUT_OUT) if shut_out else (_SHORTEST, _LONGEST)
    usual = min(shortest << min(failures - 1, _DOUBLINGS), longest) * (0.8 + 0.4 * chance)
    asked = min((fault.retry_after or 0) * SECOND, _LONGEST_ASKED) * (1 + 0.2 * chance)
    return round(max(usual, asked))


def told(fault: Outcome) -> str:
    """The fault in one line: server, stage, code, text."""
    return " ".join(str(part) for part in (fault.server, fault.stage.value, fault.code, fault.line) if part)


def _is_shut_out(outcome: Outcome) -> bool:
    # Who is not let in hears of it in answer to AUTH or, without a password, to MAIL (RFC 4954 §6). In answer to RCPT
    # the same codes are about one recipient.
    if outcome.stage is Stage.AUTH:
        # A server that issues tokens has no reply code, and says why only where it refuses.
        return outcome.why is Why.AUTHENTICATION if outcome.code is None else outcome.code >= 500
    return outcome.code in _SHUT_OUT and (outcome.stage in BEFORE_MAILS or outcome.command.startswith("MAIL "))
