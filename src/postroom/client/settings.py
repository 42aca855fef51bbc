"""What an organisation is made of: modules, fields, users, itself (W 6). Objects are as the API has them."""

from collections.abc import Mapping

from postroom.client import reading
from postroom.client.pages import paged
from postroom.client.talk import Call, Object, Page, path, question, single


def modules() -> Call[list[Object]]:
    """The modules."""
    return _listed("modules", path("settings", "modules"), {})


def fields(module: str) -> Call[list[Object]]:
    """The fields of a module."""
    return _listed("fields", path("settings", "fields"), {"module": module})


def users(kind: str = "AllUsers") -> Call[Page[Object]]:
    """The users of a ``type`` such as ``ActiveUsers`` or ``CurrentUser``."""
    return paged("users", path("users"), {"type": kind})


def org() -> Call[Object]:
    """The organisation."""
    return single(question(path("org")), lambda answer: reading.sole(answer, "org"))


def _listed(key: str, where: str, params: Mapping[str, str]) -> Call[list[Object]]:
    return single(question(where, params), lambda answer: reading.listed(answer, key))
