"""Schemas in words: rows for every value, what is told once, and what need not be told."""

from typing import Any

import pytest

from postroom.web.reference.outline import Outline

COMPONENTS: dict[str, Any] = {
    "Person": {
        "description": "Somebody.",
        "type": "object",
        "properties": {"name": {"type": ["string", "null"], "maxLength": 1000}, "gone": {"type": "null"}},
        "required": ["gone"],
    },
    "Contacts": {"type": "object", "properties": {"Email": {"type": "string"}}, "required": []},
}
PERSON = {"$ref": "#/components/schemas/Person"}


def outline(*, sent: bool) -> Outline:
    return Outline(COMPONENTS, {"Contacts"}, sent=sent)


def rows(properties: dict[str, Any], *, sent: bool = False) -> list[tuple[str, str, str, bool, bool]]:
    found = outline(sent=sent).rows({"type": "object", "properties": properties, "required": []})
    return [(each.place + each.name, each.type, each.means, each.required, each.record) for each in found]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 1000}, "text of up to 1,000 characters"),
        ({"type": ["string", "null"]}, "text or `null`"),
        ({"type": "string", "format": "email"}, "e-mail address"),
        ({"type": "string", "pattern": r"^\d{1,19}$"}, "up to 19 digits"),
        ({"type": ["string", "integer"], "pattern": r"^\d{1,19}$"}, "up to 19 digits"),
        ({"type": ["string", "null"], "format": "date"}, "date, `2026-10-09` or `null`"),
        ({"type": "boolean"}, "`true` or `false`"),
        ({"type": "integer"}, "whole number"),
        ({"enum": ["a", "b", "c"]}, "`a`, `b` or `c`"),
        ({"enum": [False]}, "`false`"),
        ({"type": "array", "items": {}}, "list"),
        ({"type": "array", "items": {}, "maxItems": 1000}, "list of up to 1,000"),
        ({"type": "array", "items": {}, "minItems": 1, "maxItems": 5}, "list of 1 to 5"),
        ({"type": "array", "items": {}, "minItems": 1, "maxItems": 1}, "list of 1"),
        ({"anyOf": [PERSON, {"type": "null"}]}, "object or `null`"),
        ({"contentMediaType": "application/octet-stream"}, "the bytes of a file"),
    ],
)
def test_what_a_value_may_be(schema: dict[str, Any], words: str) -> None:
    assert outline(sent=False).words(schema) == words


def test_what_is_sent_may_always_be_absent_and_that_is_not_told() -> None:
    assert outline(sent=True).words({"type": ["string", "null"]}) == "text"
    assert outline(sent=True).words({"type": ["string", "null"], "enum": ["html", "", None]}) == "`html`"
    assert outline(sent=True).words({"type": "null"}) == "`null`"


def test_objects_are_told_with_what_is_in_them_the_first_time() -> None:
    people = {"type": "array", "description": "All.", "items": PERSON}
    assert rows({"owner": PERSON, "people": people}) == [
        ("owner", "object", "Somebody.", False, False),
        ("owner.name", "text of up to 1,000 characters or `null`", "", False, False),
        ("owner.gone", "always `null`", "", True, False),
        ("people", "list, as in `owner`", "All.", False, False),
    ]
    assert [row[0] for row in rows({"people": people})] == ["people", "people[].name", "people[].gone"]


def test_records_are_told_elsewhere() -> None:
    record = {"$ref": "#/components/schemas/Contacts"}
    assert rows({"data": {"type": "array", "items": record}}) == [("data", "list", "", False, True)]
    both = {"allOf": [record, {"type": "object", "properties": {"id": {}}}]}
    assert rows({"data": {"type": "array", "items": both}})[0][4]


def test_what_never_has_a_value_is_told_together() -> None:
    told = rows({"a": {"type": "null"}, "b": {"type": "integer"}, "c": {"type": "null"}})
    assert [row[:2] for row in told] == [("b", "whole number"), ("a, c", "always `null`")]
    assert [row[0] for row in rows({"a": {"type": "null"}, "c": {"type": "null"}}, sent=True)] == ["a", "c"]
