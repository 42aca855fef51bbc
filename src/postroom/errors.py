"""Everything that can go wrong, as one tree.

    Problem
    ├── Refused                 the caller can mend it; answered, never logged as a fault
    │   ├── Invalid             one or more values are wrong: carries every fault found
    │   ├── Unauthenticated     nobody, or an expired token
    │   ├── Forbidden           somebody without the right
    │   ├── NotFound            no such thing in this organisation
    │   ├── Conflict            the state of the thing forbids it
    │   ├── TooLarge            more bytes than a limit allows
    │   └── TooMany             a rate or a quota is used up
    ├── Unavailable             a component is away for the moment; trying again may help
    └── Misconfigured           an operator has to mend a setting

Any other exception is a bug: it is logged once, at the door. Expected outcomes (an SMTP refusal, say) are values and
appear nowhere here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


class Reason(Enum):
    """Why a request is refused, in our own words; ``web.refusals`` alone knows the wire's codes and texts for them."""

    # a value in the body (its place is in Fault.path)
    MISSING = auto()
    WRONG_TYPE = auto()
    WRONG_VALUE = auto()
    TOO_LONG = auto()
    TOO_MANY_ITEMS = auto()
    DUPLICATE = auto()
    BODY_UNREADABLE = auto()
    BODY_TOO_LARGE = auto()
    HEAD_TOO_LARGE = auto()
    # a value in the URL
    URL_UNKNOWN = auto()
    METHOD_UNKNOWN = auto()
    MODULE_UNKNOWN = auto()
    RECORD_UNKNOWN = auto()
    RELATED_UNKNOWN = auto()
    PARAM_MISSING = auto()
    PARAM_WRONG = auto()
    FIELDS_TOO_MANY = auto()
    PAGE_TOO_FAR = auto()
    PAGES_EXHAUSTED = auto()
    PAGE_TOKEN_WRONG = auto()
    PAGE_TOKEN_EXPIRED = auto()
    QUERY_WRONG = auto()
    RELATION_UNKNOWN = auto()
    NOT_RELATED = auto()
    # a query in COQL
    QUERY_UNREADABLE = auto()
    QUERY_NOT_SUPPORTED = auto()
    QUERY_TOO_LARGE = auto()
    QUERY_LIMIT_WRONG = auto()
    CLAUSE_MISSING = auto()
    COLUMN_UNKNOWN = auto()
    COLUMN_TWICE = auto()
    COLUMN_VALUE_WRONG = auto()
    # who asks
    NO_CREDENTIALS = auto()
    TOKEN_INVALID = auto()
    SCOPE_MISSING = auto()
    NO_PERMISSION = auto()
    PRIVILEGE_MISSING = auto()
    TOO_MANY_CALLS = auto()
    # mail
    ACCOUNT_UNCONFIRMED = auto()
    SENDER_NOT_ALLOWED = auto()
    SENDER_UNCONFIRMED = auto()
    RECIPIENT_UNKNOWN = auto()
    RECORD_WITHOUT_EMAIL = auto()
    CONTACT_WITHOUT_EMAIL = auto()
    OPTED_OUT = auto()
    MAILS_USED_UP = auto()
    RECORD_BLOCKED = auto()
    RECIPIENT_BLOCKED = auto()
    COMPLIANCE_OFF = auto()
    FILE_UNKNOWN = auto()
    FILES_TOO_LARGE = auto()
    NO_TRANSPORT = auto()
    TIME_PAST = auto()
    TIME_TOO_FAR = auto()
    NOT_SUPPORTED = auto()
    KEY_USED = auto()
    TOO_LATE = auto()
    TEMPLATES_TOO_MANY = auto()
    KEYS_TOO_MANY = auto()
    # locks
    RECORD_LOCKED = auto()
    LOCKED_ALREADY = auto()
    LOCKED_BY_ANOTHER = auto()
    # files
    UPLOAD_BROKEN = auto()
    UPLOAD_TOO_MANY = auto()
    UPLOAD_TOO_LARGE = auto()
    # the rest
    UNAVAILABLE = auto()
    INTERNAL = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong thing in a request.

    ``path`` walks from the item to the value in the caller's own names, e.g. ``("to", 0, "email")``; empty when the
    fault is not about one value. ``details`` are extra facts for the answer, e.g. ``{"maximum_length": 80}``.
    """

    reason: Reason
    path: tuple[str | int, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)


class Problem(Exception):  # noqa: N818 - the word that operators read
    """Base of all errors that Postroom raises on purpose."""


class Refused(Problem):
    """The caller's request cannot be done as it stands; ``faults`` is never empty."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(f"{fault.reason.name} at {fault.path}" for fault in faults))
        self.faults = faults


class Invalid(Refused):
    """Values are wrong."""


class Unauthenticated(Refused):
    """No usable credentials."""


class Forbidden(Refused):
    """The caller is known but may not do this."""


class NotFound(Refused):
    """The thing named does not exist for this organisation."""


class Conflict(Refused):
    """The thing exists but is in a state that forbids the request."""


class TooLarge(Refused):
    """More bytes than allowed."""


class TooMany(Refused):
    """A rate limit or quota is used up."""


class Unavailable(Problem):
    """A component (database, disk) is away for now; the request changed nothing that was answered as done."""


class Misconfigured(Problem):
    """A setting is wrong; the message is one line for the operator."""
