"""access.confirmation: which way a link goes, from whom, and where the queue shows it."""

from dataclasses import replace

import pytest

from postroom.access import confirmation
from postroom.access.confirmation import Subject
from postroom.mail.life import State
from postroom.store import mails, selection
from postroom.store.db import Database
from postroom.store.mails import Filed
from postroom.store.selection import Selection
from tests.world import NOW, World


async def asked(db: Database, of: Subject) -> Filed:
    """The mail with the link, as it waits."""
    await db.write(lambda tx: confirmation.ask(tx, of, token="t", mail_id=bytes(32), accounts="https://a", now=NOW))
    queued = Selection(org_id=of.org.id, states=frozenset({State.QUEUED}))
    (mail,) = await db.read(lambda tx: selection.newest(tx, queued, limit=5))
    return mail


async def test_the_organisation_writes_through_its_own_server(db: Database, world: World) -> None:
    of = Subject(org=world.org, user=world.user, sender=world.sender)
    mail = await asked(db, of)
    assert of.transport_id == world.org_transport.id
    assert (mail.sender.name, str(mail.sender.address)) == (world.org.name, world.org.primary_email)
    assert (mail.module, mail.record_id) == ("Senders", world.sender.id)
    letters = await db.read(lambda tx: mails.letters(tx, [mail.seq]))
    assert letters[mail.seq].letter.is_own, "machines are told that a machine wrote it"


async def test_without_one_the_address_writes_to_itself_through_its_server(db: Database, world: World) -> None:
    of = Subject(org=replace(world.org, transport_id=None), user=world.user, sender=world.sender)
    mail = await asked(db, of)
    assert of.transport_id == world.transport.id
    addresses = {str(mail.sender.address), *(str(each.recipient.mailbox.address) for each in mail.deliveries)}
    assert addresses == {world.sender.email}


@pytest.mark.parametrize("has_server", [True, False])
async def test_an_account_has_the_organisations_server_only(db: Database, world: World, has_server: bool) -> None:
    way = world.org_transport.id if has_server else None
    of = Subject(org=replace(world.org, transport_id=way), user=world.colleague)
    assert of.transport_id == way
    if has_server:
        mail = await asked(db, of)
        assert (mail.module, mail.record_id) == ("Users", world.colleague.id)
