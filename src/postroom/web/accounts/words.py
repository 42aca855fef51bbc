"""Scopes in words that the people who consent understand (W 5.1, 5.2)."""

from dataclasses import dataclass
from typing import Final

_VERBS: Final = {
    "READ": "See",
    "CREATE": "Add to",
    "UPDATE": "Change",
    "WRITE": "Add to and change",
    "DELETE": "Delete from",
    "ALL": "See, add to, change and delete from",
}
_NAMES: Final = {
    "modules": "all your records",
    "modules.contacts": "your contacts",
    "modules.accounts": "your companies",
    "modules.pipelines": "your deals",
    "modules.deals": "your deals",
    "settings": "the settings of the organisation",
    "settings.emails": "the addresses that mail is sent from",
    "users": "the users of the organisation",
    "org": "the facts of the organisation",
    "files": "uploaded files",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """One scope: the sentence, and the scope itself."""

    text: str
    scope: str


def spoken(scopes: str) -> list[Spoken]:
    """Each of the comma separated scopes, in order."""
    return [Spoken(text=_sentence(each), scope=each) for each in scopes.split(",")]


def _sentence(scope: str) -> str:
    _, *path, operation = scope.split(".")
    words = [word.lower() for word in path]
    if words[0] == "send_mail":
        return "Send mail in your name"
    name = ".".join(words[:-1] if words[-1] == "all" and len(words) > 1 else words)
    what = _NAMES.get(name) or f"{' '.join(words).replace('_', ' ')}"
    return f"{_VERBS[operation.upper()]} {what}"
