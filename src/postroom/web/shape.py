"""What bodies hold, told once for the description of the API. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from postroom.record import Module

Json = dict[str, Any]

_PLACE: Final = "#/components/schemas/"

# What texts look like: ids of rows, nothing, ids of mails and files (W 0).
NUMBER: Final = r"^\d{1,19}$"
BLANK: Final = r"^\s*$"
OPAQUE: Final = "^[0-9a-fA-F]{64}$"


class Schemas:
    """The schemas of a description: each stands in it once, under its name, and is referred to from everywhere else."""

    def __init__(self) -> None:
        """None so far."""
        self._types: dict[type, None] = {}
        self._kept: dict[str, Json] = {}

    def of(self, kind: type) -> Json:
        """A reference to the schema of a struct, which an answer holds."""
        self._types[kind] = None
        parts = (getattr(kind, "__origin__", kind), *getattr(kind, "__args__", ()))
        return {"$ref": _PLACE + "".join(each.__name__ for each in parts)}

    def keep(self, name: str, schema: Json) -> Json:
        """A reference to this schema."""
        self._kept[name] = schema
        return {"$ref": _PLACE + name}

    def all(self) -> Json:
        """Every schema by name."""
        _, found = msgspec.json.schema_components(self._types, ref_template=_PLACE + "{name}")
        return {_plain(name): _told(schema) for name, schema in found.items()} | self._kept


def _plain(name: str) -> str:
    """msgspec writes ``Done_User_`` for ``Done[User]``; no name of ours has an underline."""
    return name.replace("_", "")


def _told(schema: Any) -> Any:
    """A schema that msgspec made: what has a default is always there, for answers leave nothing out (W 0)."""
    if isinstance(schema, list):
        return [_told(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": _plain(schema["$ref"])}
    told = {key: _told(value) for key, value in schema.items() if key not in ("default", "properties", "title")}
    if "properties" in schema:
        told["properties"] = {name: _told(each) for name, each in schema["properties"].items()}
        told["required"] += [name for name, each in schema["properties"].items() if "default" in each]
    return told


@dataclass(frozen=True, kw_only=True, slots=True)
class PerModule:
    """JSON that depends on the module of the URL."""

    schema: Callable[[Schemas, Module], Json]


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """A body that is no JSON: its media type, and a JSON schema of what it looks like."""

    type: str
    schema: Mapping[str, Any]


# A struct, or what makes a schema out of several, is JSON.
Shape = type | Callable[[Schemas], Json] | PerModule | Media


def name_of(schema: Json) -> str:
    """The name of the schema that a reference leads to; empty for what is none."""
    place: str = schema.get("$ref", "")
    return place.removeprefix(_PLACE)


def nullable(schema: Json) -> Json:
    """The schema that takes ``null`` beside what the given one takes."""
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return schema if kinds == ["null"] else {**schema, "type": [*kinds, "null"]}
