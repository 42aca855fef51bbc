"""Links that confirm an address, as the verbs ``sender`` and ``user`` mail them."""

from collections.abc import Callable
from functools import partial
from typing import Final

import click

from postroom.access import centers, confirmation, secrets
from postroom.access.confirmation import Subject
from postroom.app import App
from postroom.config import Settings
from postroom.errors import Misconfigured
from postroom.store.db import Tx

_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104 - listened on, and nobody's URL


def link(app: App, of: Subject) -> Callable[[Tx], None]:
    """What stores a new link and queues its mail.

    Raises ``ClickException`` where there is no way for the mail, ``Misconfigured`` where the link would lead nowhere.
    """
    if of.transport_id is None:
        raise click.ClickException(
            f"no SMTP server could take a link to {of.address}; name one (see: postroom org transport --help), or"
            " confirm the address yourself"
        )
    token, mail_id, accounts = secrets.make_token(), app.ids.opaque(), _accounts(app.settings)
    return partial(confirmation.ask, of=of, token=token, mail_id=mail_id, accounts=accounts, now=app.clock())


def _accounts(settings: Settings) -> str:
    """The URL of the accounts server, as other machines call it."""
    nowhere = settings.host in _EVERYWHERE or not settings.port
    if nowhere and not (settings.public_url or settings.accounts_server):
        raise Misconfigured("public_url is missing: a mailed link begins with it")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return centers.read(settings, settings.public_url or f"http://{host}:{settings.port}").own.accounts
