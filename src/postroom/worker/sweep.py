"""What nobody needs any more is removed from time to time."""

from functools import partial
from typing import Final

from postroom.app import App
from postroom.mail.retry import DAY
from postroom.store import (
    accounts,
    allowance,
    confirmations,
    devices,
    fields,
    imports,
    indexer,
    once,
    policies,
    severing,
    throttles,
    tokens,
    usage,
    workers,
)
from postroom.store.db import Tx
from postroom.store.erasing import erase

PAUSE_SECONDS: Final = 3600.0
KEPT: Final = DAY  # ms after its end: a code used again, or a late client, is then still known for what it is
# The same file, given again, is still answered with what was refused of it. That it was imported is never forgotten: it
# is one row, and without it a file given again after a year would double every record that no value tells apart.
REFUSALS_KEPT: Final = 30 * DAY
ANSWERS_KEPT: Final = 7 * DAY  # of requests with an idempotency key (W 1.8)


async def sweep(app: App) -> None:
    """Remove what has long ended, values of removed fields and lookups to what is gone; index what is left over."""
    await app.db.write(partial(_drop, now=app.clock()))
    for gone in await app.db.read(fields.removed):
        await erase(app.db, gone)
    await severing.finish(app.db)
    await indexer.finish(app.db)


def _drop(tx: Tx, *, now: int) -> None:
    """Codes, tokens, sessions, requests of devices, mailed links, counts, workers, policies, refused lines, answers."""
    for drop in (
        tokens.drop_expired,
        accounts.drop_expired,
        devices.drop_expired,
        confirmations.drop_expired,
        throttles.drop_ended,
        usage.drop_old,
        allowance.drop_old,
        policies.drop_ended,
        workers.drop_unseen,
    ):
        drop(tx, now - KEPT)
    imports.drop_refusals(tx, now - REFUSALS_KEPT)
    once.drop_old(tx, now - ANSWERS_KEPT)
