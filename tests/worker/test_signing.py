"""A domain that has keys sends nothing unsigned, and its mails are signed the same each time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

from msgspec import structs

from postroom.access import keyring
from postroom.access.keyring import Wanted
from postroom.app import clock
from postroom.mail import dkim, dkim_key
from postroom.mail.compose import compose
from postroom.mail.dkim_key import Algorithm
from postroom.mail.life import State
from postroom.store import keys, mails
from postroom.store.keys import Key
from postroom.worker.signing import Signer
from tests.mail.letters import box, file_ref, letter, on_the_wire
from tests.peers.verifiers import dkimpy
from tests.smtp.peers import Server
from tests.web.house import House
from tests.worker.test_loop import OK, Post, post, worker
from tests.worker.test_pause import standing
from tests.worker.test_stamps import BCC, CC, TO
from tests.worker.test_stamps import office as desk

BOTH = tuple(Algorithm)
DOMAIN = "org1.example"


async def keys_of(office: Post | House, kinds: tuple[Algorithm, ...] = BOTH) -> list[Key]:
    """New keys of the domain, which sign from now on."""
    app, org_id = office.app, office.world.org.id
    wanted = [Wanted(org_id=org_id, domain=DOMAIN, algorithm=kind) for kind in kinds]
    made = await keyring.add(app.db, app.vault, wanted, numbers=app.ids.number, now=app.clock())
    ids = [each.id for each in made]
    return await app.db.write(lambda tx: keys.start(tx, org_id, DOMAIN, ids, app.clock()))


def opened(office: Post | House, kept: Key) -> dkim_key.Key:
    """A key as it signs."""
    pem = office.app.vault.open_sealed(kept.private)
    return dkim_key.Key.read(pem, domain=kept.domain, selector=kept.selector)


async def test_a_mail_is_signed_with_both_keys_and_the_same_again(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    server = Server({".": [b"451 4.3.0 later\r\n", OK]})
    async with server.listening(), post(tmp_path, database_url, server.port, clock=lambda: moment) as office:
        made = await keys_of(office)
        async with worker(office.app):
            accepted = await office.accept()
            moment = (await office.reaches_event(accepted, "deferred")).due_at or 0
            await office.reaches(accepted, State.SENT)
    first, second = server.messages
    assert first == second
    fields = message_from_bytes(first, policy=policy.default).get_all("DKIM-Signature", [])
    assert len(fields) == 2
    for each, field in zip(made, fields, strict=True):
        assert f"a={each.algorithm.value}-sha256; " in field
        assert f"d={DOMAIN}; s={each.selector}; " in field


async def test_each_of_the_mails_that_name_their_recipient_holds_before_a_judge(tmp_path: Path) -> None:
    async with desk(tmp_path, "") as at:
        made = [opened(at.home, each) for each in await keys_of(at.home)]
        async with worker(at.home.app):
            _, told = await at.send()
            await at.settled(told["details"]["message_id"], State.SENT)
    arrived = {mail.recipients[0]: mail.content for mail in at.inbox.mails}
    assert all(b" list-unsubscribe:list-unsubscribe:" in each for each in arrived.values())
    assert dkimpy(tmp_path, arrived, made) == dict.fromkeys((TO, CC, BCC), (True, True))


async def test_a_mail_whose_key_stays_shut_does_not_leave_unsigned(sqlite_url: str, tmp_path: Path) -> None:
    server = Server()
    async with server.listening(), post(tmp_path, sqlite_url, server.port) as office:
        (made,) = await keys_of(office, kinds=(Algorithm.ED25519,))
        await office.app.db.write(lambda tx: keys.remove(tx, made.org_id, made.id))
        await office.app.db.write(lambda tx: keys.add(tx, replace(made, private=b"sealed elsewhere")))
        async with worker(office.app):
            accepted = await office.accept()
            filed = await office.reaches_event(accepted, "deferred")
        rows = await office.app.db.read(partial(mails.history, org_id=office.world.org.id, seq=filed.seq))
        detail = str(rows[-1].detail)
        assert f"the key {made.selector}._domainkey.{DOMAIN} cannot be opened" in detail
        assert "sealed elsewhere" not in detail
        # The server has no part in it: whose key is well may go on.
        assert (await standing(office)).failures == 0
    assert (server.messages, filed.state) == ([], State.QUEUED)


async def test_keys_are_found_as_they_are_now_and_files_hashed_as_they_pass(sqlite_url: str, tmp_path: Path) -> None:
    octets = bytes(range(256)) * 4000

    async def whole() -> AsyncIterator[bytes]:
        yield octets

    async with post(tmp_path, sqlite_url, 1) as office:
        await office.app.blobs.put(whole())
        attached = letter(sender=box("a@sub.org1.example"), files=(file_ref("a.bin", octets),))
        composed = compose(attached)
        with closing(Signer(office.app, kept_seconds=0.0)) as signer:
            sign = partial(signer.sign, office.world.org.id, attached, composed)
            assert await sign() is composed
            (made,) = await keys_of(office, kinds=(Algorithm.ED25519,))
            assert await signer.sign(office.world.org.id + 1, attached, composed) is composed
            signed = await sign()
            stored = {attached.files[0].digest: octets}
            bare = dkim.BodyHash()
            bare.feed(on_the_wire(structs.replace(composed, segments=dkim.body(composed)), stored))
            assert signed == dkim.sign(composed, [opened(office, made)], at=attached.dated_at, hashed=bare.digest())
            await office.app.db.write(lambda tx: keys.remove(tx, made.org_id, made.id))
            assert await sign() is composed


async def test_many_at_once_each_get_their_own(sqlite_url: str, tmp_path: Path) -> None:
    async with post(tmp_path, sqlite_url, 1) as office:
        await keys_of(office, kinds=(Algorithm.ED25519,))
        written = [letter(str(n), subject=str(n), sender=box(f"a@{DOMAIN}")) for n in range(50)]
        with closing(Signer(office.app)) as signer:
            signed = await asyncio.gather(
                *(signer.sign(office.world.org.id, each, compose(each)) for each in written),
            )
    for each, end in zip(written, signed, strict=True):
        wire = on_the_wire(end, {})
        assert wire.startswith(b"DKIM-Signature: ")
        assert wire.endswith(on_the_wire(compose(each), {}))
