"""The policies of domains, as they are now: looked for in the DNS, fetched over HTTPS, kept. RFC 8461 §3 and §5."""

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Final, Protocol

import httpx
import structlog

from postroom.smtp.kept import Kept
from postroom.smtp.resolver import Resolver, Unresolved
from postroom.smtp.sts import POLICY_OCTETS, BadPolicy, Policy, published, read

log = structlog.get_logger()

_PORT: Final = 443
_FETCH_SECONDS: Final = 60.0  # RFC 8461 §3.3
_CONNECT_SECONDS: Final = 10.0
_ADDRESSES: Final = 3  # that are tried for one policy
_REST_SECONDS: Final = 300.0  # RFC 8461 §3.3: a server that does not give its policy is left alone for so long
_FRESH_MS: Final = 24 * 3600 * 1000  # RFC 8461 §3.3: who would hold a policy back must do so from its first day
_MOST: Final = 10_000


class Shelf(Protocol):
    """Where policies are kept, across starts and for all workers. Both raise ``Unavailable``."""

    async def find(self, domain: str) -> Policy | None:
        """The last policy of the domain that was kept, ended or not."""

    async def keep(self, domain: str, policy: Policy) -> None:
        """Keep it in place of the last."""


class NotFetched(Exception):  # noqa: N818 - what happened, caught within this room
    """The server gave no policy; the message says why."""


class Policies:
    """Asks ``resolver``, and servers at addresses that ``may_dial`` allows, whose certificates ``trust`` verifies.

    ``trust`` is used for nothing else: an HTTP client writes into it. ``clock`` gives ms since the epoch.
    """

    def __init__(
        self,
        resolver: Resolver,
        shelf: Shelf,
        *,
        trust: ssl.SSLContext,
        may_dial: Callable[[str], bool],
        clock: Callable[[], int],
        port: int = _PORT,
    ) -> None:
        # Security does not rest on who made the context.
        assert trust.check_hostname
        assert trust.verify_mode is ssl.CERT_REQUIRED
        self._resolver = resolver
        self._shelf = shelf
        self._trust = trust
        self._may_dial = may_dial
        self._clock = clock
        self._port = port
        self._failed: Kept[tuple[str, str], bool] = Kept(_MOST, time.monotonic)

    async def of(self, domain: str) -> Policy | None:
        """The policy that holds for the domain's mail now. Raises ``Unavailable``."""
        now = self._clock()
        kept = await self._shelf.find(domain)
        if kept is not None and kept.ends_at <= now:
            kept = None
        latest = await self._latest(domain)
        # RFC 8461 §3.3: what was kept holds to its end, also where the DNS says nothing any more: who can make it say
        # nothing could else undo every policy.
        if latest is None or (kept is not None and kept.id == latest and now < _stale_at(kept)):
            return kept
        if self._failed.get((domain, latest)):
            return kept
        try:
            policy = await self.fetch(domain, latest)
        except NotFetched as fault:
            log.info("policy not fetched", domain=domain, fault=str(fault))
            self._failed.put((domain, latest), True, _REST_SECONDS)
            return kept
        await self._shelf.keep(domain, policy)
        return policy

    async def _latest(self, domain: str) -> str | None:
        try:
            return published((await self._resolver.txt(f"_mta-sts.{domain}")).records)
        except Unresolved:
            return None

    async def fetch(self, domain: str, latest: str) -> Policy:
        """The policy that the domain's host gives now, under the id ``latest``. Raises ``NotFetched``."""
        try:
            async with asyncio.timeout(_FETCH_SECONDS):
                return read(await self._text(f"mta-sts.{domain}"), id=latest, now=self._clock())
        except (TimeoutError, Unresolved, UnicodeDecodeError, BadPolicy, httpx.HTTPError, OSError) as error:
            raise NotFetched(f"{type(error).__name__}: {error}") from None

    async def _text(self, host: str) -> str:
        found = (await self._resolver.addresses(host)).records
        allowed = [address for address in found if self._may_dial(address)][:_ADDRESSES]
        if not allowed:
            raise NotFetched(f"{host} has no address that may be dialled")
        limits = httpx.Timeout(_FETCH_SECONDS, connect=_CONNECT_SECONDS)
        # No proxy of the environment, and no redirect (RFC 8461 §3.3), leads elsewhere.
        async with httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=limits) as client:
            *others, last = allowed
            for address in others:
                try:
                    return await self._get(client, host, address)
                except httpx.TransportError:
                    continue
            return await self._get(client, host, last)

    async def _get(self, client: httpx.AsyncClient, host: str, address: str) -> str:
        place = f"[{address}]" if ":" in address else address
        url = f"https://{place}:{self._port}/.well-known/mta-sts.txt"
        headers = {"Host": host, "Accept": "text/plain", "Accept-Encoding": "identity", "User-Agent": "postroom"}
        # The certificate must be the host's, whatever the address.
        extensions = {"sni_hostname": host}
        async with client.stream("GET", url, headers=headers, extensions=extensions) as response:
            _check(response)
            octets = b""
            # Not unpacked: some octets may become more than there is memory.
            async for piece in response.aiter_raw():
                octets += piece
                if len(octets) > POLICY_OCTETS:
                    raise NotFetched("the policy is too long")
        return octets.decode()


def _stale_at(policy: Policy) -> int:
    """When it is asked for again, though it has not ended."""
    return policy.fetched_at + min(_FRESH_MS, (policy.ends_at - policy.fetched_at) // 2)


def _check(response: httpx.Response) -> None:
    # RFC 8461 §3.3: nothing but 200 is a policy; §3.2: nothing but plain text, where users may write pages.
    if response.status_code != 200:
        raise NotFetched(f"the answer is {response.status_code}")
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/plain":
        raise NotFetched("the answer is no plain text")
    if "content-encoding" in response.headers:
        raise NotFetched("the answer is packed, which nobody asked for")
