"""How many codes and tokens there may be (W 4.10), on each database, and whoever asks at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

import pytest

from postroom.access import grant, issue, secrets
from postroom.access.bearer import Bearers
from postroom.access.grant import Granted, OAuthError, Shown
from postroom.access.issue import Grant
from postroom.access.terms import MINUTE, TEN_MINUTES, Terms
from postroom.config import Settings
from postroom.errors import Unauthenticated
from postroom.store import tokens
from postroom.store.db import Database, Tx
from tests.access.dance import SCOPES, TERMS, Dancer, register
from tests.store.meanwhile import meanwhile
from tests.world import NOW, World

DEFAULTS = Terms.of(Settings())
R = TypeVar("R")
MANY = 30  # callers at once: more than any limit


def test_the_limits_are_those_of_the_wire_unless_set() -> None:
    assert (
        Terms(
            access_seconds=3600,
            code_seconds=120,
            poll_seconds=30,
            codes_per_client=10,
            access_per_refresh=10,
            refresh_per_minute=5,
            live_access=15,
            refresh_per_user=20,
        )
        == DEFAULTS
    )


# --- codes of a client


async def code(db: Database, dancer: Dancer, *, now: int = NOW, terms: Terms = DEFAULTS) -> str | OAuthError:
    return await grant.make_code(db, dancer.client, SCOPES, now=now, terms=terms)


async def test_a_client_gets_ten_codes_in_ten_minutes(db: Database, world: World) -> None:
    dancer, other = await register(db, world), await register(db, world)
    for n in range(10):
        assert isinstance(await code(db, dancer, now=NOW + n * MINUTE), str), n
    last = NOW + TEN_MINUTES - 1
    assert await code(db, dancer, now=last) is OAuthError.THROTTLED
    assert isinstance(await code(db, other, now=last), str), "each client is counted by itself"
    # The window began with the first, and those that were refused make the next one no shorter.
    for n in range(10):
        assert isinstance(await code(db, dancer, now=NOW + TEN_MINUTES + n), str), n
    assert await code(db, dancer, now=NOW + 2 * TEN_MINUTES - 1) is OAuthError.THROTTLED


# --- refresh tokens of a user


async def refresh_token(db: Database, dancer: Dancer, *, now: int = NOW, terms: Terms = DEFAULTS) -> str | OAuthError:
    return await grant.make_refresh(db, dancer.client, SCOPES, now=now, terms=terms)


async def test_a_user_gets_five_refresh_tokens_a_minute(db: Database, world: World) -> None:
    dancer, other = await register(db, world), await register(db, world)
    for n in range(5):
        assert isinstance(await refresh_token(db, (dancer, other)[n % 2], now=NOW + n), str), n
    assert await refresh_token(db, dancer, now=NOW + MINUTE - 1) is OAuthError.THROTTLED
    assert await refresh_token(db, other, now=NOW + MINUTE - 1) is OAuthError.THROTTLED, "it is the user's count"
    colleagues = Dancer(client=replace(dancer.client, user_id=world.colleague.id), secret=dancer.secret)
    assert isinstance(await refresh_token(db, colleagues, now=NOW + MINUTE - 1), str)
    assert isinstance(await refresh_token(db, dancer, now=NOW + MINUTE), str)


async def test_a_throttled_exchange_leaves_its_code_usable(db: Database, world: World) -> None:
    dancer = await register(db, world)
    terms = replace(DEFAULTS, refresh_per_minute=1)
    first, second = str(await code(db, dancer)), str(await code(db, dancer))
    assert isinstance(await exchange(db, dancer, first, terms=terms), Granted)
    assert await exchange(db, dancer, second, terms=terms) is OAuthError.THROTTLED
    assert await exchange(db, dancer, second, now=NOW + MINUTE - 1, terms=terms) is OAuthError.THROTTLED
    granted = await exchange(db, dancer, second, now=NOW + MINUTE, terms=terms)
    assert isinstance(granted, Granted)
    assert await works(db, granted.access_token, NOW + MINUTE)
    # It was exchanged now, and once.
    assert await exchange(db, dancer, second, now=NOW + MINUTE, terms=terms) is OAuthError.INVALID_CODE
    assert not await works(db, granted.access_token, NOW + MINUTE)


async def test_the_twenty_first_refresh_token_ends_the_first_with_its_access_tokens(db: Database, world: World) -> None:
    dancer = await register(db, world)
    terms = replace(DEFAULTS, refresh_per_minute=0, codes_per_client=0)
    given = [await dance(db, dancer, now=NOW + n, terms=terms) for n in range(20)]
    first, second, last = given[0], given[1], given[-1]
    more = await renew(db, dancer, first, now=NOW + 20)
    assert isinstance(more, Granted)
    assert await works(db, first.access_token)
    await dance(db, dancer, now=NOW + 21, terms=terms)
    assert [await works(db, each.access_token) for each in (first, more, second, last)] == [False, False, True, True]
    assert await renew(db, dancer, first, now=NOW + 21) is OAuthError.INVALID_CODE
    assert isinstance(await renew(db, dancer, second, now=NOW + 21), Granted)


async def test_a_users_refresh_tokens_end_nobody_elses(db: Database, world: World) -> None:
    dancer = await register(db, world)
    colleagues = Dancer(client=replace(dancer.client, user_id=world.colleague.id), secret=dancer.secret)
    terms = replace(TERMS, refresh_per_user=1)
    kept = await dance(db, colleagues, terms=terms)
    mine = await dance(db, dancer, terms=terms)
    await dance(db, dancer, now=NOW + 1, terms=terms)
    assert [await works(db, each.access_token) for each in (kept, mine)] == [True, False]


# --- access tokens of a refresh token


async def test_a_refresh_token_gives_ten_access_tokens_in_ten_minutes(db: Database, world: World) -> None:
    dancer = await register(db, world)
    given = [await dance(db, dancer) for _ in range(2)]
    # The first came with the refresh token and is counted with the others.
    for n in range(9):
        assert isinstance(await renew(db, dancer, given[0], now=NOW + n * MINUTE, terms=DEFAULTS), Granted), n
    last = NOW + TEN_MINUTES - 1
    assert await renew(db, dancer, given[0], now=last, terms=DEFAULTS) is OAuthError.THROTTLED
    assert isinstance(await renew(db, dancer, given[1], now=last, terms=DEFAULTS), Granted), "each by itself"
    assert isinstance(await renew(db, dancer, given[0], now=last + 1, terms=DEFAULTS), Granted)


async def test_the_sixteenth_live_access_token_ends_the_oldest(db: Database, world: World) -> None:
    dancer = await register(db, world)
    terms = replace(DEFAULTS, access_per_refresh=0)
    first = await dance(db, dancer, terms=terms)
    other = await dance(db, dancer, terms=terms)
    made = [first.access_token]
    for n in range(1, 16):
        more = await renew(db, dancer, first, now=NOW + n, terms=terms)
        assert isinstance(more, Granted)
        made.append(more.access_token)
        # Fifteen live, however many are made: always the newest ones.
        assert [await works(db, each, NOW + n) for each in made[-16:]] == [n < 15 or at > 0 for at in range(n + 1)]
    assert await works(db, other.access_token, NOW + 15), "another refresh token's are not counted with them"


async def test_those_that_expired_by_themselves_make_room(db: Database, world: World) -> None:
    dancer = await register(db, world)
    terms = replace(TERMS, live_access=2, access_seconds=60)
    first = await dance(db, dancer, terms=terms)
    later = NOW + 59_999
    second = await renew(db, dancer, first, now=later, terms=terms)
    third = await renew(db, dancer, first, now=NOW + 60_000, terms=terms)
    assert isinstance(second, Granted)
    assert isinstance(third, Granted)
    at = NOW + 60_000
    assert [await works(db, each.access_token, at) for each in (first, second, third)] == [False, True, True]


async def test_a_token_without_a_parent_is_not_counted(db: Database, world: World) -> None:
    """Those of W 4.7 belong to no refresh token."""
    dancer = await register(db, world)
    terms = replace(DEFAULTS, live_access=1, access_per_refresh=1)

    def make(tx: Tx) -> str | None:
        return issue.access(tx, of(dancer), parent=None, now=NOW, terms=terms)

    made = [str(await db.write(make)) for _ in range(3)]
    assert [await works(db, each) for each in made] == [True, True, True]


# --- without limits


async def test_none_is_no_limit(db: Database, world: World) -> None:
    dancer = await register(db, world)
    zero = Settings(codes_per_client=0, refresh_tokens_per_minute=0, access_tokens_per_refresh=0)
    terms = replace(Terms.of(zero), live_access=1000, refresh_per_user=1000)
    for _ in range(MANY):
        given = await dance(db, dancer, terms=terms)
    for _ in range(MANY):
        assert isinstance(await renew(db, dancer, given, terms=terms), Granted)


async def test_at_least_one_token_of_a_kind_may_live(db: Database, world: World) -> None:
    dancer = await register(db, world)
    terms = Terms.of(Settings(live_access_tokens=0, refresh_tokens_per_user=0))
    assert (terms.live_access, terms.refresh_per_user) == (1, 1)
    given = await dance(db, dancer, terms=terms)
    assert await works(db, given.access_token)


# --- many at once, in two processes


async def test_many_at_once_get_ten_codes(db: Database, world: World, database_url: str) -> None:
    dancer = await register(db, world)
    got = await at_once(db, database_url, lambda each: code(each, dancer))
    assert (len(got), got.count(OAuthError.THROTTLED)) == (MANY, MANY - 10)


async def test_many_at_once_get_five_refresh_tokens(db: Database, world: World, database_url: str) -> None:
    dancer = await register(db, world)
    got = await at_once(db, database_url, lambda each: refresh_token(each, dancer))
    assert (len(got), got.count(OAuthError.THROTTLED)) == (MANY, MANY - 5)


async def test_many_at_once_get_ten_access_tokens(db: Database, world: World, database_url: str) -> None:
    dancer = await register(db, world)
    given = await dance(db, dancer)
    terms = replace(DEFAULTS, live_access=1000)
    got = await at_once(db, database_url, lambda each: renew(each, dancer, given, terms=terms))
    assert (len(got), got.count(OAuthError.THROTTLED)) == (MANY, MANY - 9)
    live = [await works(db, each.access_token) for each in got if isinstance(each, Granted)]
    assert live == [True] * 9


async def test_of_many_at_once_as_many_live_as_may(db: Database, world: World, database_url: str) -> None:
    dancer = await register(db, world)
    terms = replace(TERMS, live_access=4, refresh_per_user=4)
    given = await dance(db, dancer, terms=terms)
    # Later than what came with the dance: of one moment's tokens any may be the oldest.
    later = NOW + 1
    got = await at_once(db, database_url, lambda each: renew(each, dancer, given, now=later, terms=terms))
    live = [await works(db, each.access_token, later) for each in got if isinstance(each, Granted)]
    assert (len(live), sum(live)) == (MANY, 4)
    made = await at_once(db, database_url, lambda each: refresh_token(each, dancer, now=later, terms=terms))
    usable = [await renew(db, dancer, str(each)) for each in made]
    assert sum(isinstance(each, Granted) for each in usable) == 4


async def test_who_comes_in_the_middle_of_it_waits(db: Database, world: World, database_url: str) -> None:
    """Where nothing but the count of those that live is limited, too."""
    dancer = await register(db, world)
    terms = replace(TERMS, live_access=1, refresh_per_user=1)
    given = await dance(db, dancer, terms=terms)
    parent = secrets.digest(str(given.refresh_token))
    made: list[str] = []

    def make_access(tx: Tx) -> None:
        made.append(str(issue.access(tx, of(dancer), parent=parent, now=NOW, terms=terms)))

    def make_refresh(tx: Tx) -> None:
        made.append(str(issue.refresh(tx, of(dancer), parent=None, now=NOW, terms=terms)))

    await meanwhile(db, database_url, make_access, lambda other: other.write(make_access))
    assert sorted([await works(db, each) for each in made]) == [False, True]
    made.clear()
    await meanwhile(db, database_url, make_refresh, lambda other: other.write(make_refresh))
    assert sum([isinstance(await renew(db, dancer, each), Granted) for each in made]) == 1


async def test_of_many_codes_exchanged_at_once_none_is_lost(db: Database, world: World, database_url: str) -> None:
    """What is throttled may be shown again, and is good then."""
    dancer = await register(db, world)
    terms = replace(DEFAULTS, codes_per_client=0, refresh_per_minute=2)
    codes = [str(await code(db, dancer, terms=terms)) for _ in range(6)]
    exchanged = 0
    for n in range(3):
        async with two(db, database_url) as databases:
            results = await asyncio.gather(
                *(
                    exchange(databases[at % 2], dancer, each, now=NOW + n * MINUTE, terms=terms)
                    for at, each in enumerate(codes)
                )
            )
        assert sum(isinstance(each, Granted) for each in results) == 2
        assert results.count(OAuthError.THROTTLED) == len(codes) - 2
        codes = [each for each, result in zip(codes, results, strict=True) if result is OAuthError.THROTTLED]
        exchanged += 2
    assert exchanged == 6


# --- steps


def of(dancer: Dancer) -> Grant:
    client = dancer.client
    return Grant(org_id=client.org_id, user_id=client.user_id, client_id=client.id, scopes=SCOPES)


async def exchange(
    db: Database, dancer: Dancer, code: str, *, now: int = NOW, terms: Terms = TERMS
) -> Granted | OAuthError:
    return await grant.exchange_code(db, dancer.shown, Shown(code=code), now=now, terms=terms)


async def dance(db: Database, dancer: Dancer, *, now: int = NOW, terms: Terms = DEFAULTS) -> Granted:
    """New tokens of both kinds."""
    made = await code(db, dancer, now=now, terms=terms)
    assert isinstance(made, str)
    granted = await exchange(db, dancer, made, now=now, terms=terms)
    assert isinstance(granted, Granted)
    return granted


async def renew(
    db: Database, dancer: Dancer, by: Granted | str, *, now: int = NOW, terms: Terms = TERMS
) -> Granted | OAuthError:
    token = by if isinstance(by, str) else str(by.refresh_token)
    return await grant.refresh(db, dancer.shown, token, now=now, terms=terms)


async def works(db: Database, access_token: str, now: int = NOW) -> bool:
    """Whether the API knows the token; asked anew each time."""
    try:
        await Bearers(db).authenticate(f"Bearer {access_token}", now)
    except Unauthenticated:
        return False
    return True


@asynccontextmanager
async def two(db: Database, database_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """The database as two processes have it."""
    other = Database(database_url)
    try:
        yield db, other
    finally:
        await other.close()


async def at_once(db: Database, database_url: str, do: Callable[[Database], Coroutine[object, object, R]]) -> list[R]:
    """What many callers of two processes get, who all ask at the same moment."""
    async with two(db, database_url) as databases:
        return await asyncio.gather(*(do(databases[n % 2]) for n in range(MANY)))


@pytest.mark.parametrize("kind", [tokens.CODE, tokens.REFRESH, tokens.ACCESS])
async def test_what_is_made_is_as_asked(db: Database, world: World, kind: str) -> None:
    dancer = await register(db, world)
    made = await db.write(
        lambda tx: {
            tokens.CODE: lambda: issue.code(tx, of(dancer), now=NOW, seconds=90, terms=DEFAULTS),
            tokens.REFRESH: lambda: issue.refresh(tx, of(dancer), parent=b"p", now=NOW, terms=DEFAULTS),
            tokens.ACCESS: lambda: issue.access(tx, of(dancer), parent=b"p", now=NOW, terms=DEFAULTS),
        }[kind]()
    )
    stored = await db.read(lambda tx: tokens.find(tx, secrets.digest(str(made)), kind))
    assert stored is not None
    assert (stored.org_id, stored.user_id, stored.client_id) == (world.org.id, world.user.id, dancer.client.id)
    ends = {tokens.CODE: NOW + 90_000, tokens.REFRESH: None, tokens.ACCESS: NOW + 3_600_000}
    assert (stored.scopes, stored.created_at, stored.expires_at) == (SCOPES, NOW, ends[kind])
    assert stored.parent == (None if kind == tokens.CODE else b"p")
