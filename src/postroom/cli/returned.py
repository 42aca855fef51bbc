"""The mail that a bounce is about, found by the address that the bounce came to."""

from typing import TYPE_CHECKING

import click

from postroom.mail.address import Address

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.mails import Filed
    from postroom.store.orgs import Org


async def returned(app: "App", org: "Org", return_path: Address) -> "tuple[Filed, str]":
    """The organisation's mail with this return path, and whom it was to. Raises ``ClickException``."""
    from functools import partial

    from postroom.mail import verp
    from postroom.mail.token import Use
    from postroom.store import mails, orgs

    token = verp.read(return_path)
    sealed = await app.db.read(partial(orgs.secret, org_id=org.id))
    if token is None or sealed is None or not token.is_genuine(Use.RETURN_PATH, app.vault.open_signing_secret(sealed)):
        raise click.ClickException(f"{return_path} is no return path of a mail of {org.name}")
    number = token.addressee.mail_seq
    found = await app.db.read(lambda tx: mails.by_numbers(tx, org.id, [number]))
    mail = await app.db.read(lambda tx: mails.find(tx, org.id, found[0].id)) if found else None
    if mail is None:
        raise click.ClickException(f"the mail of {return_path} is not kept any more")
    return mail, str(mail.deliveries[token.addressee.n].recipient.mailbox.address)
