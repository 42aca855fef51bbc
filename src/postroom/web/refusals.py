"""What was raised becomes an answer: one table from our reasons to the wire's statuses, codes and messages.

Messages are Zoho's own, letter by letter, misspellings included, where W 1.5, 3.1, 5.3, 6.1, 7.1, 7.5, 7.8 or 9.2 has
one.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

import msgspec
import structlog
from starlette.responses import Response

from postroom.errors import Fault, Invalid, Misconfigured, Reason, Refused, TooMany, Unavailable
from postroom.mail.zone import moment, zone
from postroom.web.api.wire.items import Refusal

log = structlog.get_logger()

Raw = list[tuple[bytes, bytes]]

# W 0: what every recorded answer of the real service carries and we can say truthfully.
_SAFE: Final[Raw] = [
    (b"cache-control", b"no-store, no-cache, must-revalidate, private"),
    (b"pragma", b"no-cache"),
    (b"expires", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"x-download-options", b"noopen"),
    # The filter that it switches off was a hole in the browsers that had one; the recorded answers have 0 as well.
    (b"x-xss-protection", b"0"),
]
# W 13.1: other types make the SDKs drop the answer, save it as a file or crash.
_JSON: Final[Raw] = [(b"content-type", b"application/json;charset=UTF-8"), *_SAFE]
_OF_API: Final[Raw] = [
    # No browser that is led here shows it as a page.
    (b"content-disposition", b"attachment; filename=response.json"),
    (b"content-language", b"en-US"),
]


class Json(Response):
    """An answer of the API in JSON."""

    fixed: ClassVar[Raw] = [*_JSON, *_OF_API]

    def __init__(self, value: Any, status: int = 200) -> None:
        """``value`` is anything msgspec can write: dicts, lists, text, numbers, msgspec and data classes."""
        self.status_code = status
        self.background = None
        self.body = msgspec.json.encode(value)
        self.raw_headers = [*self.fixed, (b"content-length", b"%d" % len(self.body))]


class Told(Json):
    """An answer of the accounts server to a program: none that was recorded has the headers of the API."""

    fixed: ClassVar[Raw] = _JSON


class NoContent(Response):
    """204: nothing to return, no body and no Content-Type (W 0, 13.1)."""

    def __init__(self) -> None:
        """Nothing to say."""
        self.status_code = 204
        self.background = None
        self.body = b""
        self.raw_headers = list(_SAFE)


class NotModified(Response):
    """304: what the client has is still so (RFC 9110 §15.4.5)."""

    def __init__(self) -> None:
        """Nothing to say."""
        self.status_code = 304
        self.background = None
        self.body = b""
        self.raw_headers = list(_SAFE)


@dataclass(frozen=True, slots=True)
class Wire:
    """How one reason looks on the wire. ``details`` stand where the fault has none and names no value."""

    status: int
    code: str
    message: str
    details: Mapping[str, object] = field(default_factory=dict)


_MODULE: Final = {"resource_path_index": 0}  # W 1.6: which part of the URL is wrong
_RECORD: Final = {"resource_path_index": 1}

ANSWERS: Final[Mapping[Reason, Wire]] = {
    Reason.MISSING: Wire(400, "MANDATORY_NOT_FOUND", "required field not found"),
    Reason.WRONG_TYPE: Wire(400, "INVALID_DATA", "invalid data"),
    Reason.WRONG_VALUE: Wire(400, "INVALID_DATA", "invalid data"),
    Reason.TOO_LONG: Wire(400, "INVALID_DATA", "invalid data"),
    Reason.TOO_MANY_ITEMS: Wire(400, "INVALID_DATA", "invalid data"),
    Reason.DUPLICATE: Wire(400, "DUPLICATE_DATA", "duplicate data"),
    Reason.BODY_UNREADABLE: Wire(
        400, "INVALID_DATA", "invalid data", {"expected_data_type": "jsonobject", "reason": "the body is not JSON"}
    ),
    # 413 stands in CRM's table of statuses (W 9.1) without a code.
    Reason.BODY_TOO_LARGE: Wire(413, "LIMIT_EXCEEDED", "the request body is larger than this server accepts"),
    Reason.HEAD_TOO_LARGE: Wire(413, "LIMIT_EXCEEDED", "the head of the request is larger than this server accepts"),
    Reason.URL_UNKNOWN: Wire(404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"),
    Reason.METHOD_UNKNOWN: Wire(400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one"),
    Reason.MODULE_UNKNOWN: Wire(400, "INVALID_MODULE", "the module name given seems to be invalid", _MODULE),
    Reason.RECORD_UNKNOWN: Wire(400, "INVALID_DATA", "the id given seems to be invalid", _RECORD),
    Reason.RELATED_UNKNOWN: Wire(400, "INVALID_DATA", "the related id given seems to be invalid", _RECORD),
    Reason.PARAM_MISSING: Wire(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing"),
    Reason.PARAM_WRONG: Wire(400, "INVALID_DATA", "invalid data"),
    # W 7.1: the code of this row has no message.
    Reason.FIELDS_TOO_MANY: Wire(400, "LIMIT_EXCEEDED", "limit exceeded"),
    Reason.PAGE_TOO_FAR: Wire(
        400,
        "DISCRETE_PAGINATION_LIMIT_EXCEEDED",
        "You can only get the first 2000 records without using page_token param",
    ),
    Reason.PAGES_EXHAUSTED: Wire(400, "PAGINATION_LIMIT_EXCEEDED", "You can only get the first 100000 records"),
    Reason.PAGE_TOKEN_WRONG: Wire(
        400,
        "TOKEN_BOUND_DATA_MISMATCH",
        "The page_token given seems to be invalid or input param is added or altered or deleted",
    ),
    Reason.PAGE_TOKEN_EXPIRED: Wire(400, "EXPIRED_VALUE", "Page token expired"),
    Reason.QUERY_WRONG: Wire(400, "INVALID_QUERY", "invalid query formed"),
    Reason.RELATION_UNKNOWN: Wire(
        400, "INVALID_DATA", "The relation name given seems to be invalid", {"resource_path_index": 2}
    ),
    Reason.NOT_RELATED: Wire(400, "INVALID_DATA", "relation not found"),
    Reason.QUERY_UNREADABLE: Wire(400, "SYNTAX_ERROR", "error occured while parsing the query"),
    Reason.QUERY_NOT_SUPPORTED: Wire(400, "SYNTAX_ERROR", "given coql query not supported"),
    Reason.QUERY_TOO_LARGE: Wire(400, "LIMIT_EXCEEDED", "limit exceeded"),
    Reason.QUERY_LIMIT_WRONG: Wire(400, "INVALID_QUERY", "limit given seems to be invalid"),
    Reason.CLAUSE_MISSING: Wire(400, "SYNTAX_ERROR", "missing clause"),
    Reason.COLUMN_UNKNOWN: Wire(400, "INVALID_QUERY", "column given seems to be invalid"),
    Reason.COLUMN_TWICE: Wire(400, "DUPLICATE_DATA", "duplicate select column"),
    Reason.COLUMN_VALUE_WRONG: Wire(400, "INVALID_QUERY", "value given seems to be invalid for the column"),
    Reason.NO_CREDENTIALS: Wire(401, "AUTHENTICATION_FAILURE", "Authentication failed"),
    Reason.TOKEN_INVALID: Wire(401, "INVALID_TOKEN", "invalid oauth token"),
    Reason.SCOPE_MISSING: Wire(401, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL"),
    Reason.NO_PERMISSION: Wire(403, "NO_PERMISSION", "permission denied"),
    Reason.TOO_MANY_CALLS: Wire(
        429, "TOO_MANY_REQUESTS", "Rate limit exceeded. Please retry after the specified time."
    ),
    # W 5.3: the status and the code; the wording varies.
    Reason.PRIVILEGE_MISSING: Wire(400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege to do this"),
    Reason.ACCOUNT_UNCONFIRMED: Wire(
        403,
        "NO_PERMISSION",
        "Account confirmation required.Please confirm your account registration so that you can send emails",
    ),
    Reason.SENDER_UNCONFIRMED: Wire(
        403,
        "NO_PERMISSION",
        "Email Confirmation Required.Please confirm your email associated to your account so that you can send emails",
    ),
    Reason.SENDER_NOT_ALLOWED: Wire(
        400,
        "INVALID_DATA",
        "Email can't be sent using this from address.Kindly check the allowed from address list",
    ),
    # W 1.0 demands known recipients and no source words the refusal.
    Reason.RECIPIENT_UNKNOWN: Wire(
        400, "INVALID_DATA", "the recipient's address belongs to no record, user or sender of the organization"
    ),
    Reason.RECORD_WITHOUT_EMAIL: Wire(
        400,
        "NOT_ALLOWED",
        "You cannot send email to this record as it doesn't have either primary or secondary email address",
    ),
    Reason.CONTACT_WITHOUT_EMAIL: Wire(
        400,
        "NOT_ALLOWED",
        "You cannot send email to this record as associated contact doesn't have either primary or secondary email"
        " address",
    ),
    # W 1.4 and 8.3 know 400 NOT_ALLOWED and 403 NO_PERMISSION; the message of W 1.5 goes with the former.
    Reason.OPTED_OUT: Wire(
        400,
        "NOT_ALLOWED",
        "You cannot send an email to this customer because this person has opted to stop the email communication",
    ),
    Reason.MAILS_USED_UP: Wire(
        400, "LIMIT_EXCEEDED", "You have reached the daily mail usage limit for your organization."
    ),
    Reason.RECORD_BLOCKED: Wire(
        400, "NOT_ALLOWED", "Email cannot be sent as record's email field contain one or more blocked emaill"
    ),
    Reason.RECIPIENT_BLOCKED: Wire(
        400, "NOT_ALLOWED", "Email cannot be sent as recipient email's contain one or more blocked email"
    ),
    Reason.COMPLIANCE_OFF: Wire(
        400,
        "INVALID_DATA",
        "You cannot send email to get consent from customer as Compliance settings is not enabled",
    ),
    Reason.FILE_UNKNOWN: Wire(400, "INVALID_DATA", "There is no file exists with the given id"),
    Reason.FILES_TOO_LARGE: Wire(400, "FILE_SIZE_EXCEEDS", "Total file(s) size should not exceed 10MB"),
    Reason.NO_TRANSPORT: Wire(400, "CUSTOM_ERROR", "There is no SMTP server configured for this from address"),
    Reason.TIME_PAST: Wire(400, "INVALID_DATA", "the scheduled time is in the past"),
    Reason.TIME_TOO_FAR: Wire(400, "INVALID_DATA", "the scheduled time is too far ahead"),
    Reason.NOT_SUPPORTED: Wire(400, "FEATURE_NOT_SUPPORTED", "this feature is not supported"),
    Reason.TOO_LATE: Wire(400, "CANNOT_PROCESS", "too late: the mail is being sent, or has been tried or settled"),
    Reason.TEMPLATES_TOO_MANY: Wire(400, "LIMIT_EXCEEDED", "limit exceeded"),
    Reason.KEYS_TOO_MANY: Wire(400, "LIMIT_EXCEEDED", "limit exceeded"),
    Reason.RECORD_LOCKED: Wire(400, "RECORD_LOCKED", "You cannot perform this operation as the record is locked."),
    # W 7.8: these two statuses are CRM's.
    Reason.LOCKED_ALREADY: Wire(403, "NOT_ALLOWED", "Record is already locked."),
    Reason.LOCKED_BY_ANOTHER: Wire(403, "NO_PERMISSION", "The current user does not have permission to unlock record."),
    Reason.KEY_USED: Wire(409, "ALREADY_USED", "the idempotency key was used for another request"),
    Reason.UPLOAD_BROKEN: Wire(
        400,
        "failure_in_attachment_handling",
        "Problem in uploading attachment. kindly upload the file properly",
    ),
    Reason.UPLOAD_TOO_MANY: Wire(
        400,
        "INVALID_REQUEST",
        "unable to process your request. please verify whether you have entered proper method name, parameter and"
        " parameter values.",
    ),
    Reason.UPLOAD_TOO_LARGE: Wire(
        415, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE", "Please check if the size of the file is in the correct range"
    ),
    Reason.UNAVAILABLE: Wire(503, "INTERNAL_ERROR", "Internal Server Error"),
    Reason.INTERNAL: Wire(500, "INTERNAL_ERROR", "Internal Server Error"),
}

SEVERAL: Final = "MULTIPLE_OR_MULTI_ERRORS"  # W 7.5: the code of an item with more than one fault


def json_path(path: tuple[str | int, ...]) -> str:
    """Where a value stands, as W 9.3 writes it: ``$.data[0].to[1].email``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def item_error(fault: Fault, index: int, key: str = "data") -> Refusal:
    """One element of an answer's ``data``: the fault's path is taken from item ``index`` of the request's ``data``.

    ``key`` is what both are called where it is another name.
    """
    return _document(fault, (key, index, *fault.path) if fault.path else ())


def item_errors(faults: Sequence[Fault], index: int, key: str = "data") -> Refusal:
    """``item_error`` for one or more faults of one item (W 7.5, the code for several)."""
    each = [item_error(fault, index, key) for fault in faults]
    if len(each) == 1:
        return each[0]
    return Refusal(code=SEVERAL, details={"errors": each}, message="multiple errors")


def flat_error(fault: Fault) -> Refusal:
    """A whole answer: the fault's path is taken from the root of the body."""
    return _document(fault, fault.path)


def status(fault: Fault) -> int:
    """The HTTP status of an answer that tells of nothing else."""
    return ANSWERS[fault.reason].status


def refuse(error: Refused) -> Response:
    """The answer to a request that its caller can mend: its first fault, flat (W 14, conflicting 7)."""
    fault = error.faults[0]
    answer = Json(flat_error(fault), status(fault))
    if answer.status_code == 401:
        answer.raw_headers.append((b"www-authenticate", _CHALLENGES[fault.reason]))  # RFC 9110 §15.5.2
    return answer


_CHALLENGES: Final = {
    # RFC 6750 §3: one parameter at least, and §3.1 has no error for who shows nothing.
    Reason.NO_CREDENTIALS: b'Bearer realm="Postroom"',
    Reason.TOKEN_INVALID: b'Bearer error="invalid_token"',
    Reason.SCOPE_MISSING: b'Bearer error="insufficient_scope"',
}


def throttle(error: TooMany, request_id: int) -> Response:
    """The answer to a call that exceeds a limit (W 10.2); logs under which id its caller knows it."""
    fault = error.faults[0]
    log.info("too many calls", request_id=request_id, **fault.details)
    told = {"trace_id": str(request_id), **fault.details}
    answer = Json(flat_error(replace(fault, details=told)), status(fault))
    answer.raw_headers.append((b"retry-after", str(fault.details["retry_after"]).encode()))
    return answer


def wrong_method(methods: Iterable[str]) -> Response:
    """The answer where a URL has other methods than the one asked for."""
    answer = refuse(Invalid(Fault(Reason.METHOD_UNKNOWN)))
    answer.raw_headers.append(_allow(methods))
    return answer


def allowed(methods: Iterable[str]) -> Response:
    """The answer to OPTIONS (RFC 9110 §9.3.7)."""
    answer = NoContent()
    answer.raw_headers.append(_allow(methods))
    return answer


def fail(error: Exception, request_id: int) -> Response:
    """The answer to a request that failed by no fault of its caller's; logs the failure, once."""
    if isinstance(error, Unavailable):
        log.warning("unavailable", request_id=request_id, problem=str(error))
        answer = Json(flat_error(Fault(Reason.UNAVAILABLE)), 503)
        answer.raw_headers.append((b"retry-after", b"1"))
        return answer
    if isinstance(error, Misconfigured):
        log.error("misconfigured", request_id=request_id, problem=str(error))
    else:
        log.error("bug", request_id=request_id, exc_info=error)
    answer = Json(flat_error(Fault(Reason.INTERNAL)), 500)
    # What an operator searches the log for.
    answer.raw_headers.append((b"x-request-id", b"%d" % request_id))
    return answer


@functools.lru_cache(maxsize=1024)
def token_reset(expires_at: int, time_zone: str) -> tuple[bytes, bytes]:
    """The header that tells when the presented token expires (W 0), from ms since the epoch and a zone's IANA name."""
    return b"x-accesstoken-reset", moment(expires_at, zone(time_zone)).encode()


def timing(ms: float) -> tuple[bytes, bytes]:
    """The header that tells how long the answer took (W 0)."""
    return b"server-timing", b"totalTime;dur=%.1f" % ms


def _allow(methods: Iterable[str]) -> tuple[bytes, bytes]:
    return b"allow", ", ".join(sorted({*methods, "OPTIONS"})).encode()


def _document(fault: Fault, path: tuple[str | int, ...]) -> Refusal:
    wire = ANSWERS[fault.reason]
    details: dict[str, object] = {**fault.details}
    if path:
        names = [step for step in path if isinstance(step, str)]
        details |= {"api_name": names[-1], "json_path": json_path(path)}
    return Refusal(code=wire.code, details=details or dict(wire.details), message=wire.message)
