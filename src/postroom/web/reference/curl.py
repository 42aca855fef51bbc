"""A command for each call that can be pasted into a shell, made from the schemas of what it takes."""

import shlex
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from postroom.web.shape import NUMBER, OPAQUE, Json, name_of

_ID: Final = "5725767000000123001"
_BY_FORMAT: Final = {
    "date": "2026-10-09",
    "date-time": "2026-10-09T10:53:20+02:00",
    "email": "rita.dahl@example.net",
    NUMBER: _ID,
    OPAQUE: "5fd6c1a3" * 8,
}
# What tells more than its schema does.
_BY_NAME: Final = {"fields": "Last_Name,Email", "ids": f"{_ID},{_ID[:-1]}2"}
# Records that tell more than those of the mandatory fields only.
_RECORDS: Final[Mapping[str, Json]] = {
    "NewContacts": {"First_Name": "Rita", "Last_Name": "Dahl", "Email": "rita.dahl@example.net"},
    "ChangedContacts": {"Title": "Head of purchasing"},
    "NewFields": {"field_label": "Customer number", "data_type": "text", "length": 20},
}


class Examples:
    """Makes values that fit schemas which refer to ``components``."""

    def __init__(self, components: Mapping[str, Json]) -> None:
        """No state but the schemas."""
        self._components = components

    def command(self, url: str, method: str, told: Json) -> str:
        """The command for an operation of the document."""
        path, query = self._given(told, "path"), self._given(told, "query")
        where = url.format(**path) + (f"?{urlencode(query, safe=',')}" if query else "")
        usual = "POST" if "requestBody" in told else "GET"  # what curl does unless told
        words = ["curl -sS", *([f"-X {method}"] if method != usual else []), shlex.quote(where)]
        lines = [" ".join(words), '-H "Authorization: Zoho-oauthtoken $token"', *self._body(told), *_kept(told)]
        return " \\\n  ".join(lines)

    def value(self, schema: Json) -> Any:
        """A value that fits."""
        if "$ref" in schema:
            name = name_of(schema)
            return _RECORDS.get(name) or self.value(self._components[name])
        if "examples" in schema:
            return schema["examples"][0]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self.value(schema["anyOf"][0])
        if "allOf" in schema:
            return {key: value for each in schema["allOf"] for key, value in self.value(each).items()}
        return self._by_type(schema)

    def _given(self, told: Json, place: str) -> dict[str, Any]:
        """A value for each parameter that must be given, or that has an example of its own."""
        named = {each["name"]: each for each in told["parameters"] if each["in"] == place}
        return {
            name: each.get("example") or _BY_NAME.get(name) or self.value(each["schema"])
            for name, each in named.items()
            if each["required"] or "example" in each
        }

    def _by_type(self, schema: Json) -> Any:
        kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
        if kind == "object":
            told = schema["properties"]
            shown = [name for name in told if name in schema["required"] or "examples" in told[name]]
            return {name: self.value(told[name]) for name in shown}
        if kind == "array":
            return [self.value(schema["items"])]
        if kind != "string":
            return {"boolean": True}.get(kind, 1)
        known = schema.get("format") or schema.get("pattern") or ""
        return _BY_FORMAT.get(known) or schema.get("title") or "…"

    def _body(self, told: Json) -> list[str]:
        for kind, each in told.get("requestBody", {}).get("content", {}).items():
            if kind != "application/json":
                return [f"-F {name}=@order.txt" for name in each["schema"]["properties"]]
            text = msgspec.json.format(msgspec.json.encode(self.value(each["schema"])), indent=2).decode()
            return [f"-d {shlex.quote(text)}"]
        return []


def _kept(told: Json) -> list[str]:
    """Where the answer is a file, it is kept under its own name."""
    kinds = told["responses"].get("200", {}).get("content", {})
    return ["-OJ"] if kinds and "application/json" not in kinds else []
