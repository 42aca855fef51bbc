"""The document of the API's own table, made once."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from postroom.access.centers import Center
from postroom.web.api.routes import ROUTES
from postroom.web.reference.document import describe
from postroom.web.shape import Json

CENTER: Final = Center(name="eu", accounts="https://accounts.eu.example", api="https://api.eu.example")


@cache
def document() -> Json:
    """What ``/openapi.json`` tells at the centre above."""
    return describe(ROUTES, CENTER)


def operations() -> Iterator[tuple[str, Json]]:
    """Each operation by its method and path: ``GET /Contacts/{id}``."""
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            yield f"{method.upper()} {path}", told


def inside(value: Any) -> Iterator[Any]:
    """A JSON value and every value in it."""
    yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from inside(each)
