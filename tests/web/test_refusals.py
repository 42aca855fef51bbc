"""From reasons to the wire: shapes, places, and the tables of W 1.5, 5.3 and 9.2 written by hand."""

import msgspec
import pytest
from structlog.testing import capture_logs

from postroom.errors import Fault, Invalid, Misconfigured, Reason, Refused, Unavailable
from postroom.web.refusals import ANSWERS, Json, NoContent, fail, item_error, item_errors, json_path, refuse, status

# W 9.2: every code we use with its one status; INTERNAL_ERROR also answers while the database is away, LIMIT_EXCEEDED
# stands for too many fields (W 7.1) as well as for a body that is too large, NOT_ALLOWED is 403 to who locks what is
# locked already (W 7.8).
STATUSES = {
    "ALREADY_USED": {409},
    "AUTHENTICATION_FAILURE": {401},
    "CANNOT_PROCESS": {400},
    "CUSTOM_ERROR": {400},
    "DUPLICATE_DATA": {400},
    "DISCRETE_PAGINATION_LIMIT_EXCEEDED": {400},
    "EXPIRED_VALUE": {400},
    "FEATURE_NOT_SUPPORTED": {400},
    "FILE_SIZE_EXCEEDS": {400},
    "FILE_SIZE_MORE_THAN_ALLOWED_SIZE": {415},
    "INTERNAL_ERROR": {500, 503},
    "INVALID_DATA": {400},
    "INVALID_MODULE": {400},
    "INVALID_QUERY": {400},
    "INVALID_REQUEST": {400},
    "INVALID_REQUEST_METHOD": {400},
    "INVALID_TOKEN": {401},
    "INVALID_URL_PATTERN": {404},
    "LIMIT_EXCEEDED": {400, 413},
    "MANDATORY_NOT_FOUND": {400},
    "NOT_ALLOWED": {400, 403},
    "NO_PERMISSION": {403},
    "AUTHORIZATION_FAILED": {400},
    "OAUTH_SCOPE_MISMATCH": {401},
    "PAGINATION_LIMIT_EXCEEDED": {400},
    "RECORD_LOCKED": {400},
    "REQUIRED_PARAM_MISSING": {400},
    "SYNTAX_ERROR": {400},
    "TOKEN_BOUND_DATA_MISMATCH": {400},
    "TOO_MANY_REQUESTS": {429},
    "failure_in_attachment_handling": {400},
}


def test_every_reason_has_its_answer() -> None:
    assert ANSWERS.keys() == set(Reason)


def test_every_code_has_the_status_of_the_reference() -> None:
    found: dict[str, set[int]] = {}
    for wire in ANSWERS.values():
        found.setdefault(wire.code, set()).add(wire.status)
    assert found == STATUSES


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "$"),
        (("data",), "$.data"),
        (("data", 0, "to", 1, "email"), "$.data[0].to[1].email"),
        (("data", 12, "Last_Name"), "$.data[12].Last_Name"),
    ],
)
def test_places_are_written_as_json_paths(path: tuple[str | int, ...], text: str) -> None:
    assert json_path(path) == text


def test_an_item_names_the_value_and_its_place() -> None:
    fault = Fault(Reason.TOO_LONG, ("to", 1, "user_name"), {"maximum_length": 255})
    assert msgspec.to_builtins(item_error(fault, 3)) == {
        "code": "INVALID_DATA",
        "details": {"maximum_length": 255, "api_name": "user_name", "json_path": "$.data[3].to[1].user_name"},
        "message": "invalid data",
        "status": "error",
    }


def test_an_item_of_a_list_is_named_after_the_list() -> None:
    details = item_error(Fault(Reason.WRONG_TYPE, ("to", 1)), 0).details
    assert details == {"api_name": "to", "json_path": "$.data[0].to[1]"}


def test_a_fault_of_the_whole_item_names_no_value() -> None:
    assert item_error(Fault(Reason.OPTED_OUT), 0).details == {}


def test_several_faults_of_one_item() -> None:
    faults = [Fault(Reason.MISSING, ("from",)), Fault(Reason.TIME_PAST, ("scheduled_time",))]
    assert item_errors(faults[:1], 2) == item_error(faults[0], 2)
    assert msgspec.to_builtins(item_errors(faults, 2)) == {
        "code": "MULTIPLE_OR_MULTI_ERRORS",
        "details": {"errors": [msgspec.to_builtins(item_error(each, 2)) for each in faults]},
        "message": "multiple errors",
        "status": "error",
    }


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        (Fault(Reason.MODULE_UNKNOWN), b'{"resource_path_index":0}'),
        (Fault(Reason.MODULE_UNKNOWN, details={"param_name": "module"}), b'{"param_name":"module"}'),
        (Fault(Reason.RECORD_UNKNOWN), b'{"resource_path_index":1}'),
        (Fault(Reason.RELATED_UNKNOWN, ("template", "id")), b'{"api_name":"id","json_path":"$.template.id"}'),
    ],
)
def test_the_part_of_the_url_is_named_unless_something_better_is(fault: Fault, details: bytes) -> None:
    answer = refuse(Invalid(fault))
    assert b'"details":' + details in bytes(answer.body)
    assert answer.status_code == status(fault) == 400


CHALLENGES = {
    Reason.NO_CREDENTIALS: ['Bearer realm="Postroom"'],  # RFC 6750 §3: never a bare word
    Reason.TOKEN_INVALID: ['Bearer error="invalid_token"'],
    Reason.SCOPE_MISSING: ['Bearer error="insufficient_scope"'],
}


@pytest.mark.parametrize("reason", Reason)
def test_each_401_has_its_challenge_and_nothing_else_has_one(reason: Reason) -> None:
    answer = refuse(Refused(Fault(reason)))
    assert answer.headers.getlist("www-authenticate") == CHALLENGES.get(reason, [])
    assert (answer.status_code == 401) is (reason in CHALLENGES)


def test_answers_say_what_they_are_and_204_says_nothing() -> None:
    answer = Json({"a": "ü"}, 201)
    assert (answer.status_code, answer.body) == (201, '{"a":"ü"}'.encode())
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.headers["content-length"] == "10"
    assert "no-store" in answer.headers["cache-control"]
    empty = NoContent()
    assert (empty.status_code, empty.body) == (204, b"")
    assert not {"content-type", "content-length"} & set(empty.headers)


def test_answers_do_not_share_their_headers() -> None:
    Json({}).raw_headers.append((b"x-once", b"1"))
    NoContent().raw_headers.append((b"x-once", b"1"))
    assert "x-once" not in Json({}).headers
    assert "x-once" not in NoContent().headers


@pytest.mark.parametrize(
    ("error", "answered", "event"),
    [
        (Unavailable("the database is away"), 503, "unavailable"),
        (Misconfigured("secret_keys: none fits"), 500, "misconfigured"),
        (ZeroDivisionError("a secret of ours"), 500, "bug"),
    ],
)
def test_failures_are_logged_once_and_told_without_their_reason(error: Exception, answered: int, event: str) -> None:
    with capture_logs() as lines:
        answer = fail(error, 17)
    assert answer.status_code == answered
    assert bytes(answer.body) == (
        b'{"code":"INTERNAL_ERROR","details":{},"message":"Internal Server Error","status":"error"}'
    )
    assert [(line["event"], line["request_id"]) for line in lines] == [(event, 17)]
    if answered == 503:
        assert answer.headers["retry-after"] == "1"
    else:
        assert answer.headers["x-request-id"] == "17"
