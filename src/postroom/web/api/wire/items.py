"""The frame that writing calls share: ``{"data": [...]}`` in, one answer per item out (W 7.2, 7.5)."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from postroom.errors import Fault, Invalid, Reason


class Done(Struct, frozen=True, kw_only=True):
    """One item that was done."""

    code: Literal["SUCCESS"] = "SUCCESS"
    details: Any
    message: str
    status: Literal["success"] = "success"


def read_items(body: Any, at_most: int) -> list[Any]:
    """The items of a body's ``data``. Raises ``Invalid`` where the body as a whole is wrong."""
    if not isinstance(body, dict):
        raise Invalid(Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"}))
    data = body.get("data")
    if data is None or data == []:
        raise Invalid(Fault(Reason.MISSING, ("data",)))
    if not isinstance(data, list):
        raise Invalid(Fault(Reason.WRONG_TYPE, ("data",), {"expected_data_type": "jsonarray"}))
    if len(data) > at_most:
        raise Invalid(Fault(Reason.TOO_MANY_ITEMS, ("data",), {"maximum_length": at_most}))
    return data


def success(message: str, details: Any) -> Done:
    """One item that was done; ``details`` are a struct or a dict."""
    return Done(message=message, details=details)


def status(codes: Sequence[int]) -> int:
    """The status of the whole: what the items have in common; 207 where only some were done, else 400 (W 7.5)."""
    if len(set(codes)) == 1:
        return codes[0]
    return 207 if any(code < 300 for code in codes) else 400
