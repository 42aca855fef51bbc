"""What becomes of a client, and of its tokens, when it changes or ends, on each database."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from postroom.access import authorize, device, grant, registry, secrets
from postroom.access.bearer import Bearers
from postroom.access.centers import Center, Centers
from postroom.access.device import Begun
from postroom.access.grant import Credentials, Granted, OAuthError, Shown
from postroom.access.issue import Grant
from postroom.access.registry import Description, Registered
from postroom.errors import Unauthenticated
from postroom.store import clients, consents, devices, tokens, users
from postroom.store.clients import Client, ClientType
from postroom.store.db import Database, Tx
from postroom.store.tokens import Token
from postroom.store.users import User
from tests.access.dance import SCOPES, TERMS
from tests.store.meanwhile import meanwhile
from tests.world import NOW, World, found

BACK = "https://tracker.example/back"
SERVER = Description(name="Tracker", type=ClientType.SERVER, redirect_uris=(BACK,))
SELF = Description(name="Nightly export")


async def made(db: Database, owner: User, asked: Description = SELF) -> Registered:
    return await registry.register(db, owner, asked, now=NOW)


async def granted(db: Database, by: Registered) -> Granted:
    """Tokens for a self client."""
    code = await grant.make_code(db, by.client, SCOPES, now=NOW, terms=TERMS)
    assert isinstance(code, str)
    given = await grant.exchange_code(db, credentials(by), Shown(code=code), now=NOW, terms=TERMS)
    assert isinstance(given, Granted)
    return given


def credentials(of: Registered) -> Credentials:
    return Credentials(client_id=of.client.id, client_secret=of.secret)


async def refreshed(db: Database, shown: Credentials, given: Granted) -> Granted | OAuthError:
    return await grant.refresh(db, shown, str(given.refresh_token), now=NOW, terms=TERMS)


async def opens(db: Database, given: Granted) -> bool:
    try:
        await Bearers(db).authenticate(f"Bearer {given.access_token}", NOW)
    except Unauthenticated:
        return False
    return True


async def stored(db: Database, client: Client) -> Client | None:
    return await db.read(partial(clients.find, client_id=client.id))


async def test_a_client_is_described_anew_and_stays_what_it_is(db: Database, world: World) -> None:
    old = await made(db, world.user, SERVER)
    asked = Description(
        name=" Anew ", type=ClientType.SELF, homepage="https://a.example/", redirect_uris=("https://a.example/",)
    )
    changed = await registry.change(db, old.client, asked)
    assert changed == await stored(db, old.client)
    assert changed == replace(old.client, name="Anew", homepage=asked.homepage, redirect_uris=asked.redirect_uris)
    with pytest.raises(ValueError, match="needs a redirect URI"):
        await registry.change(db, old.client, replace(asked, redirect_uris=()))
    assert await stored(db, old.client) == changed


async def test_a_new_secret_ends_the_old_one_and_the_tokens_live_on(db: Database, world: World) -> None:
    new = await made(db, world.user)
    given = await granted(db, new)
    secret = await registry.new_secret(db, new.client)
    assert secret is not None
    assert await refreshed(db, credentials(new), given) is OAuthError.INVALID_CLIENT_SECRET
    assert isinstance(await refreshed(db, replace(credentials(new), client_secret=secret), given), Granted)
    assert await opens(db, given)


async def test_switched_off_it_is_unknown_and_its_access_tokens_end(db: Database, world: World) -> None:
    new, other = await made(db, world.user), await made(db, world.user)
    given, kept = await granted(db, new), await granted(db, other)
    code = await grant.make_code(db, new.client, SCOPES, now=NOW, terms=TERMS)
    off = await registry.switch(db, new.client, active=False)
    assert off == replace(new.client, active=False)
    assert not await opens(db, given)
    assert await refreshed(db, credentials(new), given) is OAuthError.INVALID_CLIENT
    for make in (grant.make_code, grant.make_refresh):
        with pytest.raises(ValueError, match="switched off"):
            await make(db, off, SCOPES, now=NOW, terms=TERMS)
    assert await opens(db, kept), "another client's tokens are none of its business"
    assert await registry.switch(db, new.client, active=True) == new.client
    assert not await opens(db, given), "what ended stays ended"
    assert isinstance(await refreshed(db, credentials(new), given), Granted), "its users need not consent again"
    spent = await grant.exchange_code(db, credentials(new), Shown(code=str(code)), now=NOW, terms=TERMS)
    assert spent is OAuthError.INVALID_CODE


async def test_what_was_read_before_brings_nothing_back(db: Database, world: World) -> None:
    """Somebody shows the form, a colleague renews the secret and switches the client off, the form is sent."""
    new = await made(db, world.user, SERVER)
    secret = await registry.new_secret(db, new.client)
    assert secret is not None
    await registry.switch(db, new.client, active=False)
    await registry.change(db, new.client, replace(SERVER, name="Anew"))
    await registry.new_secret(db, new.client)
    kept = await stored(db, new.client)
    assert kept is not None
    assert (kept.name, kept.active) == ("Anew", False)
    assert kept.secret_hash not in (secrets.digest(new.secret), secrets.digest(secret))


async def test_removed_it_leaves_nothing_behind(db: Database, world: World) -> None:
    guest = User(
        id=99,
        org_id=(await db.write(partial(found, n=2))).org.id,
        email=world.user.email,
        last_name="B",
        confirmed_at=NOW,
        created_at=NOW,
    )
    await db.write(partial(users.add, new=guest))
    new, kept = await made(db, world.user), await made(db, world.user)
    given, other = await granted(db, new), await granted(db, kept)
    # Its tokens may be in another organisation of its owner (W 4.4).
    code = await grant.make_code(db, new.client, SCOPES, now=NOW, terms=TERMS, user=guest)
    assert isinstance(code, str)
    abroad = await grant.exchange_code(db, credentials(new), Shown(code=code), now=NOW, terms=TERMS)
    assert isinstance(abroad, Granted)
    consented = Grant(org_id=world.org.id, user_id=world.user.id, client_id=new.client.id, scopes=SCOPES)
    await db.write(lambda tx: authorize.remember(tx, consented, NOW))
    assert await registry.remove(db, new.client)
    assert await stored(db, new.client) is None
    assert [await opens(db, each) for each in (given, abroad, other)] == [False, False, True]
    assert await db.read(lambda tx: consents.find(tx, world.user.id, new.client.id)) is None
    assert await refreshed(db, credentials(new), given) is OAuthError.INVALID_CLIENT
    # The same id again is another client, to which nobody has granted anything.
    again = await registry.register(db, world.user, SELF, now=NOW, client_id=new.client.id)
    assert await refreshed(db, credentials(again), given) is OAuthError.INVALID_CODE


async def test_a_removed_devices_requests_go_with_it(db: Database, world: World) -> None:
    new = await made(db, world.user, Description(name="Display", type=ClientType.DEVICE))
    begun = await device.begin(db, new.client.id, SCOPES, offline=True, now=NOW)
    assert isinstance(begun, Begun)
    assert await registry.remove(db, new.client)
    assert await db.read(partial(devices.find, digest=secrets.digest(begun.device_code))) is None


async def test_a_client_that_is_gone_is_neither_changed_nor_brought_back(db: Database, world: World) -> None:
    new = await made(db, world.user, SERVER)
    assert await registry.remove(db, new.client)
    assert not await registry.remove(db, new.client)
    assert await registry.change(db, new.client, SERVER) is None
    assert await registry.new_secret(db, new.client) is None
    assert await registry.switch(db, new.client, active=True) is None
    assert await stored(db, new.client) is None


async def test_an_administrator_sees_all_and_others_their_own(db: Database, world: World) -> None:
    other = await db.write(partial(found, n=2))
    own, colleagues, _ = [await made(db, each) for each in (world.user, world.colleague, other.user)]
    standard = replace(world.user, profile="Standard")
    seen = await db.read(partial(registry.seen_by, user=world.user))
    assert {each.id for each in seen} == {own.client.id, colleagues.client.id}
    assert await db.read(partial(registry.seen_by, user=standard)) == [own.client]


# --- at the same moment, in another process


def late_token(tx: Tx, of: Client, refresh_token: str) -> Granted:
    """What a refresh does up to its commit, as ``grant.refresh`` does it."""
    assert clients.hold(tx, of.id) == of
    digest, late = secrets.digest(refresh_token), secrets.make_token()
    assert tokens.use_refresh(tx, digest, NOW)
    parent = tokens.find(tx, digest, tokens.REFRESH)
    assert parent is not None
    values = {name: getattr(parent, name) for name in Token.__slots__}
    fresh = {"hash": secrets.digest(late), "kind": tokens.ACCESS, "parent": digest, "expires_at": NOW + 1}
    tokens.add(tx, Token(**values | fresh))
    return Granted(access_token=late, scopes=SCOPES, seconds=1)


@pytest.mark.parametrize("end", ["switch", "remove", "withdraw"])
async def test_a_token_given_at_the_same_moment_ends_too(
    db: Database, world: World, database_url: str, end: str
) -> None:
    new = await made(db, world.user)
    given, late = await granted(db, new), []

    async def then(other: Database) -> object:
        match end:
            case "switch":
                return await registry.switch(other, new.client, active=False)
            case "remove":
                return await registry.remove(other, new.client)
        return await other.write(lambda tx: tokens.revoke_client(tx, new.client.id, world.user.id))

    def begin(tx: Tx) -> None:
        late.append(late_token(tx, new.client, str(given.refresh_token)))

    await meanwhile(db, database_url, begin, then)
    assert not await opens(db, late[0])


@pytest.mark.parametrize("active", [False, None], ids=["switched off", "removed"])
async def test_none_is_given_once_it_has_begun_to_end(
    db: Database, world: World, database_url: str, active: bool | None
) -> None:
    new = await made(db, world.user)
    given = await granted(db, new)

    def begin(tx: Tx) -> None:
        current = clients.lock(tx, new.client.org_id, new.client.id)
        assert current == new.client
        if active is None:
            tokens.revoke_client(tx, current.id)
            clients.remove(tx, current.org_id, current.id)
        else:
            clients.replace(tx, replace(current, active=active))
            tokens.end_access(tx, current.id)

    outcome = await meanwhile(db, database_url, begin, lambda other: refreshed(other, credentials(new), given))
    assert outcome is OAuthError.INVALID_CLIENT


async def test_a_consent_to_a_client_switched_off_since_is_as_good_as_refused(db: Database, world: World) -> None:
    new = await made(db, world.user, SERVER)
    asked = authorize.read(
        [
            ("client_id", new.client.id),
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("scope", SCOPES),
        ],
        new.client,
    )
    assert isinstance(asked, authorize.Request)
    own = Center(name="us", accounts="https://accounts.example", api="https://api.example")
    centers = Centers(own=own, others={})
    approve = partial(authorize.approve, db, asked, world.user, asked=True, centers=centers, now=NOW, terms=TERMS)
    assert (await approve()).startswith(f"{BACK}?code=")
    await registry.switch(db, new.client, active=False)
    assert await approve() == f"{BACK}?error=access_denied"
    await registry.remove(db, new.client)
    assert await approve() == f"{BACK}?error=access_denied"


async def test_of_two_who_change_it_at_once_both_are_heard(db: Database, world: World, database_url: str) -> None:
    new = await made(db, world.user, SERVER)
    other = Database(database_url)
    try:
        secret, changed, off = await asyncio.gather(
            registry.new_secret(db, new.client),
            registry.change(other, new.client, replace(SERVER, name="Anew")),
            registry.switch(db, new.client, active=False),
        )
    finally:
        await other.close()
    assert secret is not None
    assert None not in (changed, off)
    kept = await stored(db, new.client)
    assert kept == replace(new.client, name="Anew", active=False, secret_hash=secrets.digest(secret))
