"""Endpoints as data, and the finding of one by a URL's path. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from postroom.access.permission import Permission
from postroom.access.scope import Need
from postroom.web.call import Handler
from postroom.web.cost import Cost

# A module's or a related list's API name; what else is in its place is a wrong URL, not a wrong module.
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the API. ``template`` is its path under a prefix, with placeholders ``{module}``, ``{id}`` ...

    ``needs`` are the scopes it takes, all of them; ``{module}`` in one stands for the URL's module. ``permission`` is
    what the caller's profile must allow. ``cost`` is how its credits are counted.
    """

    method: str
    template: str
    handler: Handler
    needs: tuple[Need, ...]
    permission: Permission
    cost: Cost = Cost.CALL

    def needs_for(self, module: str) -> tuple[Need, ...]:
        """The needs with the URL's module in its place."""
        return _filled(self.needs, module)


@dataclass(frozen=True, slots=True)
class Resource:
    """What one URL offers, by method."""

    template: str
    methods: Mapping[str, Endpoint]


class Table:
    """The endpoints, ready to be found: a path's words are compared with those templates that have as many."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        """Endpoints of one template become one resource."""
        methods: dict[str, dict[str, Endpoint]] = {}
        for each in endpoints:
            methods.setdefault(each.template, {})[each.method] = each
        for offered in methods.values():
            if "GET" in offered:  # RFC 9110 §9.3.2: HEAD wherever GET is
                offered.setdefault("HEAD", offered["GET"])
        self.resources = [Resource(template, offered) for template, offered in methods.items()]
        self._by_length: dict[int, list[tuple[list[str], Resource]]] = {}
        for resource in self.resources:
            words = resource.template.split("/")[1:]
            self._by_length.setdefault(len(words), []).append((words, resource))
        # Never a module's name: /settings/nothing is a wrong URL and no record of a module «settings».
        firsts = {template.split("/")[1] for template in methods}
        self._fixed = {word for word in firsts if not word.startswith("{")}

    def find(self, words: list[str]) -> tuple[Resource, dict[str, str]] | None:
        """The resource at a path of these words (under its prefix), with what stands in its placeholders."""
        fixed = words[0] in self._fixed
        for template, resource in self._by_length.get(len(words), ()):
            if fixed is (template[0][0] == "{"):
                continue
            values = _match(template, words)
            if values is not None:
                return resource, values
        return None


def _match(template: list[str], words: list[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for expected, word in zip(template, words, strict=True):
        if expected[0] != "{":
            if expected != word:
                return None
        elif not word or (expected == "{module}" and not _NAME.fullmatch(word)):
            return None
        else:
            values[expected[1:-1]] = word
    return values


@lru_cache(maxsize=1024)
def _filled(needs: tuple[Need, ...], module: str) -> tuple[Need, ...]:
    return tuple(
        replace(need, path=tuple(module if word == "{module}" else word for word in need.path)) for need in needs
    )
