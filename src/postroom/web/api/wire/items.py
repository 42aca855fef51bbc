"""The frame that writing calls share: ``{"data": [...]}`` in, one answer per item out (W 7.2, 7.5)."""

from collections.abc import Sequence
from typing import Any

from postroom.errors import Fault, Invalid, Reason
from postroom.web.api.wire.values import Json


def read_items(body: Any, at_most: int, key: str = "data") -> list[Any]:
    """The items of a body, which stand at ``key``. Raises ``Invalid`` where the body as a whole is wrong."""
    if not isinstance(body, dict):
        raise Invalid(Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"}))
    items = body.get(key)
    if items is None or items == []:
        raise Invalid(Fault(Reason.MISSING, (key,)))
    if not isinstance(items, list):
        raise Invalid(Fault(Reason.WRONG_TYPE, (key,), {"expected_data_type": "jsonarray"}))
    if len(items) > at_most:
        raise Invalid(Fault(Reason.TOO_MANY_ITEMS, (key,), {"maximum_length": at_most}))
    return items


def success(message: str, details: Json) -> Json:
    """One item that was done."""
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}


def status(codes: Sequence[int]) -> int:
    """The status of the whole: what the items have in common; 207 where only some were done, else 400 (W 7.5)."""
    if len(set(codes)) == 1:
        return codes[0]
    return 207 if any(code < 300 for code in codes) else 400
