"""store.senders: which from address a user may use, and through which transport it leaves."""

from dataclasses import replace
from functools import partial
from itertools import product

from sqlalchemy import delete, update

from postroom.store import orgs, senders
from postroom.store.db import Database, Tx
from postroom.store.senders import Sender, Wish
from postroom.store.tables import org, sender, user
from tests.world import NOW, World, found


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


async def test_an_alias_leaves_through_its_mailbox_whatever_way_that_has_later(db: Database, world: World) -> None:
    mine = Wish(world.org.id, world.user.id, "desk@x.example")
    alias = replace(
        world.sender, id=1, email=mine.email, name="Desk", is_default=False, alias_of=world.sender.id, transport_id=None
    )
    await db.write(partial(senders.add, new=alias))
    for way in (world.transport.id, world.org_transport.id):
        await db.write(partial(senders.save, changed=replace(world.sender, transport_id=way)))
        shown = replace(alias, transport_id=way)
        assert await allowed(db, mine) == [shown]
        # The one address behind the other, though its number is lower.
        listed = await db.read(partial(senders.of_user, org_id=world.org.id, user_id=world.user.id))
        assert listed == [replace(world.sender, transport_id=way), shown, world.org_sender]
        await db.write(partial(senders.save, changed=shown))


async def test_what_is_listed_is_what_is_allowed(db: Database, world: World) -> None:
    people = (world.user, world.colleague)
    # At an address ada has a sender or none, confirmed (True) or not; the organisation likewise, for some or for all.
    there = (None, False, True)
    cases = [
        *enumerate(product(there, there, [(), (people[0].id,), (people[1].id,), tuple(each.id for each in people)]), 1)
    ]

    def fill(tx: Tx) -> None:
        for n, (own, shared, chosen) in cases:
            for number, user_id, confirmed in ((n, world.user.id, own), (n + 100, None, shared)):
                if confirmed is not None:
                    new = replace(world.org_sender, id=number, user_id=user_id, email=f"s{n}@x.example")
                    senders.add(tx, replace(new, confirmed_at=NOW if confirmed else None))
            if shared is not None:
                senders.choose_users(tx, world.org.id, n + 100, chosen)

    await db.write(fill)
    usable = iter(
        await allowed(db, *(Wish(world.org.id, one.id, f"s{n}@x.example") for one in people for n, _ in cases))
    )
    for one in people:
        listed = await db.read(partial(senders.of_user, org_id=world.org.id, user_id=one.id))
        for n, (own, shared, chosen) in cases:
            good = [
                number
                for number, is_good in (
                    (n, own and one is world.user),
                    (n + 100, shared and (not chosen or one.id in chosen)),
                )
                if is_good
            ]
            assert [each.id for each in listed if each.email == f"s{n}@x.example"] == good
            one_found = next(usable)
            may = [] if one_found is None or one_found.confirmed_at is None else [one_found.id]
            assert may == good[:1]


async def test_an_address_is_for_chosen_users_until_it_is_for_all_again(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    address, people = world.org_sender, (world.user, world.colleague)
    for chosen in ([world.colleague.id], [world.user.id, world.colleague.id], []):
        await db.write(partial(senders.choose_users, org_id=world.org.id, sender_id=address.id or 0, user_ids=chosen))
        assert await db.read(partial(senders.chosen_users, org_id=world.org.id)) == (
            {address.id: chosen} if chosen else {}
        )
        usable = await allowed(db, *(Wish(world.org.id, each.id, address.email) for each in people))
        assert [each is not None for each in usable] == [not chosen or each.id in chosen for each in people]
    assert await db.read(partial(senders.chosen_users, org_id=other.org.id)) == {}


async def test_an_unconfirmed_sender_takes_nobodys_primary_address(db: Database, world: World) -> None:
    ben = world.colleague
    own = replace(world.sender, id=1, user_id=ben.id, email=ben.email, confirmed_at=None)
    await db.write(partial(senders.add, new=own))
    wish = Wish(world.org.id, ben.id, ben.email)
    [primary] = await allowed(db, wish)
    assert primary is not None
    assert (primary.id, primary.confirmed_at) == (None, NOW)
    await db.write(partial(senders.confirm, org_id=world.org.id, sender_id=1, now=NOW + 5))
    assert await allowed(db, wish) == [replace(own, confirmed_at=NOW + 5)]
    await db.write(partial(senders.confirm, org_id=world.org.id, sender_id=1, now=NOW + 9))
    assert await allowed(db, wish) == [replace(own, confirmed_at=NOW + 5)]


async def test_a_sender_is_removed_with_its_users_in_its_organisation_alone(db: Database, world: World) -> None:
    number = world.org_sender.id
    assert number is not None
    await db.write(partial(senders.choose_users, org_id=world.org.id, sender_id=number, user_ids=[world.user.id]))
    await db.write(partial(senders.remove, org_id=world.org.id + 1, sender_id=number))
    assert await db.read(partial(senders.listing, org_id=world.org.id)) == [world.org_sender, world.sender]
    await db.write(partial(senders.remove, org_id=world.org.id, sender_id=number))
    assert await db.read(partial(senders.listing, org_id=world.org.id)) == [world.sender]
    assert await db.read(partial(senders.chosen_users, org_id=world.org.id)) == {}
