"""Changes of owner as clients send them (W 7.6)."""

from typing import Any, Final

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.limits import OWNED_PER_REQUEST
from postroom.record import read_number
from postroom.web.shape import Json, Schemas

UPDATED: Final = "owner is successfully updated"


_ID: Final[Json] = {"type": ["string", "integer"], "pattern": r"^\d{1,19}$"}
_OWNER: Final[Json] = {"type": "object", "properties": {"id": _ID}, "required": ["id"]}


def one(_: Schemas) -> Json:
    """The schema of a change of one record's owner."""
    return {"type": "object", "properties": {"owner": _OWNER}, "required": ["owner"]}


def many(_: Schemas) -> Json:
    """The schema of a change of the owner of several records."""
    ids = {"type": "array", "items": _ID, "minItems": 1, "maxItems": OWNED_PER_REQUEST}
    return {"type": "object", "properties": {"owner": _OWNER, "ids": ids}, "required": ["owner", "ids"]}


def read_owner(body: Any) -> int:
    """The number of the new owner. Raises ``Invalid``, also for what Postroom does not do."""
    if not isinstance(body, dict):
        raise _wrong_type("jsonobject")
    if body.get("related_modules"):
        raise Invalid(Fault(Reason.NOT_SUPPORTED, ("related_modules",)))
    owner = body.get("owner")
    if owner is None:
        raise Invalid(Fault(Reason.MISSING, ("owner",)))
    if not isinstance(owner, dict):
        raise _wrong_type("jsonobject", "owner")
    if owner.get("id") is None:
        raise Invalid(Fault(Reason.MISSING, ("owner", "id")))
    number = read_number(owner["id"])
    if number is None:
        raise unknown_owner()
    return number


def unknown_owner() -> Invalid:
    """What is raised where the new owner is no active user."""
    return Invalid(Fault(Reason.RECORD_UNKNOWN, ("owner", "id")))


def read_ids(body: dict[str, Any]) -> list[str]:
    """The ids of the records, as they were written. Raises ``Invalid`` for none, and for more than 500."""
    ids = body.get("ids")
    if ids is None or ids == []:
        raise Invalid(Fault(Reason.MISSING, ("ids",)))
    if not isinstance(ids, list):
        raise _wrong_type("jsonarray", "ids")
    if len(ids) > OWNED_PER_REQUEST:
        raise Invalid(Fault(Reason.TOO_MANY_ITEMS, ("ids",), {"maximum_length": OWNED_PER_REQUEST}))
    for n, each in enumerate(ids):
        if not isinstance(each, (str, int)):
            raise _wrong_type("string", "ids", n)
    return [str(each) for each in ids]


def _wrong_type(expected: str, *path: str | int) -> Invalid:
    return Invalid(Fault(Reason.WRONG_TYPE, path, {"expected_data_type": expected}))
