"""store.users: people are known within their organisation."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from postroom.store import users
from postroom.store.db import Database
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


async def test_a_password_is_set_within_the_organisation(db: Database, world: World) -> None:
    change = partial(users.set_password, user_id=world.user.id, password_hash="argon2id…")
    assert await db.write(partial(change, org_id=world.org.id)) is True
    assert await db.write(partial(change, org_id=2001)) is False
