"""The life of a mail and of each of its recipients: the states, and the one table of moves that are allowed."""

from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec import Struct


class State(Enum):
    """Where a mail is, or one recipient of it. The value is what is stored and shown by the CLI."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    HELD = "held"  # until somebody releases it
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"

    __hash__ = object.__hash__  # members are single: Enum's own is a call for each look-up


# The drawing in docs/reference/life.md is made from this table.
MOVES: Mapping[State, frozenset[State]] = {
    State.SCHEDULED: frozenset({State.QUEUED, State.SENDING, State.HELD, State.CANCELLED}),
    State.QUEUED: frozenset({State.SCHEDULED, State.SENDING, State.HELD, State.CANCELLED}),
    State.SENDING: frozenset({State.QUEUED, State.HELD, State.SENT, State.FAILED}),
    State.HELD: frozenset({State.SCHEDULED, State.QUEUED, State.CANCELLED}),
    State.SENT: frozenset({State.QUEUED}),  # an operator's retry, for the recipients who did not get it
    State.FAILED: frozenset({State.QUEUED}),  # the same
    State.CANCELLED: frozenset(),
}

FINAL = frozenset({State.SENT, State.FAILED, State.CANCELLED})


def may(origin: State, target: State) -> bool:
    """Whether the table allows the move."""
    return target in MOVES[origin]


class Verb(Enum):
    """What can be done to a mail; the value is the word of the command line and of the API."""

    HOLD = "hold"  # nobody tries it until it is released
    RELEASE = "release"
    CANCEL = "cancel"  # nobody else gets it
    RETRY = "retry"  # now; one that is settled, for the recipients that it failed for
    MOVE = "move"  # to another time; what has been tried keeps its own, unless it is held


# The states that a verb finds something to do in; a worker's hands are none of them.
FINDS: Mapping[Verb, frozenset[State]] = {
    Verb.HOLD: frozenset({State.SCHEDULED, State.QUEUED}),
    Verb.RELEASE: frozenset({State.HELD}),
    Verb.CANCEL: frozenset({State.SCHEDULED, State.QUEUED, State.HELD}),
    Verb.RETRY: frozenset({State.SCHEDULED, State.QUEUED, State.HELD, State.SENT, State.FAILED}),
    Verb.MOVE: frozenset({State.SCHEDULED, State.QUEUED, State.HELD}),
}


class Result(Enum):
    """What became of one recipient in one attempt."""

    ACCEPTED = "accepted"  # the server took responsibility (RFC 5321 §6.1)
    DEFERRED = "deferred"  # not now; trying again may succeed (4yz)
    REJECTED = "rejected"  # never, for this mail (5yz)
    UNKNOWN = "unknown"  # the final dot was sent and no reply came: it may have been taken

    __hash__ = object.__hash__  # members are single: Enum's own is a call for each look-up


class Unknown(Enum):
    """What an organisation wants of a mail that a server may have taken without saying so."""

    RETRY = "retry"  # rather twice than not at all; the Message-ID tells
    HOLD = "hold"  # rather not at all than twice, until somebody decides


class Notices(Enum):
    """What senders are told by mail of their mails."""

    NONE = "none"
    FAILURES = "failures"
    DELAYS = "delays"  # failures, too


class Stage(Enum):
    """How far a conversation had come when its outcome fell."""

    HERE = "here"  # no server has a part in it: a file, the database, a fault of our own
    ROUTE = "route"
    CONNECT = "connect"
    GREETING = "greeting"
    HELLO = "hello"
    TLS = "tls"
    AUTH = "auth"
    ENVELOPE = "envelope"
    DATA = "data"
    BODY = "body"
    FINAL_DOT = "final-dot"

    __hash__ = object.__hash__  # members are single: Enum's own is a call for each look-up


class Why(Enum):
    """What a server gave as its reason, as far as it can be told (``smtp.classify``). docs/reference/replies.md."""

    GREYLISTED = "greylisted"
    RATE_LIMITED = "rate-limited"
    BUSY = "busy"
    OVER_QUOTA = "over-quota"
    BAD_MAILBOX = "bad-mailbox"
    UNROUTABLE = "unroutable"
    BAD_SENDER = "bad-sender"
    DOMAIN_AUTHENTICATION = "domain-authentication"
    BLOCKED = "blocked"
    CONTENT = "content"
    TOO_BIG = "too-big"
    POLICY = "policy"
    RELAY_DENIED = "relay-denied"
    AUTHENTICATION = "authentication"
    TLS = "tls"
    PROTOCOL = "protocol"
    OTHER = "other"


class Outcome(Struct, frozen=True, kw_only=True):
    """The end of one attempt for one recipient: a value, never an exception.

    ``code`` is the reply code (RFC 5321 §4.2), absent where no reply came. ``enhanced`` is the status code like
    ``4.2.2`` (RFC 3463): the server's, or ours where it was known before anybody was asked. ``command`` is what the
    reply answered, ``line`` the reply's own text or our reason, at most 1,000 characters and free of control
    characters. ``server`` is ``host:port``, once it was reached by its name ``host[address]:port``. ``why`` is absent
    where nothing was refused or nobody said why; ``retry_after`` is how many seconds the server wants to be left alone.
    """

    result: Result
    stage: Stage
    code: int | None = None
    enhanced: str | None = None
    command: str = ""
    line: str = ""
    server: str = ""
    why: Why | None = None
    retry_after: int | None = None


def overall(states: Iterable[State]) -> State:
    """The state of a mail from those of its recipients, of whom there is at least one: what is pending wins (sending
    counts as queued), then sent if anybody got it, then failed.
    """
    found = {State.QUEUED if state is State.SENDING else state for state in states}
    order = (State.QUEUED, State.SCHEDULED, State.HELD, State.SENT, State.FAILED, State.CANCELLED)
    return next(state for state in order if state in found)


class Settled(Struct, frozen=True, kw_only=True):
    """What one attempt means for one recipient, ``n`` being its place in the mail."""

    n: int
    state: State
    outcome: Outcome


class Verdict(Struct, frozen=True, kw_only=True):
    """What one attempt means for a mail; written as one piece, and only by whoever still holds the lease.

    ``next_due`` (ms since the epoch) is when to try again, None where the mail is settled for good or held. State
    SENDING: the attempt goes on, and is over for these recipients only.
    """

    mail_seq: int
    org_id: int
    lease: int
    attempt: int
    at: int
    recipients: tuple[Settled, ...]
    state: State
    next_due: int | None
