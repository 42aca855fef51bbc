"""What every answer must be, whatever was asked: no fault of the server's, in a known shape, and nobody else's data."""

import re
from typing import Any, Final

import msgspec

from postroom.web.refusals import ANSWERS
from tests.fuzz.making import Asked
from tests.fuzz.parties import MARK, Known
from tests.web.raw import Answer

STATUSES: Final = frozenset({200, 201, 202, 204, 207, 304, 400, 401, 403, 404, 409, 413, 415, 429})
CODES: Final = frozenset(each.code for each in ANSWERS.values()) | {"MULTIPLE_OR_MULTI_ERRORS"}
_JSON: Final = "application/json;charset=UTF-8"
_REFUSAL: Final = frozenset({"code", "details", "message", "status"})
_TEXT: Final = re.compile(rb'"([^"\\]+)"')


def judge(asked: Asked, answer: Answer, other: Known) -> None:
    """Raise ``AssertionError`` where the answer is not as it must be; ``other`` is what its asker must not see."""
    assert answer.status in STATUSES, "a status that is not documented"
    assert not leaked(asked.octets, answer, other), "what belongs to the other organisation"
    if answer.status in (204, 304) or asked.method == "HEAD":
        assert answer.body == b"", "a body where there is none"
        return
    if answer.headers.get("content-type") != _JSON:
        # W 3.2: the octets of a file are the only other answer.
        assert answer.status == 200, "no JSON"
        assert asked.endpoint is not None
        assert asked.method == "GET", "no JSON"
        return
    told = msgspec.json.decode(answer.body)
    assert isinstance(told, dict), "no object"
    if answer.status >= 400 and "code" in told:
        _refusal(told)
        return
    _shaped(asked, answer, told)


def leaked(request: bytes, answer: Answer, other: Known) -> set[str]:
    """The words and ids of the other organisation that the answer holds, and that its asker did not name."""
    found = {text.decode(errors="replace") for text in _TEXT.findall(answer.body)} & other.all
    found = {each for each in found if each.encode() not in request}
    if MARK.lower().encode() in answer.body.lower() and (answer.status < 400 or MARK.encode() not in request):
        found.add(MARK)
    return found


def _refusal(told: dict[str, Any]) -> None:
    assert told.keys() == _REFUSAL, "not the shape of a refusal"
    assert told["status"] == "error", "not the shape of a refusal"
    assert told["code"] in CODES, "a code that nobody knows"
    assert isinstance(told["details"], dict), "not the shape of a refusal"


def _shaped(asked: Asked, answer: Answer, told: dict[str, Any]) -> None:
    shape = asked.endpoint.answers.get(answer.status) if asked.endpoint else None
    if isinstance(shape, type):
        msgspec.convert(told, shape, strict=True)
    wrapped = [value for name, value in told.items() if name != "info"]
    assert len(wrapped) >= 1, "nothing told"
    assert all(isinstance(each, list) for each in wrapped), "not the shape of an answer"
    assert isinstance(told.get("info", {}), dict), "not the shape of an answer"
    if asked.method in ("POST", "PUT", "DELETE") and "info" not in told:
        for item in wrapped[0]:
            assert item.keys() >= _REFUSAL, "not the shape of an item"
            assert item["status"] == ("success" if item["code"] == "SUCCESS" else "error"), "not the shape of an item"
