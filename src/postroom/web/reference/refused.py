"""Refusals as OpenAPI describes them: one answer for each status, with the codes that it may carry."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from postroom.web.api.params import IDEMPOTENCY_KEY
from postroom.web.api.wire.items import Refusal
from postroom.web.refusals import ANSWERS, Wire
from postroom.web.routes import Endpoint
from postroom.web.shape import Json, Media, Schemas

# What only a call with a body is answered, only one that takes files, and only one that takes a key.
_OF_BODIES: Final = 413
_OF_FILES: Final = 415
_OF_KEYS: Final = 409

_HEADERS: Final[Mapping[int, tuple[str, str]]] = {
    401: ("WWW-Authenticate", "What is missing (RFC 6750)."),
    500: ("X-Request-Id", "What the log of the server calls this request."),
    503: ("Retry-After", "Seconds after which it may work."),
}


def by_status() -> Mapping[int, list[Wire]]:
    """What may be said, by status."""
    found: dict[int, list[Wire]] = {}
    for wire in ANSWERS.values():
        if wire not in found.setdefault(wire.status, []):
            found[wire.status].append(wire)
    return dict(sorted(found.items()))


def statuses(endpoint: Endpoint) -> list[int]:
    """The statuses of refusals that an endpoint may answer."""
    never = {_OF_BODIES} if endpoint.body is None else set()
    if not isinstance(endpoint.body, Media):
        never.add(_OF_FILES)
    if IDEMPOTENCY_KEY not in {each.name for each in endpoint.params}:
        never.add(_OF_KEYS)
    return [status for status in by_status() if status not in never]


def schema(status: int) -> Json:
    """Where the schema of a status stands."""
    return {"$ref": f"#/components/schemas/{_name(status)}"}


def response(status: int) -> Json:
    """Where the answer of a status stands."""
    return {"$ref": f"#/components/responses/{_name(status)}"}


def responses(schemas: Schemas) -> Json:
    """The answer of every status."""
    return {_name(status): _response(status, wires, schemas) for status, wires in by_status().items()}


def _response(status: int, wires: list[Wire], schemas: Schemas) -> Json:
    codes = list(dict.fromkeys(wire.code for wire in wires))
    told = {"allOf": [schemas.of(Refusal), {"properties": {"code": {"enum": codes}}}]}
    name, means = _HEADERS.get(status, ("", ""))
    headers = {"headers": {name: {"description": means, "schema": {"type": "string"}}}} if name else {}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}",
        "content": {"application/json": {"schema": schemas.keep(_name(status), told)}},
        **headers,
    }


def _name(status: int) -> str:
    return f"Refused{status}"
