"""Expired tokens are removed by the worker, those that live are not."""

from functools import partial
from pathlib import Path

from postroom.access import secrets
from postroom.app import clock
from postroom.mail.retry import DAY
from postroom.store import tokens
from tests.access.dance import granted, register
from tests.worker.test_loop import post, worker


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
