"""Where a domain's mail goes directly, and how the way there must be protected.

1. The MX records, in their order (``mx``).
2. The domain's policy (``policies``): it may demand verified certificates of certain servers (MTA-STS).
3. The addresses of each server, and what the signed DNS says of its certificate (``dane``).
4. A route to each server that may be dialled; or why there is none.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final, TypeAlias

import structlog

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.smtp.dane import Tlsa, usable
from postroom.smtp.kept import Kept
from postroom.smtp.mx import HOSTS, order, unroutable
from postroom.smtp.policies import Policies
from postroom.smtp.reply import one_line
from postroom.smtp.resolver import Answer, Resolver, Unresolved
from postroom.smtp.route import Destination, Route, Tls
from postroom.smtp.sts import Mode, Policy

log = structlog.get_logger()

_ADDRESSES: Final = 4  # of each version, of one server; ours, like ``HOSTS``
_KEPT_SECONDS: Final = 60.0  # ours: a thousand mails to one domain ask once, and a change is seen within a minute
_FAILED_SECONDS: Final = 20.0  # shorter than the shortest pause of a mail, so that each of its attempts asks
_MOST: Final = 10_000

_Routes: TypeAlias = tuple[Route, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Domain:
    """What holds for all servers of a domain. ``signed``: who they are is verified."""

    name: str
    signed: bool
    has_mx: bool
    policy: Policy | None

    @property
    def enforced(self) -> Policy | None:
        """The policy, where mail must not go but as it says."""
        return self.policy if self.policy is not None and self.policy.mode is Mode.ENFORCE else None


class Destinations:
    """Finds ways, and remembers them for a while; who asks for what is being looked for waits for that.

    ``ourselves`` is the name we go by. ``may_dial`` says of an address whether strangers may send us there. ``port`` is
    where servers listen.
    """

    def __init__(
        self,
        resolver: Resolver,
        policies: Policies,
        *,
        ourselves: str,
        port: int,
        may_dial: Callable[[str], bool],
        chance: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolver = resolver
        self._policies = policies
        self._ourselves = ourselves
        self._port = port
        self._may_dial = may_dial
        self._chance = chance
        self._kept: Kept[str, _Routes | Outcome] = Kept(_MOST, clock)
        self._asked: dict[str, asyncio.Task[_Routes | Outcome]] = {}

    async def find(self, domain: str, *, transport_id: int, source: tuple[str, ...] = ()) -> Destination | Outcome:
        """The way to a domain (in A-labels), for a transport that speaks from ``source``; or why there is none.

        Raises ``Unavailable``.
        """
        found = self._kept.get(domain) or await self._shared(domain)
        if isinstance(found, Outcome):
            return found
        routes = tuple(replace(route, transport_id=transport_id, source=source) for route in found)
        return Destination(key=(transport_id, domain), routes=routes)

    async def _shared(self, domain: str) -> _Routes | Outcome:
        task = self._asked.get(domain)
        if task is None:
            task = self._asked[domain] = asyncio.create_task(self._look_up(domain))
            task.add_done_callback(lambda _: self._asked.pop(domain))
        # One that is called off leaves the others their answer.
        return await asyncio.shield(task)

    async def _look_up(self, domain: str) -> _Routes | Outcome:
        try:
            found = await self._ways(domain)
        except Unresolved as fault:
            found = _later("4.4.3", str(fault))
        seconds = _FAILED_SECONDS if isinstance(found, Outcome) and found.result is Result.DEFERRED else _KEPT_SECONDS
        self._kept.put(domain, found, seconds)
        return found

    async def _ways(self, name: str) -> _Routes | Outcome:
        mx = await self._resolver.mx(name)
        if not mx.exists:
            return unroutable("5.1.2", f"there is no domain {name}")
        hosts = order(mx.records, domain=name, ourselves=self._ourselves, chance=self._chance)
        if isinstance(hosts, Outcome):
            return hosts
        domain = _Domain(
            name=name,
            # RFC 7672 §2.2.2: without MX the domain is its own server, and its addresses tell.
            signed=mx.secure or not mx.records,
            has_mx=bool(mx.records),
            policy=await self._policies.of(name),
        )
        tried = _agreeable(hosts, domain)[:HOSTS]
        ways = await asyncio.gather(*(self._way(host, domain) for host in tried))
        routes = tuple(way for way in ways if isinstance(way, Route))
        return routes or _gravest([way for way in ways if isinstance(way, Outcome)])

    async def _way(self, host: str, domain: _Domain) -> Route | Outcome:
        """The route to one server of the domain, or why there is none."""
        try:
            found = await self._resolver.addresses(host)
            if not found.records:
                return unroutable("5.4.4" if domain.has_mx else "5.1.2", f"{host} has no address")
            addresses = self._allowed(found.records)
            if not addresses:
                return unroutable("5.4.4", f"{host} is in a network that the internet does not reach")
            # RFC 7672 §2.2: only where all that leads there is signed does it say anything.
            base, records = await self._tlsa(host, found) if domain.signed else (host, ())
        except Unresolved as fault:
            # RFC 7672 §2.1.2: who can make a question fail must not thereby get mail with less protection.
            return _later("4.4.3", str(fault))
        route = Route(transport_id=0, host=host, port=self._port, tls=Tls.OPPORTUNISTIC, addresses=addresses)
        return _protected(route, domain, base, records)

    async def _tlsa(self, host: str, found: Answer[str]) -> tuple[str, Sequence[Tlsa]]:
        """What is said of the certificate, and under which name."""
        for base in await self._bases(host, found):
            answer = await self._resolver.tlsa(base, self._port)
            if answer.records and answer.secure:
                return base, answer.records
        return host, ()

    async def _bases(self, host: str, found: Answer[str]) -> Sequence[str]:
        """The names under which it may be said, the best first (RFC 7672 §2.2.2, §2.2.3)."""
        if found.secure:
            return tuple(dict.fromkeys((found.name, host)))
        # An alias may be signed where its end is not.
        return (host,) if found.name != host and (await self._resolver.alias(host)).secure else ()

    def _allowed(self, addresses: Sequence[str]) -> tuple[str, ...]:
        allowed = [each for each in addresses if self._may_dial(each)]
        by_version = ([each for each in allowed if ip_address(each).version == version] for version in (6, 4))
        return tuple(each for some in by_version for each in some[:_ADDRESSES])


def _agreeable(hosts: Sequence[str], domain: _Domain) -> Sequence[str]:
    """The servers that the domain's policy names, in their order; all, where it names none of them."""
    policy = domain.policy
    if policy is None or policy.mode is Mode.NONE:
        return hosts
    named = [host for host in hosts if policy.allows(host)]
    if policy.mode is Mode.TESTING:
        if len(named) < len(hosts):
            log.info("policy in testing", domain=domain.name, unnamed=[host for host in hosts if host not in named])
        return hosts
    return named or hosts


def _protected(route: Route, domain: _Domain, base: str, records: Sequence[Tlsa]) -> Route | Outcome:
    """The route with the protection that is due; an outcome where the domain forbids it."""
    good = usable(records)
    # RFC 8461 §2: where a server has both, DANE decides.
    if good:
        return replace(route, tls=Tls.DANE, host=base, tlsa=good, names=(domain.name,))
    policy = domain.enforced
    if policy is not None:
        # RFC 8461 §5: not to be delivered, and tried again later: the policy may be about to change.
        if not policy.allows(route.host):
            return _later(
                "4.7.0", f"{route.host} is none of the servers that {domain.name} allows (MTA-STS)", Why.POLICY
            )
        return replace(route, tls=Tls.STARTTLS)
    # RFC 7672 §2.2: records that nobody can use still say that there is TLS.
    return replace(route, tls=Tls.DANE, host=base) if records else route


def _gravest(faults: Sequence[Outcome]) -> Outcome:
    """What is told of servers none of which can be dialled: that it is not for good, if it is not."""
    return next((each for each in faults if each.result is Result.DEFERRED), faults[0])


def _later(enhanced: str, line: str, why: Why | None = None) -> Outcome:
    return Outcome(result=Result.DEFERRED, stage=Stage.ROUTE, enhanced=enhanced, line=one_line(line), why=why)
