"""Schemas: each under one name, answers without anything left out, and null where it may stand."""

from typing import Any, Generic, TypeVar

import pytest
from msgspec import UNSET, Struct, UnsetType

from postroom.web.shape import Schemas, name_of, nullable

T = TypeVar("T")


class Inner(Struct, frozen=True):
    """What ``one`` holds."""

    title: str
    default: bool = True


class Outer(Struct, Generic[T]):
    """Something."""

    one: T
    other: int | None = None
    seldom: str | UnsetType = UNSET
    inner: Inner = Inner(title="x")


def test_a_struct_is_told_with_all_that_is_in_it() -> None:
    schemas = Schemas()
    assert schemas.of(Outer[Inner]) == {"$ref": "#/components/schemas/OuterInner"}
    assert schemas.of(Inner) == {"$ref": "#/components/schemas/Inner"}
    told = schemas.all()
    assert told.keys() == {"OuterInner", "Inner"}
    assert told["OuterInner"]["properties"]["one"] == {"$ref": "#/components/schemas/Inner"}
    assert told["OuterInner"]["description"] == "Something."
    assert set(told["OuterInner"]["required"]) == {"one", "other", "inner"}
    assert set(told["Inner"]["required"]) == told["Inner"]["properties"].keys() == {"title", "default"}


def test_what_is_kept_stands_beside_it() -> None:
    schemas = Schemas()
    place = schemas.keep("Mine", {"type": "string"})
    assert schemas.keep("Mine", {"type": "string"}) == place
    assert name_of(place) == "Mine"
    assert schemas.all() == {"Mine": {"type": "string"}}
    assert name_of({"type": "string"}) == ""


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string"}, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": "null"}, {"type": "null"}),
        ({"$ref": "#/x"}, {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}),
        ({"anyOf": []}, {"anyOf": [{"anyOf": []}, {"type": "null"}]}),
    ],
)
def test_null_beside_what_is_taken(schema: dict[str, Any], told: dict[str, Any]) -> None:
    assert nullable(schema) == told
