"""What a body holds, told once for the description of the API. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from postroom.record import Module

Json = dict[str, Any]
Ref = Callable[[type], Json]  # a type's place among the schemas of the description


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """A body that is no JSON: its media type, and a JSON schema of what it looks like."""

    type: str
    schema: Mapping[str, Any]


# A type that msgspec knows, or the schema of what depends on the module of the URL; else no JSON.
Shape = type | Callable[[Module, Ref], Json] | Media
