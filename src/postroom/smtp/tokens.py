"""Access tokens: fetched when they are wanted, kept until shortly before they end, one at a time for each transport."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Final, TypeAlias

from postroom.mail.life import Stage
from postroom.smtp.grant import Grant
from postroom.smtp.issuer import issue
from postroom.smtp.protocol import failed
from postroom.smtp.route import Route

SECONDS: Final = 30.0  # ours: for fetching one; Google and Microsoft take less than one
_PATIENCE: Final = 2  # times the former: for whoever waits, the store included
EARLY_SECONDS: Final = 60.0  # ours: so long before its end a token is no longer shown

# What the transport of a route signs in with by now; None: another way, or it is gone.
Newest: TypeAlias = Callable[[Route], Awaitable[Grant | None]]
# Store the second in the place of the first, if that is still what the transport of the route signs in with.
Exchange: TypeAlias = Callable[[Route, Grant, Grant], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    token: str = field(repr=False)
    until: float


_Key: TypeAlias = tuple[int, Grant]


class Tokens:
    """All access tokens of one worker.

    ``urls`` are the token endpoints of the servers that are known by a word. ``trust`` makes the TLS settings, for us
    alone: HTTP writes into them. Grants are read anew before each fetching: another process may have been given a new
    refresh token meanwhile.
    """

    def __init__(
        self,
        *,
        urls: Mapping[str, str],
        trust: Callable[[], ssl.SSLContext],
        newest: Newest,
        exchange: Exchange,
        seconds: float = SECONDS,
    ) -> None:
        self._urls = urls
        self._trust = trust
        self._newest = newest
        self._exchange = exchange
        self._seconds = seconds
        self._held: dict[_Key, _Held] = {}
        self._fetching: dict[_Key, asyncio.Task[str]] = {}

    async def bearer(self, route: Route, grant: Grant) -> str:
        """A token that is good for now. Raises ``SessionFailed``, and what the reading of a grant raises."""
        key = (route.transport_id, grant)
        held = self._held.get(key)
        if held is not None and self._now < held.until:
            return held.token
        task = self._fetching.get(key)
        if task is None:
            task = self._fetching[key] = asyncio.create_task(self._fetch(route, grant))
            task.add_done_callback(partial(self._fetched, key))
        try:
            async with asyncio.timeout(self._seconds * _PATIENCE):
                # Whoever gives up does not take it from the others who wait.
                return await asyncio.shield(task)
        except TimeoutError:
            raise failed(Stage.AUTH, route.server, "no access token came in time") from None

    def forget(self, route: Route, grant: Grant, token: str) -> None:
        """The server refuses this token: fetch another, unless that was done already."""
        held = self._held.get((route.transport_id, grant))
        if held is not None and held.token == token:
            del self._held[route.transport_id, grant]

    async def close(self) -> None:
        """Fetch nothing more."""
        for task in self._fetching.values():
            task.cancel()
        await asyncio.gather(*self._fetching.values(), return_exceptions=True)

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._trust()  # takes a tenth of a second, and most need none

    async def _fetch(self, route: Route, grant: Grant) -> str:
        grant = await self._newest(route) or grant
        asked = self._now
        url = self._urls.get(grant.server, grant.server)
        issued = await issue(grant, url, context=self._context, seconds=self._seconds)
        self._held = {key: held for key, held in self._held.items() if asked < held.until}
        until = asked + issued.seconds - EARLY_SECONDS
        self._held[route.transport_id, grant] = _Held(token=issued.token, until=until)
        # RFC 6749 §6: the server may give another refresh token, and end the one that it was shown.
        if issued.refresh_token != grant.refresh_token:
            await self._exchange(route, grant, replace(grant, refresh_token=issued.refresh_token))
        return issued.token

    def _fetched(self, key: _Key, task: asyncio.Task[str]) -> None:
        del self._fetching[key]
        if not task.cancelled():
            task.exception()  # told to those who wait, if anybody does
