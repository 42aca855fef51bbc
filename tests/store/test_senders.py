from sqlalchemy import delete, update

from postroom.store import senders
from postroom.store.db import Database
from postroom.store.senders import Wish
from postroom.store.tables import org, sender, user
from tests.world import World, found


async def test_a_user_may_send_from_their_own_and_the_organisation_s(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    wishes = [
        Wish(world.org.id, world.user.id, world.user.email),
        Wish(world.org.id, world.colleague.id, world.user.email),
        Wish(world.org.id, world.colleague.id, world.org_sender.email),
        Wish(world.org.id, world.user.id, other.org_sender.email),
        Wish(other.org.id, other.user.id, other.user.email),
        Wish(world.org.id, world.user.id, world.colleague.email),
    ]
    allowed = await db.read(lambda tx: senders.allowed(tx, wishes))
    assert allowed == [world.sender, None, world.org_sender, None, other.sender, None]


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
