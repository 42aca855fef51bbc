"""Grants in the database: what transports sign in with by now, and the refresh tokens that take the place of others."""

import asyncio
from functools import partial

from postroom.app import App
from postroom.errors import Unavailable
from postroom.smtp.grant import Grant
from postroom.smtp.route import Route
from postroom.smtp.tokens import Exchange, Newest, Tokens
from postroom.smtp.trust import verifying
from postroom.store import transports
from postroom.store.db import Tx
from postroom.worker.settling import PAUSE_SECONDS


def tokens(app: App) -> Tokens:
    """The access tokens of a worker, none of them fetched yet."""
    return tokens_of(app, partial(_newest, app), partial(_exchange, app))


def tokens_of(app: App, newest: Newest, exchange: Exchange) -> Tokens:
    """Likewise, of grants that are kept elsewhere."""
    settings = app.settings
    return Tokens(
        urls={"google": settings.google_token_url, "microsoft": settings.microsoft_token_url},
        trust=partial(verifying, settings.ca_file),
        newest=newest,
        exchange=exchange,
    )


async def _newest(app: App, route: Route) -> Grant | None:
    (found,) = await app.db.read(partial(transports.find_many, transport_ids=[route.transport_id]))
    return None if found is None or found.oauth is None else Grant.read(app.vault.open_sealed(found.oauth))


async def _exchange(app: App, route: Route, old: Grant, new: Grant) -> None:
    # The old one may have ended when the new one was given: it is written, however long the database is away.
    while True:
        try:
            return await app.db.write(partial(_put, app=app, transport_id=route.transport_id, old=old, new=new))
        except Unavailable:
            await asyncio.sleep(PAUSE_SECONDS)


def _put(tx: Tx, *, app: App, transport_id: int, old: Grant, new: Grant) -> None:
    (found,) = transports.find_many(tx, [transport_id])
    if found is None or found.oauth is None:
        return
    kept = Grant.read(app.vault.open_sealed(found.oauth))
    # What an operator has set meanwhile stays, and what another process was given.
    if (kept, kept.refresh_token) == (old, old.refresh_token):
        transports.exchange_oauth(tx, found, app.vault.seal(new.text))
