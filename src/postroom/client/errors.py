"""What can go wrong with a call, as one tree.

CallFailed ─┬─ Unanswered ── Unreachable    no answer came; nothing was even sent
            ├─ ServerFailed                 5xx, or an answer that is none
            ├─ RateLimited                  too many calls, or tokens
            ├─ Unauthenticated ── NoToken   the token, or what is shown to get one, is no good
            ├─ Forbidden                    the token, or the user, may not do this
            ├─ NotFound                     no such URL, module or record
            ├─ NotServed                    Bigin's cloud has no such call
            └─ Refused ─┬─ InvalidData, MandatoryNotFound, DuplicateData, NotAllowed, FeatureNotSupported
                        └─ LimitExceeded, FileTooLarge, RecordLocked, TooLate, AlreadyUsed
"""

from collections.abc import Mapping
from typing import Any, Final


class CallFailed(Exception):  # noqa: N818 - it says what happened
    """A call that did not do what it was to do.

    ``code``, ``message`` and ``details`` are the server's own words (W 9), ``status`` is HTTP's, None where there was
    no answer. ``retry_after``: seconds after which another try makes sense, where the server said so.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        details: Mapping[str, Any] | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Everything but the message may be unknown."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.details: Mapping[str, Any] = details or {}
        self.status = status
        self.retry_after = retry_after

    def __str__(self) -> str:
        """One line: the code, the message, and where the fault is."""
        where = next((self.details[key] for key in _PLACES if key in self.details), "")
        told = f"{self.code}: {self.message}" if self.code else self.message
        return f"{told} ({where})" if where else told


_PLACES: Final = ("json_path", "api_name", "param_name", "param")


class Unanswered(CallFailed):
    """No answer came: nobody knows whether the server did it."""


class Unreachable(Unanswered):
    """Nothing was sent, so nothing was done."""


class ServerFailed(CallFailed):
    """The server failed, or what answered is not the API."""


class RateLimited(CallFailed):
    """Too many calls, or too many tokens, in a short time."""


class Unauthenticated(CallFailed):
    """The access token is no good."""


class NoToken(Unauthenticated):
    """The accounts server gives no access token for these credentials (W 4.11)."""

    def __str__(self) -> str:
        """One line."""
        return f"no token: {self.code}{f' ({self.message})' if self.message else ''}"


class Forbidden(CallFailed):
    """The token's scopes, or the user's profile, do not allow it."""


class NotFound(CallFailed):
    """There is no such URL, module or record."""


class NotServed(CallFailed):
    """Only Postroom has this call."""


class Refused(CallFailed):
    """The server understood, and did not do it."""


class InvalidData(Refused):
    """A value is wrong."""


class MandatoryNotFound(Refused):
    """A value is missing."""


class DuplicateData(Refused):
    """Another record has this value."""


class NotAllowed(Refused):
    """The recipient, the edition or a rule of the organisation stands against it."""


class FeatureNotSupported(Refused):
    """The server, or the edition, does not do this."""


class LimitExceeded(Refused):
    """A limit is used up, such as the mails of a day."""


class FileTooLarge(Refused):
    """A file, or all files of a mail together, are too large."""


class RecordLocked(Refused):
    """The record is locked."""


class TooLate(Refused):
    """The mail is on its way already."""


class AlreadyUsed(Refused):
    """Another request had this idempotency key."""


# W 9.2: both spellings where sources disagree.
_CLASSES: Final[Mapping[str, type[CallFailed]]] = {
    "INVALID_TOKEN": Unauthenticated,
    "INVALID_OAUTHTOKEN": Unauthenticated,
    "AUTHENTICATION_FAILURE": Unauthenticated,
    "AUTHENTICATION_FAILED": Unauthenticated,
    "OAUTH_SCOPE_MISMATCH": Forbidden,
    "NO_PERMISSION": Forbidden,
    "AUTHORIZATION_FAILED": Forbidden,
    "INVALID_URL_PATTERN": NotFound,
    "INVALID_MODULE": NotFound,
    "TOO_MANY_REQUESTS": RateLimited,
    "INTERNAL_ERROR": ServerFailed,
    "INTERNAL_SERVER_ERROR": ServerFailed,
    "INVALID_DATA": InvalidData,
    "MANDATORY_NOT_FOUND": MandatoryNotFound,
    "REQUIRED_PARAM_MISSING": MandatoryNotFound,
    "DUPLICATE_DATA": DuplicateData,
    "NOT_ALLOWED": NotAllowed,
    "FEATURE_NOT_SUPPORTED": FeatureNotSupported,
    "FEATURE_NOT_ENABLED": FeatureNotSupported,
    "LIMIT_EXCEEDED": LimitExceeded,
    "LIMIT_REACHED": LimitExceeded,
    "LICENSE_LIMIT_EXCEEDED": LimitExceeded,
    "FILE_SIZE_EXCEEDS": FileTooLarge,
    "FILE_SIZE_MORE_THAN_ALLOWED_SIZE": FileTooLarge,
    "RECORD_LOCKED": RecordLocked,
    "CANNOT_PROCESS": TooLate,
    "ALREADY_USED": AlreadyUsed,
}


def failure(told: Mapping[str, Any], status: int, retry_after: float | None = None) -> CallFailed:
    """The error that an error document (W 0) tells of; a code that no source knows is told by its status."""
    code = str(told.get("code", ""))
    details = told.get("details")
    return _CLASSES.get(code, by_status(status))(
        str(told.get("message", "")),
        code=code,
        details=details if isinstance(details, dict) else None,
        status=status,
        retry_after=retry_after,
    )


def by_status(status: int) -> type[CallFailed]:
    """The class where the status (W 9.1) is all there is to go by."""
    if status >= 500:
        return ServerFailed
    return {401: Unauthenticated, 403: Forbidden, 404: NotFound, 429: RateLimited}.get(status, Refused)
