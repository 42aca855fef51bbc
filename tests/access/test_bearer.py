"""From the Authorization header to the caller (W 0, 5.3)."""

from dataclasses import replace

import pytest

from postroom.access import grant
from postroom.access.bearer import FRESH_SECONDS, Bearers
from postroom.access.scope import Need, Operation
from postroom.errors import Reason, Unauthenticated
from postroom.store import users
from postroom.store.db import Database
from tests.access.dance import HOUR, granted, register
from tests.world import NOW, World


@pytest.mark.parametrize("form", ["Zoho-oauthtoken {}", "zoho-OAUTHTOKEN {}", "Bearer {}", "bearer  {} ", "BEARER {}"])
async def test_both_words_in_any_case(db: Database, world: World, form: str) -> None:
    made = await granted(db, await register(db, world))
    caller = await Bearers(db).authenticate(form.format(made.access_token), NOW)
    assert (caller.org_id, caller.user_id, caller.profile) == (world.org.id, world.user.id, "Administrator")
    assert caller.expires_at == NOW + HOUR * 1000
    assert caller.scopes.allow(Need(("send_mail", "contacts"), Operation.CREATE))


@pytest.mark.parametrize(
    "header",
    [None, "", " ", "Bearer", "Bearer ", "Zoho-oauthtoken", "Basic YTpi", "1000.a.b", "Zoho_oauthtoken 1000.a.b"],
)
async def test_nothing_to_look_up(db: Database, header: str | None) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        await Bearers(db).authenticate(header, NOW)
    assert refusal.value.faults[0].reason is Reason.NO_CREDENTIALS


@pytest.mark.parametrize("token", ["1000.a.b", "x" * 100_000, "é", "\0", "a b", "%00"])
async def test_an_unknown_token(db: Database, token: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        await Bearers(db).authenticate(f"Bearer {token}", NOW)
    assert refusal.value.faults[0].reason is Reason.TOKEN_INVALID


@pytest.mark.parametrize(("after", "good"), [(HOUR * 1000 - 1, True), (HOUR * 1000, False)])
async def test_a_token_ends_at_its_moment(db: Database, world: World, after: int, good: bool) -> None:
    made = await granted(db, await register(db, world))
    header = f"Bearer {made.access_token}"
    if good:
        await Bearers(db).authenticate(header, NOW + after)
        return
    with pytest.raises(Unauthenticated) as refusal:
        await Bearers(db).authenticate(header, NOW + after)
    assert refusal.value.faults[0].reason is Reason.TOKEN_INVALID


async def test_what_was_looked_up_is_believed_until_forgotten(db: Database, world: World) -> None:
    made = await granted(db, await register(db, world))
    header, bearers = f"Bearer {made.access_token}", Bearers(db)
    caller = await bearers.authenticate(header, NOW)
    assert await bearers.authenticate(header, NOW) is caller
    assert await grant.revoke(db, made.access_token)
    bearers.forget()
    with pytest.raises(Unauthenticated):
        await bearers.authenticate(header, NOW)


async def test_what_was_looked_up_is_not_believed_after_its_end(db: Database, world: World) -> None:
    made = await granted(db, await register(db, world))
    header, bearers = f"Bearer {made.access_token}", Bearers(db)
    await bearers.authenticate(header, NOW)
    with pytest.raises(Unauthenticated):
        await bearers.authenticate(header, NOW + HOUR * 1000)


async def test_a_users_new_profile_and_state_are_felt_within_a_second(db: Database, world: World) -> None:
    made = await granted(db, await register(db, world))
    seconds = 0.0
    header, bearers = f"Bearer {made.access_token}", Bearers(db, elapsed=lambda: seconds)
    assert (await bearers.authenticate(header, NOW)).profile == "Administrator"
    demoted = replace(world.user, profile="Standard")
    await db.write(lambda tx: users.save(tx, demoted))
    seconds = FRESH_SECONDS
    assert (await bearers.authenticate(header, NOW)).profile == "Standard"
    await db.write(lambda tx: users.save(tx, replace(demoted, active=False)))
    seconds = FRESH_SECONDS * 1.9
    assert (await bearers.authenticate(header, NOW)).profile == "Standard"
    seconds = FRESH_SECONDS * 2
    with pytest.raises(Unauthenticated) as refusal:
        await bearers.authenticate(header, NOW)
    assert refusal.value.faults[0].reason is Reason.TOKEN_INVALID
    assert FRESH_SECONDS <= 1
