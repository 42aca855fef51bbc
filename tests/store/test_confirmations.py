"""store.confirmations: a mailed link is good for once, until its end, and until the next one."""

import asyncio
from functools import partial

from postroom.store import confirmations, senders, users
from postroom.store.confirmations import Confirmation
from postroom.store.db import Database
from tests.world import NOW, World, found

END = NOW + 1000


def link(world: World, digest: bytes, *, of_user: bool = False) -> Confirmation:
    return Confirmation(
        hash=digest,
        org_id=world.org.id,
        sender_id=None if of_user else world.sender.id,
        user_id=world.user.id if of_user else None,
        created_at=NOW,
        expires_at=END,
    )


async def mailed(db: Database, *links: Confirmation) -> None:
    for each in links:
        await db.write(partial(confirmations.replace, new=each))


async def test_it_tells_what_it_is_about(db: Database, world: World) -> None:
    own, account = link(world, b"a"), link(world, b"b", of_user=True)
    await mailed(db, own, account)
    assert await db.read(partial(confirmations.find, digest=b"c")) is None
    for each, email in ((own, world.sender.email), (account, world.user.email)):
        known = await db.read(partial(confirmations.find, digest=each.hash))
        assert known == confirmations.Found(link=each, email=email, org_name=world.org.name)


async def test_of_many_who_use_it_one_does(db: Database, world: World) -> None:
    own = link(world, b"a")
    await mailed(db, own)
    used = await asyncio.gather(*(db.write(partial(confirmations.use, link=own, now=NOW)) for _ in range(8)))
    assert sorted(used) == [False] * 7 + [True]


async def test_at_its_end_it_confirms_nothing(db: Database, world: World) -> None:
    await db.write(partial(senders.add, new=_unconfirmed(world)))
    new = Confirmation(hash=b"a", org_id=world.org.id, sender_id=1, user_id=None, created_at=NOW, expires_at=END)
    await mailed(db, new)

    async def confirmed_at() -> int | None:
        return (await db.read(partial(senders.listing, org_id=world.org.id)))[0].confirmed_at

    assert not await db.write(partial(confirmations.use, link=new, now=END))
    assert await confirmed_at() is None
    assert await db.write(partial(confirmations.use, link=new, now=END - 1))
    assert await confirmed_at() == END - 1
    assert await db.write(partial(confirmations.drop_expired, before=END)) == 0
    assert await db.write(partial(confirmations.drop_expired, before=END + 1)) == 1


async def test_the_next_one_ends_it_and_no_other(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    kept = (link(world, b"b", of_user=True), link(other, b"c"))
    await mailed(db, link(world, b"a"), *kept, link(world, b"d"))
    there = [await db.read(partial(confirmations.find, digest=each)) for each in (b"a", b"b", b"c", b"d")]
    assert [each is None for each in there] == [True, False, False, False]


async def test_who_was_vouched_for_has_a_used_link_and_nobody_else(db: Database, world: World) -> None:
    await mailed(db, link(world, b"a"), link(world, b"b", of_user=True))
    await db.write(partial(confirmations.use_up, org_id=world.org.id, now=NOW, user_id=world.user.id))
    there = [await db.read(partial(confirmations.find, digest=each)) for each in (b"a", b"b")]
    assert [each and each.link.used_at for each in there] == [None, NOW]


async def test_a_user_is_confirmed_by_their_own(db: Database, world: World) -> None:
    new = _other_user(world)
    await db.write(partial(users.add, new=new))
    asked = Confirmation(hash=b"a", org_id=world.org.id, sender_id=None, user_id=1, created_at=NOW, expires_at=END)
    await mailed(db, asked)
    assert await db.write(partial(confirmations.use, link=asked, now=NOW))
    known = await db.read(partial(users.find, org_id=world.org.id, user_id=1))
    assert known is not None
    assert known.confirmed_at == NOW


def _unconfirmed(world: World) -> senders.Sender:
    return senders.Sender(
        id=1, org_id=world.org.id, user_id=None, email="new@x.example", name="", confirmed_at=None, created_at=NOW
    )


def _other_user(world: World) -> users.User:
    return users.User(
        id=1, org_id=world.org.id, email="new@x.example", last_name="New", confirmed_at=None, created_at=NOW
    )
