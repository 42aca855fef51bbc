"""store.users: people are known within their organisation."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from postroom.store import users
from postroom.store.db import Database
from postroom.store.tables import user as table
from tests.world import World, found


async def test_users_are_found_within_their_organisation(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    find = partial(users.find, user_id=world.user.id)
    assert await db.read(partial(find, org_id=world.org.id)) == world.user
    assert await db.read(partial(find, org_id=other.org.id)) is None
    by_email = partial(users.find_by_email, email=world.user.email)
    assert await db.read(partial(by_email, org_id=world.org.id)) == world.user
    assert await db.read(partial(by_email, org_id=other.org.id)) is None
    assert await db.read(partial(users.listing, org_id=other.org.id)) == [other.user, other.colleague]


async def test_an_address_is_one_users_within_an_organisation(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    with pytest.raises(IntegrityError):
        await db.write(partial(users.add, new=replace(world.user, id=99)))
    await db.write(partial(users.add, new=replace(world.user, id=99, org_id=other.org.id)))


async def test_one_address_leads_to_all_its_organisations_where_the_user_is_active(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    await db.write(partial(users.add, new=replace(world.user, id=99, org_id=other.org.id)))
    known = await db.read(partial(users.memberships, email=world.user.email))
    assert [(each.user.id, each.org_name) for each in known] == [(99, other.org.name), (world.user.id, world.org.name)]
    await db.write(lambda tx: tx.execute(update(table).where(table.c.id == 99).values(active=False)))
    (left,) = await db.read(partial(users.memberships, email=world.user.email))
    assert left.user == world.user


async def test_a_change_is_one_users_of_one_organisation(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    changed = replace(world.user, profile="Standard", active=False)
    await db.write(partial(users.save, changed=changed))
    await db.write(partial(users.save, changed=replace(other.user, org_id=world.org.id, active=False)))
    assert await db.read(partial(users.listing, org_id=world.org.id)) == [changed, world.colleague]
    assert await db.read(partial(users.listing, org_id=other.org.id)) == [other.user, other.colleague]
