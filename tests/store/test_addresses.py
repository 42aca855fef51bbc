"""store.addresses on both databases."""

from msgspec import structs

from postroom.record import CONTACTS
from postroom.store import addresses, indexing
from postroom.store.addresses import Asked
from postroom.store.db import Database
from tests.world import World, found


async def test_the_addresses_of_records_users_and_senders_are_known(db: Database, world: World) -> None:
    known = [
        world.contact.email,
        world.contact.secondary_email,
        world.colleague.email,
        world.org_sender.email,
    ]
    asked = [Asked(world.org.id, address or "") for address in [*known, "stranger@elsewhere.example"]]
    assert (await db.read(lambda tx: addresses.look_up(tx, asked))).known == set(asked[:-1])


async def test_another_organisations_addresses_are_unknown(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    asked = [
        Asked(world.org.id, other.contact.email or ""),
        Asked(other.org.id, world.contact.email or ""),
        Asked(other.org.id, other.user.email),
    ]
    assert (await db.read(lambda tx: addresses.look_up(tx, asked))).known == {asked[2]}


async def test_nothing_asked_nothing_known(db: Database) -> None:
    assert (await db.read(lambda tx: addresses.look_up(tx, []))).known == set()


async def test_who_wants_no_mail_is_known_as_such_by_either_address(db: Database, world: World) -> None:
    await db.write(
        lambda tx: indexing.save(tx, CONTACTS, [(world.contact, structs.replace(world.contact, opted_out=True))])
    )
    wants_none = [Asked(world.org.id, str(each)) for each in (world.contact.email, world.contact.secondary_email)]
    asked = [*wants_none, Asked(world.org.id, world.user.email)]
    found_ones = await db.read(lambda tx: addresses.look_up(tx, asked))
    assert found_ones == addresses.Found(known=frozenset(asked), opted_out=frozenset(wants_none))
