"""The frame that writing calls share: ``{"data": [...]}`` in, one answer per item out (W 7.2, 7.5)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from postroom.errors import Fault, Invalid, Reason
from postroom.web.api.wire.values import Id
from postroom.web.shape import Json, Schemas

T = TypeVar("T")


class Done(Struct, Generic[T], frozen=True, kw_only=True):
    """One item that was done."""

    code: Literal["SUCCESS"] = "SUCCESS"
    details: T
    message: str
    status: Literal["success"] = "success"


class Gone(Struct, frozen=True, kw_only=True):
    """What is told of something that has no more to be told: its id."""

    id: Id


class Upserted(Done[T], Generic[T], frozen=True, kw_only=True):
    """One item of an upsert: done to a record that was there, found by a field, or to a new one (W 7.3)."""

    duplicate_field: str | None
    action: Literal["insert", "update"]


class Refusal(Struct, frozen=True, kw_only=True):
    """What is wrong: with one item, or with the whole request."""

    code: str
    details: dict[str, Any]
    message: str
    status: Literal["error"] = "error"


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


def success(message: str, details: T) -> Done[T]:
    """One item that was done."""
    return Done(message=message, details=details)


def body_of(item: Json, at_most: int, key: str = "data") -> Json:
    """The schema of what ``read_items`` reads."""
    items = {"type": "array", "items": item, "minItems": 1, "maxItems": at_most}
    return {"type": "object", "properties": {key: items}, "required": [key]}


def outcome(done: type, status: int, key: str = "data") -> Mapping[int, Callable[[Schemas], Json]]:
    """The answers by status of a call that writes one item, where ``done`` is what has that ``status`` (W 7.5)."""
    return {status: each(key, done), 400: each(key, Refusal)}


def outcomes(done: type, status: int, key: str = "data") -> Mapping[int, Callable[[Schemas], Json]]:
    """The answers of a call that writes several."""
    return {**outcome(done, status, key), 207: each(key, done, Refusal)}


def each(key: str, *kinds: type) -> Callable[[Schemas], Json]:
    """An answer that tells of each item one of these kinds."""

    def shape(schemas: Schemas) -> Json:
        some = [schemas.of(kind) for kind in kinds]
        items = {
            "type": "array",
            "description": "What became of each item, at its index.",
            "items": some[0] if len(some) == 1 else {"anyOf": some},
            "minItems": 1,
        }
        return {"type": "object", "properties": {key: items}, "required": [key]}

    return shape


def status(codes: Sequence[int]) -> int:
    """The status of the whole: what the items have in common; 207 where only some were done, else 400 (W 7.5)."""
    if len(set(codes)) == 1:
        return codes[0]
    return 207 if any(code < 300 for code in codes) else 400
