"""One call of the API, as OpenAPI describes it: its name, what it takes, what it answers, what it needs."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from postroom.access.permission import wire_name
from postroom.access.scope import spelled
from postroom.record import MODULES, NOTES, Module
from postroom.record.relations import MAILED, RELATIONS, related_lists
from postroom.web.api.params import PLACEHOLDERS
from postroom.web.param import Param, Place
from postroom.web.reference import refused
from postroom.web.routes import Endpoint
from postroom.web.shape import Json, Media, PerModule, Schemas, Shape

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_JSON: Final = "application/json"


def modules_of(endpoint: Endpoint) -> tuple[Module | None, ...]:
    """The modules that have the call, of which it is told one by one; None where it is none of a module."""
    first, *words = endpoint.template.split("/")[1:]
    if first != "{module}":
        return (None,)
    if "send_mail" in words:
        return MAILED
    if "Locking_Information__s" in words:
        return tuple(each for each in MODULES if each is not NOTES)
    lists = {each.name for each in RELATIONS}.intersection(words)
    if "{related}" in words:
        lists = {each.name for each in RELATIONS if each.field}
    return tuple(each for each in MODULES if not lists or any(one.name in lists for one in related_lists(each)))


def path_of(endpoint: Endpoint, module: Module | None) -> str:
    """The endpoint's path for this module."""
    return endpoint.template.replace("/{module}", f"/{module.name}", 1) if module else endpoint.template


def tag_of(endpoint: Endpoint, module: Module | None) -> str:
    """What the call belongs to: a module, or the first word of its path."""
    return module.name if module else endpoint.template.split("/")[1].capitalize()


def operation(endpoint: Endpoint, module: Module | None, schemas: Schemas) -> Json:
    """The description of one method of one path."""
    summary, more = said(endpoint)
    tag = tag_of(endpoint, module)
    right = wire_name(endpoint.permission, module.name if module else "")
    told: Json = {
        "operationId": _name(endpoint, tag),
        "tags": [tag],
        "summary": summary,
        "description": "\n\n".join((*more, f"The caller's profile must allow `{right}`.")),
        "parameters": [parameter(each) for each in taken(endpoint, module)],
        "responses": dict(_responses(endpoint, module, schemas)),
        "security": [{"oauth2": [spelled(need) for need in endpoint.needs_for(module.name if module else "")]}],
    }
    if endpoint.body is not None:
        told["requestBody"] = {"required": True, "content": _content(endpoint.body, module, schemas)}
    return told


def said(endpoint: Endpoint) -> tuple[str, list[str]]:
    """What the handler says of itself: the first sentence without its full stop, and the paragraphs behind it."""
    text = re.sub(r"``(.*?)``", r"`\1`", endpoint.handler.__doc__ or "")
    first, *others = (" ".join(each.split()) for each in text.strip().split("\n\n"))
    return first.rstrip("."), others


def taken(endpoint: Endpoint, module: Module | None) -> list[Param]:
    """The endpoint's parameters, those of its path first."""
    places = {each.name: each for each in PLACEHOLDERS}
    return [*(places[name] for name in _PLACEHOLDER.findall(path_of(endpoint, module))), *endpoint.params]


def parameter(param: Param) -> Json:
    """One parameter."""
    schema = dict(param.kind.schema)
    if param.default is not None:
        schema["default"] = int(param.default) if schema["type"] == "integer" else param.default
    return {
        "name": param.name,
        "in": param.place.value,
        "required": param.required,
        "description": param.means,
        "schema": schema,
        **({"example": param.example} if param.example is not None else {}),
        # An empty one is as good as none.
        **({"allowEmptyValue": True} if param.place is Place.QUERY and not param.required else {}),
    }


def _name(endpoint: Endpoint, tag: str) -> str:
    """``contacts_Emails_listing``: the words of the path and the handler's name, none of them twice."""
    words = [each.strip("{}") for each in endpoint.template.split("/")[2:]]
    telling = [each for each in words if each != "actions" and not each.endswith("id")]
    return "_".join(dict.fromkeys((tag.lower(), *telling, endpoint.handler.__name__)))


def _responses(endpoint: Endpoint, module: Module | None, schemas: Schemas) -> Iterator[tuple[str, Json]]:
    refusals = refused.statuses(endpoint)
    for status in sorted({*refusals, *endpoint.answers}):
        if status not in endpoint.answers:
            yield str(status), refused.response(status)
            continue
        shape = endpoint.answers[status]
        content = {} if shape is None else _content(shape, module, schemas)
        if status in refusals and _JSON in content:
            # Each item is refused for itself, or all of them at once.
            content = {_JSON: {"schema": {"anyOf": [content[_JSON]["schema"], refused.schema(status)]}}}
        yield str(status), {"description": HTTPStatus(status).phrase} | ({"content": content} if content else {})


def _content(shape: Shape, module: Module | None, schemas: Schemas) -> Mapping[str, Any]:
    match shape:
        case Media():
            return {shape.type: {"schema": shape.schema}}
        case PerModule():
            assert module is not None, "an endpoint without a module has none of its records"
            return {_JSON: {"schema": shape.schema(schemas, module)}}
        case type():
            return {_JSON: {"schema": schemas.of(shape)}}
    return {_JSON: {"schema": shape(schemas)}}
