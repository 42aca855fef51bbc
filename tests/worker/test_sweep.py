"""What has long ended is removed by the worker; what lives, or ended a moment ago, is not."""

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import select

from postroom.access import device, login, secrets
from postroom.access.device import Begun
from postroom.app import clock
from postroom.mail.retry import DAY
from postroom.record import CONTACTS, read_values
from postroom.store import accounts, clients, fields, imports, keeping, policies, records, throttles, tokens, usage
from postroom.store.accounts import Account, Session
from postroom.store.clients import Client, ClientType
from postroom.store.db import Database, Tx
from postroom.store.fields import Draft
from postroom.store.imports import Import, Refusal, Step
from postroom.store.keeping import Place, Wish
from postroom.store.policies import StsPolicy
from postroom.store.tables import device as devices
from postroom.store.tables import session, sts_policy, throttle
from postroom.store.usage import HOUR
from tests.access.dance import SCOPES, granted, register
from tests.worker.test_loop import post, worker
from tests.world import World


async def test_the_worker_removes_what_expired_long_ago(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    async with post(tmp_path, database_url, port=9) as office:
        dancer = await register(office.app.db, office.world)
        old = await granted(office.app.db, dancer, now=moment - 2 * DAY)
        new = await granted(office.app.db, dancer, now=moment)

        async def known(token: str | None, kind: str) -> bool:
            digest = secrets.digest(token or "")
            return await office.app.db.read(partial(tokens.find, digest=digest, kind=kind)) is not None

        async with worker(office.app):
            while await known(old.access_token, tokens.ACCESS):
                continue
        assert await known(new.access_token, tokens.ACCESS)
        assert await known(old.refresh_token, tokens.REFRESH), "a refresh token lives until it is revoked"


async def test_it_removes_sessions_devices_and_counts_as_well(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    # A day after its end each is removed; one that ended less than a day ago, or lives, is kept.
    begun = [moment - 2 * DAY, moment - DAY + 60_000, moment]
    async with post(tmp_path, database_url, port=9) as office:
        for at in begun:
            await leave(office.app.db, office.world, at)

        async def left() -> list[Sequence[int]]:
            return await office.app.db.read(_left)

        assert [len(each) for each in await left()] == [3, 3, 3, 3]
        async with worker(office.app):
            while any(begun[0] in each for each in await left()):
                continue
        assert await left() == [begun[1:]] * 4


async def test_it_erases_the_values_of_removed_fields(database_url: str, tmp_path: Path) -> None:
    async with post(tmp_path, database_url, port=9) as office:
        db, org_id = office.app.db, office.world.org.id
        draft = Draft(100, {"field_label": "Region", "data_type": "text"})

        def remove(tx: Tx) -> None:
            fields.define(tx, org_id, CONTACTS, [draft], now=1)
            reading = read_values(fields.of(tx, org_id, CONTACTS), {"Region": "North"}, partial=True)
            place = Place(org_id=org_id, user_id=office.world.user.id, module=CONTACTS, now=1)
            keeping.change(tx, place, [Wish(id=office.world.contact.id, reading=reading)])
            fields.remove(tx, org_id, CONTACTS, 100, now=2)

        def values(tx: Tx) -> Collection[str]:
            return records.by_ids(tx, org_id, "Contacts", [office.world.contact.id])[office.world.contact.id].fields

        await db.write(remove)
        assert "Region" in await db.read(values)
        async with worker(office.app):
            while await db.read(fields.removed):
                continue
        assert "Region" not in await db.read(values)


async def test_it_removes_what_imports_refused_a_month_ago(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    async with post(tmp_path, database_url, port=9) as office:

        def import_(tx: Tx, finished_at: int) -> Import:
            org_id, digest = office.world.org.id, secrets.digest(str(finished_at))
            new = Import(id=office.app.ids.number(), org_id=org_id, digest=digest, started_at=finished_at)
            step = Step(line=2, imported=0, refused=(Refusal(line=2, reason="Last_Name: is missing"),))
            moved = imports.advance(tx, imports.begin(tx, new), step)
            assert moved is not None
            ended = imports.finish(tx, moved, finished_at)
            assert ended is not None
            return ended

        old = await office.app.db.write(partial(import_, finished_at=moment - 31 * DAY))
        new = await office.app.db.write(partial(import_, finished_at=moment - 29 * DAY))
        async with worker(office.app):
            while await office.app.db.read(partial(imports.refusals, of=old)):
                continue
        assert len(await office.app.db.read(partial(imports.refusals, of=new))) == 1
        known = partial(imports.find, org_id=old.org_id, digest=old.digest)
        assert await office.app.db.read(known) == old, "that the file was imported is never forgotten"


async def test_it_removes_the_hours_of_credits_that_count_no_more(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    used = [moment - 2 * DAY, moment - DAY + 60_000, moment]
    async with post(tmp_path, database_url, port=9) as office:
        own = office.world.org.id
        for at in used:
            await office.app.db.write(partial(usage.add, new={own: 1}, now=at))

        async def left() -> list[int]:
            [hours] = await office.app.db.read(partial(usage.of_orgs, org_ids=[own]))
            return sorted(hours)

        async with worker(office.app):
            while used[0] // HOUR in await left():
                continue
        assert await left() == [at // HOUR for at in used[1:]]


async def leave(db: Database, world: World, at: int) -> None:
    """What somebody leaves behind who signs in, begins with a device and is counted at that moment, and a domain."""
    client = Client(
        id="1000.DISPLAY",
        org_id=world.org.id,
        user_id=world.user.id,
        name="Display",
        type=ClientType.DEVICE,
        secret_hash=b"s" * 32,
        created_at=at,
    )
    person = Account(email="ada@org1.example", created_at=at)
    opened = Session(
        hash=secrets.digest(f"session {at}"),
        email=person.email,
        created_at=at,
        expires_at=at + login.SESSION_SECONDS * 1000,
    )

    def write(tx: Tx) -> None:
        if clients.find(tx, client.id) is None:
            clients.add(tx, client)
        accounts.keep(tx, person)
        accounts.open_session(tx, opened)
        throttles.take(tx, secrets.digest(f"count {at}"), window=login.WINDOW, now=at)
        policies.keep(tx, StsPolicy(domain=f"{at}.example", id="1", mode="none", mx=[], fetched_at=at, ends_at=at))

    await db.write(write)
    assert isinstance(await device.begin(db, client.id, SCOPES, offline=True, now=at), Begun)


def _left(tx: Tx) -> list[Sequence[int]]:
    """When each of what is left was begun."""
    started = (
        select(session.c.created_at).order_by(session.c.created_at),
        select(devices.c.created_at).order_by(devices.c.created_at),
        select(throttle.c.ends_at - login.WINDOW).order_by(throttle.c.ends_at),
        select(sts_policy.c.ends_at).order_by(sts_policy.c.ends_at),
    )
    return [tx.execute(each).scalars().all() for each in started]
