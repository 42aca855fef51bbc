"""What there is for documents to name: calls, codes, words, settings and commands, read from the program itself."""

import re
from typing import Final

import click

from postroom.access.authorize import Mistake
from postroom.access.centers import Center
from postroom.access.grant import OAuthError
from postroom.cli.main import postroom
from postroom.config import sentences
from postroom.web.accounts.routes import ROUTES as ACCOUNTS
from postroom.web.api.routes import ROUTES
from postroom.web.reference.room import Reference
from postroom.web.refusals import ANSWERS
from postroom.web.server import PREFIXES
from tests.docs.tables import Call, page, shape

_REFERENCE: Final = Reference((), Center(name="us", accounts="", api="")).routes
AT_ACCOUNTS: Final = frozenset(Call(method, path) for path, handlers in ACCOUNTS.items() for method in handlers)
AT_REFERENCE: Final = frozenset(Call(method, path) for path, handlers in _REFERENCE.items() for method in handlers)
AT_THE_API: Final = frozenset(Call(each.method, shape(each.template)) for each in ROUTES)
CALLS: Final = AT_ACCOUNTS | AT_REFERENCE | AT_THE_API
BASES: Final = frozenset("/".join(("", *prefix)) for prefix in PREFIXES)

# One code is no answer to a single reason: it gathers several.
CODES: Final = frozenset(wire.code for wire in ANSWERS.values()) | {"MULTIPLE_OR_MULTI_ERRORS"}
MESSAGES: Final = frozenset(wire.message for wire in ANSWERS.values())

# What sends a browser back with an error stands as text where it is found out.
_RETURNED: Final = re.compile(r'_Refusal\("(\w+)"\)|\{"error": "(\w+)"\}')
RETURNED: Final = frozenset(one or other for one, other in _RETURNED.findall(page("src/postroom/access/authorize.py")))
WORDS: Final = RETURNED | {each.value for each in (*OAuthError, *Mistake)}

SETTINGS: Final = frozenset(sentences())


def has(call: Call) -> bool:
    """Whether there is such a call, or a path of that shape where no method is named."""
    if call.method:
        return call in CALLS
    return call.path in BASES or any(call.path == known.path for known in CALLS)


def command(words: str) -> click.Command | None:
    """The command of these words, ``postroom`` being the first."""
    found: click.Command | None = postroom
    for word in words.split()[1:]:
        found = found.get_command(click.Context(found), word) if isinstance(found, click.Group) else None
    return found
