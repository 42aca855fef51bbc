"""store.senders: which from address a user may use, and through which transport it leaves."""

from dataclasses import replace
from functools import partial

from sqlalchemy import delete, update

from postroom.store import orgs, senders
from postroom.store.db import Database
from postroom.store.senders import Sender, Wish
from postroom.store.tables import org, sender, user
from tests.world import World, found


async def allowed(db: Database, *wishes: Wish) -> list[Sender | None]:
    return await db.read(partial(senders.allowed, wishes=wishes))


async def test_a_users_own_sender_goes_before_the_organisations(db: Database, world: World) -> None:
    shared = replace(world.org_sender, id=1, email=world.sender.email)
    await db.write(partial(senders.add, new=shared))
    mine = Wish(world.org.id, world.user.id, world.sender.email)
    theirs = Wish(world.org.id, world.colleague.id, world.sender.email)
    assert await allowed(db, theirs, mine, theirs) == [shared, world.sender, shared]


async def test_nobody_uses_anothers_sender(db: Database, world: World) -> None:
    assert await allowed(db, Wish(world.org.id, world.colleague.id, world.sender.email)) == [None]


async def test_everybody_may_use_the_organisations_sender(db: Database, world: World) -> None:
    address = world.org_sender.email
    wishes = [Wish(world.org.id, user.id, address) for user in (world.user, world.colleague)]
    assert await allowed(db, *wishes) == [world.org_sender, world.org_sender]


async def test_another_organisations_senders_are_nobodys(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    assert await allowed(
        db,
        Wish(world.org.id, world.user.id, other.org_sender.email),
        Wish(other.org.id, other.user.id, other.org_sender.email),
        Wish(other.org.id, world.user.id, world.sender.email),
    ) == [None, other.org_sender, None]


async def test_of_two_alike_the_older_is_used(db: Database, world: World) -> None:
    await db.write(partial(senders.add, new=replace(world.sender, id=5000, name="Twin")))
    assert await allowed(db, Wish(world.org.id, world.user.id, world.sender.email)) == [world.sender]


async def test_a_user_without_a_sender_has_the_primary_address(db: Database, world: World) -> None:
    ben = world.colleague
    wish = Wish(world.org.id, ben.id, ben.email)
    [own] = await allowed(db, wish)
    assert own is not None
    assert (own.id, own.email, own.name, own.transport_id) == (None, ben.email, ben.full_name, None)
    assert await db.read(partial(senders.of_user, org_id=world.org.id, user_id=ben.id)) == [own, world.org_sender]
    await db.write(partial(orgs.choose_transport, org_id=world.org.id, transport_id=None))
    assert await allowed(db, wish) == [None]


async def test_a_users_addresses_are_their_own_and_the_organisations(db: Database, world: World) -> None:
    await db.write(lambda tx: found(tx, 2))
    mine = await db.read(partial(senders.of_user, org_id=world.org.id, user_id=world.user.id))
    assert mine == [world.sender, world.org_sender]
    assert await db.read(partial(senders.listing, org_id=world.org.id)) == [world.org_sender, world.sender]


async def test_the_default_is_given_up_by_its_owner_only(db: Database, world: World) -> None:
    await db.write(partial(senders.unmark_default, org_id=world.org.id, user_id=None))
    assert world.sender in await db.read(partial(senders.listing, org_id=world.org.id))
    await db.write(partial(senders.unmark_default, org_id=world.org.id, user_id=world.user.id))
    left = await db.read(partial(senders.listing, org_id=world.org.id))
    assert [each.is_default for each in left] == [False, False]


async def test_a_primary_address_counts_where_no_other_is_and_the_organisation_has_a_transport(
    db: Database, world: World
) -> None:
    ben, ada = world.colleague, world.user
    wishes = [Wish(world.org.id, ben.id, ben.email), Wish(world.org.id, ada.id, ada.email)]

    async def primary() -> list[bool]:
        allowed = await db.read(lambda tx: senders.allowed(tx, wishes))
        for one, found_one in zip(wishes, allowed, strict=True):
            listed = await db.read(lambda tx, one=one: senders.of_user(tx, one.org_id, one.user_id))  # type: ignore[misc]
            # What is listed is what is allowed.
            assert (found_one in listed) == (found_one is not None)
        return [each is not None and each.id is None and each.transport_id is None for each in allowed]

    assert await primary() == [True, False]
    await db.write(lambda tx: tx.execute(delete(sender).where(sender.c.user_id.is_not(None))).rowcount)
    assert await primary() == [True, True]
    await db.write(lambda tx: tx.execute(update(user).where(user.c.id == ben.id).values(active=False)).rowcount)
    assert await primary() == [False, True]
    await db.write(lambda tx: tx.execute(update(org).values(transport_id=None)).rowcount)
    assert await primary() == [False, False]
