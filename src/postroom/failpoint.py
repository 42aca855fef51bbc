"""Fail points: named places between a mail's request and its settling, at which a test ends or breaks the process.

``POSTROOM_FAIL_POINT=name[:n[:action]]`` arms one. The ``n``-th time (1) that it is reached, the process is killed with
SIGKILL (``kill``, the default), stops as by SIGSTOP (``stop``), or the place raises ``FailPointError`` (``error``).
Without the variable ``reach`` is a call and a comparison, 30 ns: about 1 µs for all of a mail.
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from types import MappingProxyType
from typing import Final

VARIABLE: Final = "POSTROOM_FAIL_POINT"

# In the order in which a mail comes by.
POINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "request-read": "The API has read a request to send mails.",
        "looked-up": "What a draft names has been looked up.",
        "judged": "A draft has been judged and can be accepted.",
        "accept-before": "A mail without an idempotency key is about to be written.",
        "keyed-before": "The mails and the answer of an idempotency key are about to be written.",
        "answer-stored": "The transaction has the answer of an idempotency key, and not yet its mails.",
        "accept-begun": "The transaction has taken a mail from the organisation's day, and nothing of it is stored.",
        "mails-stored": "The transaction has the mails.",
        "recipients-stored": "The transaction has their recipients.",
        "attachments-stored": "The transaction has their attachments.",
        "jobs-stored": "The transaction has their places in the queue.",
        "events-stored": "The transaction has their first events: all of the mails.",
        "commit": "A transaction has done its work and is not committed; one that only reads counts too.",
        "committed": "A transaction is committed, and none of those who wait for it has been told; likewise.",
        "accepted": "A mail without an idempotency key is committed, and its request is not answered.",
        "keyed-accepted": "The mails and the answer of an idempotency key are committed, and nobody has been told.",
        "answer-before": "A request is about to be answered.",
        "answer-written": "An answer has been handed to the socket.",
        "claim-before": "A worker is about to claim mails.",
        "claim-taken": "The transaction has put mails under a lease.",
        "claimed": "A claim is committed, and nobody works at its mails.",
        "claim-read": "What a claim took has been read.",
        "composed": "A message has been made.",
        "connect-before": "A server is about to be dialled.",
        "connected": "A connection stands, and nothing has been said.",
        "tls-before": "A TLS handshake is about to begin.",
        "greeted": "The server has greeted.",
        "introduced": "The server has answered EHLO.",
        "authenticated": "The server has let us in, where it asks for a password.",
        "envelope-before": "MAIL is about to be written.",
        "mark-before": "It is about to be written that the final dot may go.",
        "marked": "The transaction has the mark that the final dot may go.",
        "mail-answered": "The server has answered MAIL.",
        "recipient-answered": "The server has answered RCPT.",
        "data-answered": "The server has answered DATA.",
        "body-before": "A message is about to be written.",
        "body-middle": "A part of a message is written, and more is to come.",
        "leave-before": "All but the end of a message is ready, and it is asked whether the mark is on disk.",
        "dot-before": "The end of a message with its final dot is about to be written.",
        "dot-written": "The final dot has been handed to the socket.",
        "dot-answered": "The server has answered the final dot.",
        "part-before": "That some recipients have a mail is about to be written, while it is on its way to others.",
        "part-settled": "That some recipients have a mail is committed, while it is on its way to others.",
        "settle-before": "What an attempt means is known, and about to be written.",
        "settle-begun": "The transaction has seen that the lease is its own.",
        "recipients-settled": "The transaction has the recipients' states.",
        "events-settled": "The transaction has the history.",
        "jobs-settled": "The transaction has taken the settled mails from the queue.",
        "mails-settled": "The transaction has the states of the settled mails.",
        "mails-deferred": "The transaction has put back what is to be tried again, be it deferred or unknown.",
        "settled": "A verdict is committed, and the worker goes on.",
        "heartbeat-before": "A worker is about to move its leases on.",
        "heartbeat-written": "The transaction has moved the leases on.",
        "heartbeat": "Leases are moved on and committed.",
    }
)


class Action(Enum):
    """What happens at an armed point; the value is what the variable says."""

    KILL = "kill"
    STOP = "stop"
    ERROR = "error"


class FailPointError(Exception):
    """What an armed point raises: an error that nobody expects."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FailPoint:
    """One armed point: ``nth`` counts from 1."""

    name: str
    nth: int = 1
    action: Action = Action.KILL
    _times: "count[int]" = field(default_factory=lambda: count(1), repr=False, compare=False)

    @classmethod
    def read(cls, wish: str) -> "FailPoint":
        """From what the variable says. Raises ``ValueError`` with one line."""
        name, _, rest = wish.partition(":")
        nth, _, action = rest.partition(":")
        if name not in POINTS:
            raise ValueError(f"there is no fail point {name!r}")
        if nth and not (nth.isdecimal() and int(nth)):
            raise ValueError(f"{nth!r} is no number of times")
        if action not in {"", *(each.value for each in Action)}:
            raise ValueError(f"{action!r} is neither kill nor stop nor error")
        return cls(name=name, nth=int(nth or 1), action=Action(action or "kill"))

    def reach(self, name: str) -> None:
        """Somebody has come to a point."""
        # A thread that reads and one that writes may come at once: ``next`` gives each a number of its own.
        if name != self.name or next(self._times) != self.nth:
            return
        if self.action is Action.ERROR:
            raise FailPointError(name)
        os.kill(os.getpid(), signal.SIGKILL if self.action is Action.KILL else signal.SIGSTOP)


_armed: FailPoint | None = None


def reach(name: str) -> None:
    """Here is the point ``name``: nothing happens unless it is armed."""
    if _armed is not None:
        _armed.reach(name)


def arm(wish: str) -> None:
    """Arm the point that ``wish`` names as the variable would. Raises ``ValueError``."""
    global _armed  # noqa: PLW0603 - read from an environment, which is as global
    _armed = FailPoint.read(wish)


def _heed(wish: str | None) -> None:
    """Arm what the environment says, or end the start: whoever names a point wants to see it reached."""
    try:
        if wish is not None:
            arm(wish)
    except ValueError as error:
        raise SystemExit(f"postroom: {VARIABLE}: {error}") from None


_heed(os.environ.get(VARIABLE))
