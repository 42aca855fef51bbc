"""The reference for people: what the OpenAPI document says, call by call, each template once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from postroom import __version__
from postroom.access.centers import Center
from postroom.access.permission import wire_name
from postroom.access.scope import spelled
from postroom.record import MODULES, Module
from postroom.web.param import Place
from postroom.web.reference import refused
from postroom.web.reference.curl import Examples
from postroom.web.reference.document import INTRODUCTION, PREFIX
from postroom.web.reference.operation import modules_of, parameter, path_of, said, taken
from postroom.web.reference.outline import Outline, Row
from postroom.web.refusals import Wire
from postroom.web.routes import Endpoint
from postroom.web.shape import Json

_TEMPLATES: Final = Environment(
    loader=ChoiceLoader([PackageLoader("postroom.web.reference"), PackageLoader("postroom.web.accounts")]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# The files of handlers whose calls belong together for a reader; others stand for themselves.
_TOGETHER: Final = {
    "send": "Mail",
    "emails": "Mail",
    "senders": "Mail",
    "metadata": "Modules and fields",
    "org": "People",
    "users": "People",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one status tells."""

    status: int
    phrase: str
    media: str | None
    rows: list[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call as the page shows it."""

    anchor: str
    method: str
    template: str
    summary: str
    more: list[str]
    scopes: list[str]
    right: str
    params: list[Row]
    body: list[Row]
    body_media: str | None
    answers: list[Answer]
    refusals: list[int]
    command: str


def render(endpoints: Iterable[Endpoint], document: Json, center: Center) -> str:
    """The page."""
    groups: dict[str, list[Call]] = {}
    teller = _Teller(document, f"{center.api}{PREFIX}")
    for endpoint in endpoints:
        file = endpoint.handler.__module__.rpartition(".")[2]
        groups.setdefault(_TOGETHER.get(file, file.capitalize()), []).append(teller.call(endpoint))
    return _TEMPLATES.get_template("reference.html").render(
        center=center,
        email=None,
        version=__version__,
        introduction=INTRODUCTION.split("\n\n"),
        groups=groups,
        modules=[teller.fields(module.name) for module in MODULES],
        refusals=[_refusals(status, wires) for status, wires in refused.by_status().items()],
    )


def _refusals(status: int, wires: Iterable[Wire]) -> tuple[int, str, Mapping[str, list[str]]]:
    """A status, what HTTP calls it, and its codes with their messages."""
    codes: dict[str, list[str]] = {}
    for wire in wires:
        messages = codes.setdefault(wire.code, [])
        messages += [] if wire.message in messages else [wire.message]
    return status, HTTPStatus(status).phrase, codes


class _Teller:
    """Tells calls out of the document."""

    def __init__(self, document: Json, url: str) -> None:
        self._paths: Mapping[str, Json] = document["paths"]
        self._schemas: Mapping[str, Json] = document["components"]["schemas"]
        records = {f"{kind}{each.name}" for each in MODULES for kind in ("", "New", "Changed")}
        self._sent = Outline(self._schemas, records, sent=True)
        self._answered = Outline(self._schemas, records, sent=False)
        self._examples = Examples(self._schemas)
        self._url = url

    def call(self, endpoint: Endpoint) -> Call:
        """One call; of those of a module, the first stands for all."""
        modules = modules_of(endpoint)
        module = modules[0]
        path = path_of(endpoint, module)
        told = self._paths[path][endpoint.method.lower()]
        summary, more = said(endpoint)
        done = endpoint.answers.keys() - refused.by_status().keys()
        media, body = _content(told.get("requestBody", {}), self._sent)
        return Call(
            anchor=told["operationId"],
            method=endpoint.method,
            template=endpoint.template,
            summary=summary,
            more=more,
            scopes=[spelled(need) for need in endpoint.needs],
            right=wire_name(endpoint.permission, "{module}" if module else ""),
            params=[self._param(_narrowed(parameter(each), modules)) for each in taken(endpoint, None)],
            body=body,
            body_media=media,
            answers=[self._answer(status, told["responses"][str(status)]) for status in sorted(done)],
            refusals=refused.statuses(endpoint),
            command=self._examples.command(self._url + path, endpoint.method, told),
        )

    def fields(self, module: str) -> tuple[str, list[Row]]:
        """The fields of a module: as they are sent where they can be, else as they are shown."""
        shown, sent = self._schemas[module], self._schemas[f"New{module}"]
        both = {name: sent["properties"].get(name, each) for name, each in shown["properties"].items()}
        return module, [
            Row(name=name, type=self._sent.words(each), required=name in sent["required"], means=_means(name, each))
            for name, each in both.items()
        ]

    def _param(self, told: Json) -> Row:
        default = told["schema"].get("default")
        means = f"{told['description']} Default: `{default}`." if default is not None else told["description"]
        return Row(name=told["name"], type=self._sent.words(told["schema"]), required=told["required"], means=means)

    def _answer(self, status: int, told: Json) -> Answer:
        media, rows = _content(told, self._answered)
        return Answer(status=status, phrase=told["description"], media=media, rows=rows)


def _narrowed(told: Json, modules: Iterable[Module | None]) -> Json:
    """A parameter; where it is the module of a call that only some have, it names those."""
    names = [each.name for each in modules if each is not None]
    if not names or (told["in"], told["name"]) != (Place.PATH.value, "module"):
        return told
    return {**told, "schema": {**told["schema"], "enum": names}}


def _content(told: Json, outline: Outline) -> tuple[str | None, list[Row]]:
    for media, each in told.get("content", {}).items():
        return media, outline.rows(each["schema"])
    return None, []


def _means(name: str, schema: Json) -> str:
    label = schema.get("title", "")
    said = [f"{label}." if label and label != name.replace("_", " ") else "", schema.get("description", "")]
    if schema.get("readOnly"):
        said.append("Made by Postroom.")
    if "examples" in schema:
        said.append(f"Usually {', '.join(f'`{each}`' for each in schema['examples'])}.")
    return " ".join(each for each in said if each)
