"""Questions to the DNS: what stands there, whether its signatures were verified, and whether that is known at all."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final, Generic, TypeVar

from dns.asyncresolver import Resolver as Stub
from dns.exception import DNSException
from dns.flags import AD, RD, EDNSFlag
from dns.message import QueryMessage
from dns.name import Name, from_text
from dns.rcode import NOERROR
from dns.rdatatype import AAAA, CNAME, MX, PTR, TLSA, TXT, A, RdataType
from dns.resolver import NXDOMAIN, NoNameservers, NoResolverConfiguration
from dns.reversename import from_address

from postroom.errors import Misconfigured
from postroom.smtp.dane import Tlsa
from postroom.smtp.kept import Kept
from postroom.smtp.mx import Mx

SECONDS: Final = 10.0  # ours, for one question with all that is tried for it
_TRIES: Final = 3  # a datagram may be lost
_PAYLOAD: Final = 1232  # octets that pass everywhere in one piece; what is longer comes over TCP
_LONGEST: Final = 3600  # seconds that an answer is believed, whatever it says itself
_MOST: Final = 10_000  # answers in memory

T = TypeVar("T")


class Unresolved(Exception):  # noqa: N818 - what happened, caught within this room
    """There is no answer for now: none in time, a server in trouble, or signatures that are wrong (SERVFAIL)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(Generic[T]):
    """What stands under a name. Without records, ``exists`` tells whether there is anything else.

    ``name`` is where they stand, after aliases (CNAME). ``secure``: a resolver on this machine says that it verified
    all of it (RFC 4035 §3.2.3, RFC 7672 §2.1.1).
    """

    records: tuple[T, ...]
    name: str
    exists: bool
    secure: bool


class Resolver:
    """Asks the DNS server at ``address`` or ``address#port``; empty: those that the system asks.

    Raises ``Misconfigured``. Names go in as A-labels and come out in lower case, without the final dot. Every question
    raises ``Unresolved``, after ``seconds`` at the latest. ``clock``, in seconds, says when an answer is old.
    """

    def __init__(
        self, address: str = "", *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stub = _stub(address)
        self._stub.lifetime = seconds
        self._stub.timeout = seconds / _TRIES
        # RFC 6840 §5.7: AD in a question says that we know it in the answer; DO, that signatures may come along.
        self._stub.flags = RD | AD
        self._stub.use_edns(0, EDNSFlag.DO, _PAYLOAD)
        # RFC 7672 §2.1.3: the bit says nothing where somebody between the resolver and us may have set it.
        self.trusted = all(ip_address(str(each)).is_loopback for each in self._stub.nameservers)
        self._kept: Kept[tuple[Name, RdataType], Answer[Any]] = Kept(_MOST, clock)

    async def mx(self, domain: str) -> Answer[Mx]:
        """The servers that take the domain's mail."""
        return await self._ask(domain, MX, lambda each: Mx(preference=each.preference, host=_text(each.exchange)))

    async def addresses(self, host: str) -> Answer[str]:
        """The IP addresses of a host, of both versions."""
        six, four = await asyncio.gather(self._try(host, AAAA), self._try(host, A))
        found = [each for each in (six, four) if isinstance(each, Answer) and each.records]
        if found:
            # One that does not come is no reason to do without the other.
            return Answer(
                records=tuple(address for each in found for address in each.records),
                name=found[0].name,
                exists=True,
                secure=all(each.secure for each in found),
            )
        if isinstance(six, Unresolved):
            raise six
        if isinstance(four, Unresolved):
            raise four
        return four

    async def alias(self, host: str) -> Answer[str]:
        """What a host is an alias of (CNAME), one step; no record where it is none."""
        return await self._ask(host, CNAME, lambda each: _text(each.target))

    async def tlsa(self, host: str, port: int) -> Answer[Tlsa]:
        """What is said of the certificate of the server at that port (RFC 6698 §3)."""
        return await self._ask(
            f"_{port}._tcp.{host}",
            TLSA,
            lambda each: Tlsa(usage=each.usage, selector=each.selector, matching=each.mtype, data=each.cert),
        )

    async def txt(self, name: str) -> Answer[str]:
        """Texts, each put together of its pieces."""
        return await self._ask(name, TXT, lambda each: b"".join(each.strings).decode("utf-8", "replace"))

    async def ptr(self, address: str) -> Answer[str]:
        """The names that an IP address says it has. Raises ``ValueError`` where it is none."""
        return await self._ask(from_address(address).to_text(), PTR, lambda each: _text(each.target))

    async def _try(self, host: str, kind: RdataType) -> Answer[str] | Unresolved:
        try:
            return await self._ask(host, kind, lambda each: str(each.address))
        except Unresolved as fault:
            return fault

    async def _ask(self, name: str, kind: RdataType, read: Callable[[Any], T]) -> Answer[T]:
        try:
            asked = from_text(name)
        except DNSException:
            # Longer than a name can be, so nobody has it.
            return Answer(records=(), name=name, exists=False, secure=False)
        answer = self._kept.get((asked, kind))
        if answer is None:
            answer, seconds = self._read(await self._fetch(asked, kind), read)
            self._kept.put((asked, kind), answer, min(seconds, _LONGEST))
        return answer

    async def _fetch(self, name: Name, kind: RdataType) -> QueryMessage:
        try:
            return (await self._stub.resolve(name, kind, raise_on_no_answer=False)).response
        except NXDOMAIN as error:
            message: QueryMessage = error.responses()[name]  # type: ignore[no-untyped-call]
            return message
        except DNSException as error:
            raise Unresolved(f"{_text(name)} ({kind.name}): {_why(error)}") from None

    def _read(self, message: QueryMessage, read: Callable[[Any], T]) -> tuple[Answer[T], float]:
        """The answer, and for how many seconds it holds."""
        chain = message.resolve_chaining()
        answer = Answer(
            records=tuple(map(read, chain.answer or ())),
            name=_text(chain.canonical_name),
            exists=message.rcode() == NOERROR,
            secure=self.trusted and bool(message.flags & AD),
        )
        return answer, chain.minimum_ttl


def _stub(address: str) -> Stub:
    if not address:
        try:
            return Stub()
        except NoResolverConfiguration as error:
            raise Misconfigured(f"resolver: the system has none: {error}") from None
    stub = Stub(configure=False)
    host, _, port = address.partition("#")
    try:
        stub.port = int(port or 53)
        if not 0 < stub.port < 65536:
            raise ValueError("no such port")
        stub.nameservers = [str(ip_address(host))]
    except ValueError as error:
        raise Misconfigured(f"resolver: {address}: {error}") from None
    return stub


def _text(name: Name) -> str:
    return name.to_text(omit_final_dot=True).lower() if name.labels != (b"",) else ""


def _why(error: DNSException) -> str:
    if isinstance(error, NoNameservers):
        return "the resolver is in trouble, or the signatures are wrong"
    return "no answer in time"
