"""What a token may do: the grammar of scopes, and which grant covers which need (W 5.1, 5.2). Pure.

A scope is ``{service}.{name}.{operation}``, its name one or more words: ``ZohoBigin.modules.contacts.READ``. Case never
matters (W 5.2 leaves it open, and clients write ``ZohoBigin.org.read`` and ``Files`` as well as ``files``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Final


class Operation(Enum):
    """What a call does, and so what it needs."""

    READ = "READ"
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    DELINK = "DELINK"  # part two records that stay


# W 5.1: what the last word of a grant permits.
COVERS: Final = {
    "READ": (Operation.READ,),
    "CREATE": (Operation.CREATE,),
    "UPDATE": (Operation.UPDATE,),
    "DELETE": (Operation.DELETE, Operation.DELINK),
    "WRITE": (Operation.CREATE, Operation.UPDATE, Operation.DELINK),
    "ALL": tuple(Operation),
}

OURS: Final = "zohobigin"
# Bigin and CRM name the same things here. A grant may also hold scopes of Zoho's other services: some calls need one of
# them too (W 5.2, search and bulk), and the rest are well-formed and open nothing.
_SERVICES: Final = {"zohobigin": OURS, "zohocrm": OURS, "zohosearch": "zohosearch", "zohofiles": "zohofiles"}
_SPELLED: Final = {OURS: "ZohoBigin", "zohosearch": "ZohoSearch", "zohofiles": "ZohoFiles"}
_WORD: Final = re.compile(r"[A-Za-z0-9_]+")
_EVERY: Final = "all"  # send_mail.all: each word at its place
_SAME: Final = {"deals": "pipelines"}  # CRM's name, and Bigin's, of one module

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """One right that a call needs: ``Need(("modules", "contacts"), Operation.READ)``; ``service`` in small letters."""

    path: Path
    operation: Operation
    service: str = OURS


Permit = tuple[str, Path, Operation]


@dataclass(frozen=True, slots=True)
class Scopes:
    """Everything granted; ``text`` is the grant as it was asked for, one comma between two scopes."""

    text: str
    _permits: frozenset[Permit] = field(repr=False)

    def allow(self, need: Need) -> bool:
        """Whether some scope covers the need: by its own name, by its group's, or by ``all`` in its place."""
        return not self._permits.isdisjoint(_grants_for(need))


def parse(text: str) -> Scopes:
    """Read scopes separated by commas (or blanks, as OAuth has it). Raises ``ValueError`` that names the bad one."""
    scopes = [part for part in re.split(r"[,\s]+", text) if part]
    if not scopes:
        raise ValueError("no scope is given")
    permits = {permit for scope in scopes for permit in _read(scope)}
    return Scopes(",".join(scopes), frozenset(permits))


def _read(scope: str) -> Iterator[Permit]:
    words = scope.split(".")
    service, path, last = words[0], words[1:-1], words[-1]
    # Each word is of ASCII before its case is changed: «WR\u0131TE» in capitals would be WRITE.
    if not path or not all(map(_WORD.fullmatch, words)) or last.upper() not in COVERS:
        raise ValueError(f"{scope!r} is not a scope: service.name.OPERATION is expected")
    known = _SERVICES.get(service.lower())
    if known is not None:
        for operation in COVERS[last.upper()]:
            yield known, _fold(path), operation


def _fold(path: list[str] | Path) -> Path:
    words = (word.lower() for word in path)
    return tuple(_SAME.get(word, word) for word in words)


def spelled(need: Need) -> str:
    """The narrowest scope that meets a need, as Zoho writes it: ``ZohoBigin.modules.Contacts.READ``."""
    operation = next(word for word, covered in COVERS.items() if need.operation in covered)
    return ".".join((_SPELLED[need.service], *need.path, operation))


@lru_cache(maxsize=1024)
def _grants_for(need: Need) -> frozenset[Permit]:
    """The permits any of which meets the need."""
    path = _fold(need.path)
    # W 5.1: ZohoBigin.modules.ALL covers each ZohoBigin.modules.{module}.*, and so for settings.
    groups = {path[:length] for length in range(1, len(path) + 1)}
    # W 5.2: ZohoBigin.send_mail.all.CREATE covers each module.
    groups |= {(*group[:-1], _EVERY) for group in groups if len(group) > 1}
    return frozenset((need.service, group, need.operation) for group in groups)
