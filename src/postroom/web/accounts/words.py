"""Scopes in words that the people who consent understand, by what may be done (W 5.1, 5.2). Pure."""

from dataclasses import dataclass
from typing import Final

# In the order in which they are told. What ends with ALL, READ and so on covers what W 5.1 says.
_VERBS: Final = {
    "READ": "See",
    "CREATE": "Add",
    "UPDATE": "Change",
    "WRITE": "Add and change",
    "DELETE": "Delete",
    "ALL": "See, add, change and delete",
}
_SEND: Final = "Send"
_SENDING: Final = ("CREATE", "WRITE", "ALL")
_NAMES: Final = {
    "modules": "records of every kind",
    "modules.accounts": "companies",
    "modules.pipelines": "deals",
    "settings": "all settings",
    "settings.emails": "the addresses that mail is sent from",
    "settings.modules": "the kinds of records",
    "settings.fields": "the fields of records",
    "settings.layouts": "the layouts of records",
    "users": "the users of the organisation",
    "org": "the facts of the organisation",
    "coql": "the results of queries",
}
# Bigin's and CRM's are the same thing here; of any other service its name is told.
_OURS: Final = ("zohobigin", "zohocrm")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """What may be done with some things: the sentence, and the scopes that say so."""

    text: str
    scopes: tuple[str, ...]


def spoken(scopes: str) -> list[Spoken]:
    """The comma separated scopes in sentences: one for what may be seen, one for what may be added, and so on."""
    groups: dict[str, dict[str, list[str]]] = {verb: {} for verb in (*_VERBS.values(), _SEND)}
    for scope in scopes.split(","):
        verb, thing = _read(scope)
        groups[verb].setdefault(thing, []).append(scope)
    return [
        Spoken(text=f"{verb} {_listed(list(things))}", scopes=tuple(each for of in things.values() for each in of))
        for verb, things in groups.items()
        if things
    ]


def _read(scope: str) -> tuple[str, str]:
    service, *path, operation = scope.split(".")
    words = [word.lower() for word in path]
    if words[0] == "send_mail" and operation.upper() in _SENDING:
        return _SEND, "mail in your name"
    if words[-1] == "all" and len(words) > 1:
        words.pop()
    thing = _NAMES.get(".".join(words)) or words[-1].replace("_", " ")
    return _VERBS[operation.upper()], thing if service.lower() in _OURS else f"{thing} of {service}"


def _listed(things: list[str]) -> str:
    *first, last = things
    return f"{', '.join(first)} and {last}" if first else last
