"""A JSON schema as a table that people read: a row for each value, with what it may be in words."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Final

from postroom.web.shape import BLANK, NUMBER, OPAQUE, Json, name_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One value: where it stands (``to[].``) and its name, what it may be, whether it must be there, what it means.

    ``record``: it is one of a module's records, or a list of them, whose fields are told elsewhere.
    """

    place: str = ""
    name: str
    type: str = ""
    required: bool
    means: str = ""
    record: bool = False


_NULL: Final = "`null`"
_EMPTY: Final = "empty"
_BLANK: Final = "blank"
_ABSENT: Final = {_NULL, _EMPTY, _BLANK}
_FORMATS: Final = {
    "date": "date, `2026-10-09`",
    "date-time": "moment, `2026-10-09T10:53:20+02:00`",
    "email": "e-mail address",
}
_PATTERNS: Final = {
    BLANK: _BLANK,
    NUMBER: "up to 19 digits",
    OPAQUE: "64 hexadecimal digits",
}
_NAMES: Final = {
    "object": ["object"],
    "boolean": ["`true`", "`false`"],
    "integer": ["whole number"],
    "number": ["number"],
    "null": [_NULL],
}


class Outline:
    """Makes tables out of schemas that refer to ``components``; ``records`` are the names of those told elsewhere.

    ``sent``: of what clients send, where ``null`` is as good as absent and need not be told of each value.
    """

    def __init__(self, components: Mapping[str, Json], records: Set[str], *, sent: bool) -> None:
        """No state but these."""
        self._components = components
        self._records = records
        self._sent = sent

    def rows(self, schema: Json) -> list[Row]:
        """A row for every value in a body."""
        return list(self._inside(self._plain(schema), "", {}))

    def words(self, schema: Json) -> str:
        """What a value may be."""
        words = list(dict.fromkeys(self._all_words(self._plain(schema))))
        if self._sent and len(words) > 1:
            words = [word for word in words if word not in _ABSENT]
        *first, last = words
        return f"{', '.join(first)} or {last}" if first else last

    def _all_words(self, schema: Json) -> list[str]:
        if "anyOf" in schema:
            return [word for each in schema["anyOf"] for word in self._all_words(self._plain(each))]
        if "allOf" in schema:
            return self._all_words(schema["allOf"][-1])
        if "contentMediaType" in schema:
            return ["the bytes of a file"]
        if "enum" in schema:
            return [_spelled(each) for each in schema["enum"]]
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return [word for kind in kinds for word in _kind(kind, schema)]

    def _inside(self, schema: Json, place: str, seen: dict[str, str]) -> Iterator[Row]:
        """The rows of an object's values, and of the objects in it; ``seen`` is where one of the same keys stood."""
        never = []
        for name, each in schema.get("properties", {}).items():
            if not self._sent and each.get("type") == "null":
                never.append(name)
            else:
                yield from self._row(each, Row(place=place, name=name, required=name in schema["required"]), seen)
        if never:
            yield Row(place=place, name=", ".join(never), type=f"always {_NULL}", required=True)

    def _row(self, schema: Json, row: Row, seen: dict[str, str]) -> Iterator[Row]:
        items = self._plain(schema).get("items")
        inner = items or schema
        means = schema.get("description") or self._plain(inner).get("description", "")
        row = replace(row, type=self.words(schema), means=means, record=self._is_record(inner))
        found = None if row.record else self._object(inner)
        keys, here = str(found), f"{row.place}{row.name}"
        if keys in seen:
            yield replace(row, type=f"{row.type}, as in `{seen[keys]}`", means=schema.get("description", ""))
            return
        yield row
        if found is not None:
            seen[keys] = here
            yield from self._inside(found, f"{here}{'[]' if items else ''}.", seen)

    def _plain(self, schema: Json) -> Json:
        """The schema that a reference leads to, with what is said beside the reference."""
        if "$ref" not in schema:
            return schema
        return {**self._components[name_of(schema)], **{key: each for key, each in schema.items() if key != "$ref"}}

    def _object(self, schema: Json) -> Json | None:
        """The one object with keys that a value may be; without what is said of it."""
        parts = [self._plain(each) for each in self._plain(schema).get("anyOf", [schema])]
        found = [each for each in parts if each.get("properties")]
        return {"properties": found[0]["properties"], "required": found[0]["required"]} if len(found) == 1 else None

    def _is_record(self, schema: Json) -> bool:
        return any(name_of(each) in self._records for each in (schema, *schema.get("allOf", ())))


def _kind(kind: str, schema: Json) -> list[str]:
    known = _FORMATS.get(schema.get("format", "")) or _PATTERNS.get(schema.get("pattern", ""))
    if kind == "array":
        return [f"list{_span(schema.get('minItems', 0), schema.get('maxItems'))}"]
    if known and kind in ("string", "integer"):
        return [known]
    if kind in _NAMES:
        return _NAMES[kind]
    return [f"text of up to {schema['maxLength']:,} characters" if "maxLength" in schema else "text"]


def _span(least: int, most: int | None) -> str:
    if most is None:
        return ""
    return f" of {least}" if least == most else f" of {least} to {most:,}" if least else f" of up to {most:,}"


def _spelled(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if value is None:
        return _NULL
    return f"`{value}`" if value else _EMPTY
