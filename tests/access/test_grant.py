"""Codes, refresh tokens and access tokens (W 4.3 to 4.6, 4.11), on each database."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text, update

from postroom.access import grant, secrets
from postroom.access.bearer import Bearers
from postroom.access.grant import Credentials, Granted, OAuthError, Shown
from postroom.errors import Reason, Unauthenticated
from postroom.store import tokens
from postroom.store.db import Database, Tx
from postroom.store.tables import token, user
from tests.access.dance import HOUR, SCOPES, TERMS, Dancer, granted, make_code, register
from tests.world import NOW, World

MINUTE = 60_000


async def test_a_code_gives_both_tokens_and_the_refresh_token_more(db: Database, world: World) -> None:
    dancer = await register(db, world)
    first = await granted(db, dancer)
    assert first.refresh_token is not None
    assert (first.scopes, first.seconds) == (SCOPES, HOUR)
    second = await grant.refresh(
        db, dancer.shown, first.refresh_token, now=NOW + MINUTE, terms=replace(TERMS, access_seconds=60)
    )
    assert isinstance(second, Granted)
    assert second.refresh_token is None
    assert (second.scopes, second.seconds) == (SCOPES, 60)
    for each in (first, second):
        caller = await Bearers(db).authenticate(f"Bearer {each.access_token}", NOW + MINUTE)
        assert (caller.org_id, caller.user_id) == (world.org.id, world.user.id)


async def test_only_hashes_are_stored(db: Database, world: World) -> None:
    dancer = await register(db, world)
    made = await granted(db, dancer)
    rows = await db.read(lambda tx: str(tx.execute(token.select()).all()))
    assert made.access_token not in rows
    assert str(made.refresh_token) not in rows


async def test_of_many_who_exchange_one_code_one_wins(db: Database, world: World) -> None:
    dancer = await register(db, world)
    code = await make_code(db, dancer)
    results = await asyncio.gather(
        *(grant.exchange_code(db, dancer.shown, Shown(code=code), now=NOW, terms=TERMS) for _ in range(8))
    )
    assert [each for each in results if each is not OAuthError.INVALID_CODE] == [
        each for each in results if isinstance(each, Granted)
    ]
    assert sum(isinstance(each, Granted) for each in results) == 1
    again = await grant.exchange_code(db, dancer.shown, Shown(code=code), now=NOW, terms=TERMS)
    assert again is OAuthError.INVALID_CODE


@pytest.mark.parametrize(
    ("minutes", "after", "good"), [(3, 3 * MINUTE - 1, True), (3, 3 * MINUTE, False), (10, 9 * MINUTE, True)]
)
async def test_a_code_lives_as_long_as_chosen(db: Database, world: World, minutes: int, after: int, good: bool) -> None:
    dancer = await register(db, world)
    code = await make_code(db, dancer, minutes=minutes)
    result = await grant.exchange_code(db, dancer.shown, Shown(code=code), now=NOW + after, terms=TERMS)
    assert isinstance(result, Granted) is good


@pytest.mark.parametrize("minutes", [2, 4, 11])
async def test_a_code_lives_three_to_ten_minutes(db: Database, world: World, minutes: int) -> None:
    dancer = await register(db, world)
    with pytest.raises(ValueError, match="3, 5, 7 or 10 minutes"):
        await grant.make_code(db, dancer.client, SCOPES, now=NOW, terms=TERMS, minutes=minutes)


async def test_a_code_is_for_scopes(db: Database, world: World) -> None:
    dancer = await register(db, world)
    with pytest.raises(ValueError, match="'contacts'"):
        await grant.make_code(db, dancer.client, "contacts", now=NOW, terms=TERMS)


async def test_a_client_shows_who_it_is(db: Database, world: World) -> None:
    dancer, other = await register(db, world), await register(db, world)
    made = await granted(db, dancer)
    refresh_token = str(made.refresh_token)
    code = await make_code(db, dancer)
    wrong = {
        Credentials(client_id="1000.NOBODY", client_secret=dancer.secret): OAuthError.INVALID_CLIENT,
        Credentials(client_id="", client_secret=""): OAuthError.INVALID_CLIENT,
        Credentials(client_id="\0", client_secret=""): OAuthError.INVALID_CLIENT,
        Credentials(client_id=dancer.client.id, client_secret=other.secret): OAuthError.INVALID_CLIENT_SECRET,
        Credentials(client_id=dancer.client.id, client_secret=""): OAuthError.INVALID_CLIENT_SECRET,
        other.shown: OAuthError.INVALID_CODE,
    }
    for shown, error in wrong.items():
        assert await grant.refresh(db, shown, refresh_token, now=NOW, terms=TERMS) is error
        assert await grant.exchange_code(db, shown, Shown(code=code), now=NOW, terms=TERMS) is error
    # Nobody's mistake has spoiled the code for its owner.
    assert isinstance(await grant.exchange_code(db, dancer.shown, Shown(code=code), now=NOW, terms=TERMS), Granted)


async def test_a_token_of_one_kind_is_none_of_another(db: Database, world: World) -> None:
    dancer = await register(db, world)
    made = await granted(db, dancer)
    code = await make_code(db, dancer)
    for refresh_token in (code, made.access_token, "", "\0"):
        result = await grant.refresh(db, dancer.shown, refresh_token, now=NOW, terms=TERMS)
        assert result is OAuthError.INVALID_CODE
    for bearer in (code, str(made.refresh_token)):
        with pytest.raises(Unauthenticated):
            await Bearers(db).authenticate(f"Bearer {bearer}", NOW)


async def test_revoking_a_refresh_token_takes_its_access_tokens(db: Database, world: World) -> None:
    dancer = await register(db, world)
    made, kept = await granted(db, dancer), await granted(db, dancer)
    refresh_token = str(made.refresh_token)
    assert await grant.revoke(db, refresh_token)
    assert not await grant.revoke(db, refresh_token)
    with pytest.raises(Unauthenticated):
        await Bearers(db).authenticate(f"Bearer {made.access_token}", NOW)
    result = await grant.refresh(db, dancer.shown, refresh_token, now=NOW, terms=TERMS)
    assert result is OAuthError.INVALID_CODE
    await Bearers(db).authenticate(f"Bearer {kept.access_token}", NOW)


async def test_revoking_an_access_token_leaves_the_refresh_token(db: Database, world: World) -> None:
    dancer = await register(db, world)
    made = await granted(db, dancer)
    assert await grant.revoke(db, made.access_token)
    with pytest.raises(Unauthenticated):
        await Bearers(db).authenticate(f"Bearer {made.access_token}", NOW)
    again = await grant.refresh(db, dancer.shown, str(made.refresh_token), now=NOW, terms=TERMS)
    assert isinstance(again, Granted)


async def test_a_code_cannot_be_revoked_away(db: Database, world: World) -> None:
    dancer = await register(db, world)
    code = await make_code(db, dancer)
    assert not await grant.revoke(db, code)


async def test_a_revocation_at_the_same_moment_takes_the_new_access_token_too(
    db: Database, world: World, database_url: str
) -> None:
    """Two processes: one holds the refresh token for a new access token, the other revokes it meanwhile."""
    dancer = await register(db, world)
    made = await granted(db, dancer)
    digest = secrets.digest(str(made.refresh_token))
    elsewhere = Database(database_url)
    begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    revoking: list[asyncio.Task[bool]] = []
    loop = asyncio.get_running_loop()

    async def revoke_elsewhere() -> None:
        revoking.append(asyncio.create_task(elsewhere.write(lambda tx: tokens.revoke(tx, digest))))
        begun.set_result(None)

    def renew(tx: Tx) -> bytes:
        assert tokens.use_refresh(tx, digest, NOW)
        asyncio.run_coroutine_threadsafe(revoke_elsewhere(), loop).result()
        while not db.is_sqlite and not tx.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar():
            continue  # until the revocation waits for us; on SQLite it waits from its BEGIN on
        child = tokens.find(tx, secrets.digest(made.access_token), tokens.ACCESS)
        assert child is not None
        late = secrets.digest("late")
        tokens.add(tx, replace(child, hash=late))
        return late

    try:
        late = await db.write(renew)
        await begun
        assert await revoking[0]
    finally:
        await elsewhere.close()
    assert await db.read(lambda tx: tokens.find(tx, late, tokens.ACCESS)) is None


async def test_a_user_switched_off_gets_and_uses_no_token(db: Database, world: World) -> None:
    dancer = await register(db, world)
    made = await granted(db, dancer)
    await db.write(lambda tx: tx.execute(update(user).where(user.c.id == world.user.id).values(active=False)).rowcount)
    with pytest.raises(Unauthenticated) as refusal:
        await Bearers(db).authenticate(f"Bearer {made.access_token}", NOW)
    assert refusal.value.faults[0].reason is Reason.TOKEN_INVALID
    result = await grant.refresh(db, dancer.shown, str(made.refresh_token), now=NOW, terms=TERMS)
    assert result is OAuthError.INVALID_CODE


def test_nothing_secret_is_shown_by_accident() -> None:
    shown = Credentials(client_id="1000.A", client_secret="hidden-1")
    made = Granted(access_token="hidden-2", refresh_token="hidden-3", scopes=SCOPES, seconds=HOUR)
    assert "hidden" not in f"{shown!r} {made!r} {Dancer.__name__}"
