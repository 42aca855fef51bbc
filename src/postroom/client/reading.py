"""Answers read: what they hold, or the error that they tell of."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from postroom.client.errors import CallFailed, NotFound, NoToken, RateLimited, ServerFailed, by_status, failure
from postroom.client.talk import Answer, Object

_TOKEN: Final = re.compile(r"[!-~]+")
_THROTTLED: Final = "Access Denied"  # W 4.11


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """One thing that was done: what the server says of it (W 0), with ``details`` such as the ``id``.

    ``action`` is what an upsert did: ``insert`` or ``update``.
    """

    message: str
    details: Mapping[str, Any]
    action: str | None = None

    @property
    def id(self) -> str:
        """The id of what was written."""
        return str(self.details["id"])


def body(answer: Answer) -> Object:
    """The object that the answer holds, an empty one for 204. Raises ``CallFailed`` for what is told of all of it."""
    if answer.status == 204:
        return {}
    found = _parsed(answer)
    if not isinstance(found, dict):
        raise _foreign(answer)
    if "code" in found and found.get("status", "error") == "error":
        raise failure(found, answer.status, retry_after(answer))
    if answer.status >= 300 and not any(isinstance(each, list) for each in found.values()):
        raise _foreign(answer)
    return found


def listed(answer: Answer, *keys: str) -> list[Object]:
    """The objects under a key, the first of those that sources name; none for 204."""
    found = body(answer)
    return next((found[key] for key in keys if isinstance(found.get(key), list)), [])


def sole(answer: Answer, key: str) -> Object:
    """The one object under a key. Raises ``NotFound`` where there is none (W 0)."""
    for each in listed(answer, key):
        return each
    raise NotFound("there is no such thing, or not for this user", status=answer.status)


def results(answer: Answer, key: str = "data") -> list[Done | CallFailed]:
    """What became of each item, in order."""
    return [_result(each, answer) for each in listed(answer, key)]


def result(answer: Answer, key: str = "data") -> Done:
    """What became of the only item. Raises its error."""
    for each in results(answer, key):
        return well(each)
    raise _foreign(answer)


def well(found: Done | CallFailed) -> Done:
    """What was done. Raises what was not."""
    if isinstance(found, CallFailed):
        raise found
    return found


def token(answer: Answer) -> tuple[str, int, str | None]:
    """The access token, its life in seconds, and the ``api_domain``. Errors come with any status (W 4.11)."""
    found = _parsed(answer)
    if not isinstance(found, dict):
        raise _foreign(answer)
    if "error" in found:
        kind = RateLimited if found["error"] == _THROTTLED else NoToken
        raise kind(str(found.get("error_description", "")), code=str(found["error"]), status=answer.status)
    access, seconds = found.get("access_token"), found.get("expires_in")
    # It becomes a line of a header: nothing may end that.
    if not isinstance(access, str) or not _TOKEN.fullmatch(access) or not isinstance(seconds, int):
        raise _foreign(answer)
    return access, seconds, str(found.get("api_domain", "")).rstrip("/") or None


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait (RFC 9110 §10.2.3); a date, which no source has seen here, is passed over."""
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() else None


def _result(item: Object, answer: Answer) -> Done | CallFailed:
    if item.get("status") != "success":
        return failure(item, answer.status)
    return Done(message=str(item.get("message", "")), details=item.get("details") or {}, action=item.get("action"))


def _parsed(answer: Answer) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError:
        raise _foreign(answer) from None


def _foreign(answer: Answer) -> CallFailed:
    """It is not the API that answered, or not as it does."""
    kind = by_status(answer.status) if answer.status >= 400 else ServerFailed
    return kind(f"{answer.status}, and no answer of the API", status=answer.status, retry_after=retry_after(answer))
