"""Keys are made and sealed; there are only so many, and each has a name of its own."""

import asyncio

import pytest
from cryptography.fernet import Fernet

from postroom.access import keyring
from postroom.access.keyring import Full, Taken, Wanted
from postroom.access.secrets import Vault
from postroom.mail.dkim_key import Algorithm, Key, is_selector, public_half
from postroom.mail.limits import KEYS_PER_DOMAIN
from postroom.store import keys
from postroom.store.db import Database
from postroom.store.ids import Ids
from tests.world import NOW, World

VAULT = Vault([Fernet.generate_key()])
IDS = Ids(lambda: NOW)


def wanted(world: World, algorithm: Algorithm = Algorithm.ED25519, selector: str | None = None) -> Wanted:
    return Wanted(org_id=world.org.id, domain="org1.example", algorithm=algorithm, selector=selector)


async def add(db: Database, *asked: Wanted) -> list[keys.Key]:
    return await keyring.add(db, VAULT, asked, numbers=IDS.number, now=NOW)


async def test_keys_are_sealed_and_named(db: Database, world: World) -> None:
    made = await add(db, *(wanted(world, kind) for kind in Algorithm))
    assert await db.read(lambda tx: keys.listing(tx, world.org.id)) == made
    for each in made:
        assert b"PRIVATE KEY" not in each.private
        assert "private" not in repr(each)
        opened = Key.read(VAULT.open_sealed(each.private), domain=each.domain, selector=each.selector)
        assert (opened.algorithm, public_half(opened.private)) == (each.algorithm, each.public)
        assert is_selector(each.selector, each.domain)
    assert [each.selector.partition("-")[0] for each in made] == ["r20251009", "e20251009"]


async def test_there_are_so_many_and_no_more_each_with_its_own_name(db: Database, world: World) -> None:
    await add(db, wanted(world, selector="a"))
    with pytest.raises(Taken, match=r"^org1\.example has a key a already$"):
        await add(db, wanted(world, selector="b"), wanted(world, selector="a"))
    assert len(await db.read(lambda tx: keys.listing(tx, world.org.id))) == 1, "of several all or none are stored"
    room = KEYS_PER_DOMAIN - 1
    # The same moment: whoever comes second finds no room for all of theirs.
    some = [wanted(world)] * (room - 1)
    ends = await asyncio.gather(add(db, *some), add(db, *some), return_exceptions=True)
    assert sorted(isinstance(each, Full) for each in ends) == [False, True]
    await add(db, wanted(world))
    with pytest.raises(Full) as full:
        await add(db, wanted(world))
    assert full.value.limit == KEYS_PER_DOMAIN
