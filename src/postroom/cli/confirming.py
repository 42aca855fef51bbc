"""Links that confirm an address, as the verbs ``sender`` and ``user`` mail them."""

from collections.abc import Callable
from functools import partial

import click

from postroom.access import centers, confirmation, secrets
from postroom.access.confirmation import Subject
from postroom.app import App
from postroom.store.db import Tx


def link(app: App, of: Subject) -> Callable[[Tx], None]:
    """What stores a new link and queues its mail.

    Raises ``ClickException`` where there is no way for the mail, ``Misconfigured`` where the link would lead nowhere.
    """
    if of.transport_id is None:
        raise click.ClickException(
            f"no SMTP server could take a link to {of.address}; name one (see: postroom org transport --help), or"
            " confirm the address yourself"
        )
    token, mail_id, accounts = secrets.make_token(), app.ids.opaque(), centers.mailed(app.settings)
    return partial(confirmation.ask, of=of, token=token, mail_id=mail_id, accounts=accounts, now=app.clock())
