"""store.orgs and the transports they and their senders leave through."""

from dataclasses import replace
from functools import partial

from postroom.store import orgs, transports
from postroom.store.db import Database
from postroom.store.orgs import RecipientPolicy
from tests.world import World, found


async def test_organisations_are_answered_in_order(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    asked = [other.org.id, 5, world.org.id, other.org.id]
    assert await db.read(partial(orgs.find_many, org_ids=asked)) == [other.org, None, world.org, other.org]
    assert await db.read(orgs.first) == world.org
    assert await db.read(orgs.listing) == [world.org, other.org]


async def test_there_is_no_first_of_none(db: Database) -> None:
    assert await db.read(orgs.first) is None
    assert await db.read(orgs.listing) == []


async def test_choices_are_the_organisations_own(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    policy = RecipientPolicy.RECORD
    await db.write(partial(orgs.choose_recipients, org_id=world.org.id, policy=policy))
    await db.write(partial(orgs.choose_transport, org_id=world.org.id, transport_id=None))
    found_now = await db.read(partial(orgs.find_many, org_ids=[world.org.id, other.org.id]))
    assert found_now == [replace(world.org, recipients=policy, transport_id=None), other.org]


async def test_what_tokens_are_signed_with_is_kept_once_and_for_ever(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    for sealed in (b"first", b"second"):
        await db.write(partial(orgs.keep_secret, org_id=world.org.id, sealed=sealed))
    kept = [await db.read(partial(orgs.secret, org_id=each.org.id)) for each in (world, other)]
    assert kept == [b"first", None]


async def test_transports_are_found_by_number_and_listed_by_organisation(db: Database, world: World) -> None:
    secret = replace(world.transport, id=99, username="ada", password=b"\x00\xffcipher")
    await db.write(partial(transports.add, new=secret))
    found_now = await db.read(partial(transports.find_many, transport_ids=[99, 5, world.transport.id]))
    assert found_now == [secret, None, world.transport]
    listed = await db.read(partial(transports.listing, org_id=world.org.id))
    assert listed == [secret, world.org_transport, world.transport]
    assert await db.read(partial(transports.listing, org_id=2001)) == []
