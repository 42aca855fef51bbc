"""Keys to sign with: they come and go, each signs in its time, and a domain without any uses those above it."""

from dataclasses import replace
from functools import partial

import pytest

from postroom.mail.dkim_key import Algorithm
from postroom.store import keys
from postroom.store.db import Database
from postroom.store.keys import Asked, Key, Standing
from tests.world import NOW, World, found

RSA, ED25519 = Algorithm.RSA, Algorithm.ED25519


def key(world: World, n: int, domain: str = "org1.example", algorithm: Algorithm = RSA) -> Key:
    """Key number ``n``."""
    return Key(
        id=n,
        org_id=world.org.id,
        domain=domain,
        selector=f"s{n}",
        algorithm=algorithm,
        private=b"sealed",
        public="cHVibGlj",
        created_at=NOW,
    )


async def test_a_key_signs_when_it_is_started_until_another_of_its_kind_is(db: Database, world: World) -> None:
    new = [key(world, 1), key(world, 2, algorithm=ED25519), key(world, 3), key(world, 4, "other.example")]
    here = Asked(world.org.id, "org1.example", NOW)

    async def signs(at: int) -> list[int]:
        (found_,) = await db.read(lambda tx: keys.signing(tx, [here._replace(at=at)]))
        return [each.id for each in found_]

    for each in new:
        await db.write(partial(keys.add, new=each))
    assert await db.read(lambda tx: keys.listing(tx, world.org.id)) == new
    assert await signs(NOW) == []
    begun = await db.write(lambda tx: keys.start(tx, world.org.id, "org1.example", [1, 2, 4], NOW))
    assert begun == [replace(new[0], signs_from=NOW), replace(new[1], signs_from=NOW)]
    assert (await signs(NOW - 1), await signs(NOW)) == ([], [1, 2])
    assert await db.write(lambda tx: keys.start(tx, world.org.id, "org1.example", [1, 2], NOW + 5)) == []
    await db.write(lambda tx: keys.start(tx, world.org.id, "org1.example", [3], NOW + 10))
    assert (await signs(NOW + 9), await signs(NOW + 10)) == ([1, 2], [3, 2])
    of_domain = await db.read(lambda tx: keys.of_domain(tx, world.org.id, "org1.example"))
    standings = [[each.standing(at) for each in of_domain] for at in (NOW, NOW + 10)]
    assert standings[0] == [Standing.SIGNING, Standing.SIGNING, Standing.MADE]
    assert standings[1] == [Standing.RETIRED, Standing.SIGNING, Standing.SIGNING]
    (back,) = await db.write(lambda tx: keys.start(tx, world.org.id, "org1.example", [1], NOW + 20))
    assert (back.id, back.signs_until, await signs(NOW + 20)) == (1, None, [1, 2])
    await db.write(lambda tx: keys.start(tx, world.org.id, "org1.example", [3], NOW + 30))
    assert await db.write(lambda tx: keys.remove(tx, world.org.id, 3))
    assert not await db.write(lambda tx: keys.remove(tx, world.org.id, 3))
    assert await signs(NOW + 30) == [2]


async def test_a_domain_without_a_key_uses_those_of_the_nearest_above(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    for n, domain in enumerate(["example", "a.example", "c.b.a.example"], start=1):
        await db.write(partial(keys.add, new=key(world, n, domain)))
        await db.write(partial(keys.start, org_id=world.org.id, domain=domain, ids=[n], at=NOW))
    asked = {"a.example": 2, "b.a.example": 2, "c.b.a.example": 3, "d.c.b.a.example": 3, "example": 1, "b.example": 0}
    wanted = [Asked(world.org.id, domain, NOW) for domain in asked]
    wanted.append(Asked(other.org.id, "a.example", NOW))
    ends = await db.read(lambda tx: keys.signing(tx, wanted))
    assert [each[0].id if each else 0 for each in ends] == [*asked.values(), 0]
    # Many at once are asked for in parts.
    ends = await db.read(lambda tx: keys.signing(tx, [*wanted * 100]))
    assert len(ends) == 700


async def test_another_organisation_has_no_hand_in_it(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    await db.write(lambda tx: keys.add(tx, key(world, 1)))
    assert await db.write(lambda tx: keys.start(tx, other.org.id, "org1.example", [1], NOW)) == []
    assert not await db.write(lambda tx: keys.remove(tx, other.org.id, 1))
    assert await db.read(lambda tx: keys.listing(tx, other.org.id)) == []
    await db.write(lambda tx: keys.add(tx, replace(key(other, 2), selector="s1")))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await db.write(lambda tx: keys.add(tx, replace(key(world, 3), selector="s1")))
