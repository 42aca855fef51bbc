import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import TypeAlias

import pytest

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.smtp.dane import Tlsa
from postroom.smtp.destinations import Destinations
from postroom.smtp.networks import is_public
from postroom.smtp.policies import Policies
from postroom.smtp.resolver import Resolver
from postroom.smtp.route import Destination, Route, Tls
from postroom.smtp.sts import Mode, Policy
from tests.smtp.nameserver import Fault, Nameserver, Zone
from tests.smtp.shelf import Shelf

Addresses: TypeAlias = tuple[str, ...]

TRUST = ssl.create_default_context()  # every authority of the system is read for it
PORT = 2525
ZONE: Zone = {
    "example.com MX": ["10 a.example.com.", "20 b.example.com."],
    "a.example.com A": ["8.8.1.1"],
    "a.example.com AAAA": ["2606:4700::1"],
    "b.example.com A": ["8.8.1.2"],
}
DIGEST = "ab" * 32
RECORD = Tlsa(usage=3, selector=1, matching=1, data=bytes.fromhex(DIGEST))


def route(host: str, *addresses: str, tls: Tls = Tls.OPPORTUNISTIC, **more: tuple[object, ...]) -> Route:
    return Route(transport_id=7, host=host, port=PORT, tls=tls, addresses=addresses, **more)  # type: ignore[arg-type]


A = route("a.example.com", "2606:4700::1", "8.8.1.1")
B = route("b.example.com", "8.8.1.2")


def policy(mode: Mode, *mx: str) -> Policy:
    return Policy(id="1", mode=mode, mx=mx, fetched_at=0, ends_at=1)


@asynccontextmanager
async def finder(
    changes: Zone,
    *,
    secure: Sequence[str] = (),
    held: Policy | None = None,
    may_dial: Callable[[str], bool] = is_public,
    clock: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[tuple[Destinations, Nameserver]]:
    """Whoever looks for the servers of example.com, and whom that one asks."""
    async with Nameserver({**ZONE, **changes}, secure=secure).listening() as names:
        resolver = Resolver(names.address, seconds=0.5, clock=clock)
        shelf = Shelf({} if held is None else {"example.com": held})
        policies = Policies(resolver, shelf, trust=TRUST, may_dial=may_dial, clock=lambda: 0, port=1)
        yield (
            Destinations(
                resolver,
                policies,
                ourselves="us.example.com",
                port=PORT,
                may_dial=may_dial,
                chance=Random(1).random,
                clock=clock,
            ),
            names,
        )


async def find(
    changes: Zone, *, domain: str = "example.com", secure: Sequence[str] = (), held: Policy | None = None
) -> Destination | Outcome:
    async with finder(changes, secure=secure, held=held) as (destinations, _):
        return await destinations.find(domain, transport_id=7)


def routes(found: Destination | Outcome) -> tuple[tuple[Route, Addresses], ...]:
    assert isinstance(found, Destination), found
    return whole(*found.routes)


def whole(*each: Route) -> tuple[tuple[Route, Addresses], ...]:
    """With their addresses, which are no part of what makes routes equal."""
    return tuple((route, route.addresses) for route in each)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (A, B)),
        ({"example.com MX": [], "example.com A": ["8.8.1.3"]}, (route("example.com", "8.8.1.3"),)),
        ({"a.example.com A": Fault.SERVFAIL, "a.example.com AAAA": Fault.SERVFAIL}, (B,)),
        ({"a.example.com A": ["10.0.0.1"], "a.example.com AAAA": ["::1"]}, (B,)),
        ({"a.example.com A": ["127.0.0.1", "8.8.1.1"]}, (A, B)),
        ({"_2525._tcp.a.example.com TLSA": ["3 1 1 " + DIGEST]}, (A, B)),  # unsigned: it says nothing
    ],
)  # fmt: skip
async def test_a_domain_has_the_servers_that_it_names(changes: Zone, expected: tuple[Route, ...]) -> None:
    found = await find(changes)
    assert routes(found) == whole(*expected)
    assert isinstance(found, Destination)
    assert found.key == (7, "example.com")


async def test_of_many_servers_and_addresses_some_are_tried() -> None:
    servers = {f"s{n}.example.com A": [f"8.8.{n}.{m}" for m in range(9)] for n in range(9)}
    found = routes(await find({**servers, "example.com MX": [f"{n} s{n}.example.com." for n in range(9)]}))
    assert [each.host for each, _ in found] == [f"s{n}.example.com" for n in range(5)]
    assert {len(addresses) for _, addresses in found} == {4}


@pytest.mark.parametrize(
    ("changes", "result", "enhanced"),
    [
        ({"example.com MX": ["0 ."]}, Result.REJECTED, "5.1.10"),
        ({"example.com MX": ["10 us.example.com."]}, Result.REJECTED, "5.4.6"),
        ({"example.com MX": [], "example.com TXT": ["x"]}, Result.REJECTED, "5.1.2"),
        ({"example.com MX": ["10 c.example.com."]}, Result.REJECTED, "5.4.4"),
        ({"example.com MX": ["10 b.example.com."], "b.example.com A": ["192.168.1.1"]}, Result.REJECTED, "5.4.4"),
        ({"example.com MX": Fault.SERVFAIL}, Result.DEFERRED, "4.4.3"),
        ({"example.com MX": ["10 c.example.com.", "20 d.example.com."], "d.example.com A": Fault.SERVFAIL},
         Result.DEFERRED, "4.4.3"),
    ],
)  # fmt: skip
async def test_where_there_is_no_way_it_says_whether_for_good(changes: Zone, result: Result, enhanced: str) -> None:
    refusal = await find(changes)
    assert isinstance(refusal, Outcome)
    assert (refusal.result, refusal.enhanced, refusal.stage) == (result, enhanced, Stage.ROUTE)
    assert "example.com" in refusal.line


async def test_a_domain_that_does_not_exist_never_takes_mail() -> None:
    refusal = await find({}, domain="nowhere.example")
    assert isinstance(refusal, Outcome)
    assert (refusal.result, refusal.enhanced) == (Result.REJECTED, "5.1.2")


DANE_A = route("a.example.com", *A.addresses, tls=Tls.DANE, tlsa=(RECORD,), names=("example.com",))
TLSA_A = {"_2525._tcp.a.example.com TLSA": ["3 1 1 " + DIGEST]}


@pytest.mark.parametrize(
    ("changes", "secure", "expected"),
    [
        (TLSA_A, ["example.com"], (DANE_A, B)),
        ({"_2525._tcp.a.example.com TLSA": ["3 1 1 " + DIGEST, "1 0 1 " + DIGEST]}, ["example.com"], (DANE_A, B)),
        ({"_2525._tcp.a.example.com TLSA": ["1 0 1 " + DIGEST]}, ["example.com"],
         (route("a.example.com", *A.addresses, tls=Tls.DANE), B)),
        ({"_2525._tcp.a.example.com TLSA": Fault.SERVFAIL}, ["example.com"], (B,)),
        ({"_2525._tcp.a.example.com TLSA": Fault.SILENCE}, ["example.com"], (B,)),
        (TLSA_A, ["a.example.com"], (A, B)),  # who the servers are was not signed
        ({"example.com MX": [], "example.com A": ["8.8.1.3"], "_2525._tcp.example.com TLSA": ["3 1 1 " + DIGEST]},
         ["example.com"], (route("example.com", "8.8.1.3", tls=Tls.DANE, tlsa=(RECORD,), names=("example.com",)),)),
        ({"example.com MX": ["10 c.example.com."], "c.example.com CNAME": ["real.example.net."],
          "real.example.net A": ["8.8.1.4"], "_2525._tcp.real.example.net TLSA": ["3 1 1 " + DIGEST]},
         ["example.com", "example.net"],
         (route("real.example.net", "8.8.1.4", tls=Tls.DANE, tlsa=(RECORD,), names=("example.com",)),)),
        ({"example.com MX": ["10 c.example.com."], "c.example.com CNAME": ["real.example.net."],
          "real.example.net A": ["8.8.1.4"], "_2525._tcp.c.example.com TLSA": ["3 1 1 " + DIGEST]},
         ["example.com"], (route("c.example.com", "8.8.1.4", tls=Tls.DANE, tlsa=(RECORD,), names=("example.com",)),)),
        ({"example.com MX": ["10 c.example.net."], "c.example.net CNAME": ["a.example.com."],
          "_2525._tcp.c.example.net TLSA": ["3 1 1 " + DIGEST]},
         ["example.com"], (route("c.example.net", *A.addresses),)),
    ],
)  # fmt: skip
async def test_the_signed_dns_says_which_certificate(
    changes: Zone, secure: Sequence[str], expected: tuple[Route, ...]
) -> None:
    assert routes(await find(changes, secure=secure)) == whole(*expected)


VERIFIED_A, VERIFIED_B = (route(each.host, *each.addresses, tls=Tls.STARTTLS) for each in (A, B))


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (policy(Mode.ENFORCE, "*.example.com"), (VERIFIED_A, VERIFIED_B)),
        (policy(Mode.ENFORCE, "b.example.com"), (VERIFIED_B,)),
        (policy(Mode.TESTING, "b.example.com"), (A, B)),
        (policy(Mode.NONE), (A, B)),
    ],
)
async def test_a_policy_says_which_servers_and_demands_their_certificates(
    held: Policy, expected: tuple[Route, ...]
) -> None:
    assert routes(await find({}, held=held)) == whole(*expected)


async def test_mail_waits_where_a_policy_allows_none_of_the_servers() -> None:
    refusal = await find({}, held=policy(Mode.ENFORCE, "c.example.com"))
    assert isinstance(refusal, Outcome)
    assert (refusal.result, refusal.why, refusal.enhanced) == (Result.DEFERRED, Why.POLICY, "4.7.0")


async def test_dane_decides_where_there_is_a_policy_too() -> None:
    held = policy(Mode.ENFORCE, "*.example.com")
    assert routes(await find(TLSA_A, secure=["example.com"], held=held)) == whole(DANE_A, VERIFIED_B)
    assert routes(await find(TLSA_A, secure=["example.com"], held=policy(Mode.ENFORCE, "c.example.com"))) == whole(
        DANE_A
    )
    unusable = {"_2525._tcp.a.example.com TLSA": ["1 0 1 " + DIGEST]}
    assert routes(await find(unusable, secure=["example.com"], held=held)) == whole(VERIFIED_A, VERIFIED_B)


async def test_many_ask_once_and_again_when_time_has_passed() -> None:
    clock = [0.0]
    async with finder({}, clock=lambda: clock[0]) as (destinations, names):
        found = await asyncio.gather(*(destinations.find("example.com", transport_id=n % 2) for n in range(50)))
        assert {each.key for each in found if isinstance(each, Destination)} == {(0, "example.com"), (1, "example.com")}
        assert names.asked.count("example.com MX") == 1
        names.zone["example.com MX"] = Fault.SERVFAIL
        clock[0] = 59.0
        assert isinstance(await destinations.find("example.com", transport_id=1), Destination)
        clock[0] = 400.0
        assert isinstance(await destinations.find("example.com", transport_id=1), Outcome)
        names.zone["example.com MX"] = ["10 b.example.com."]
        assert isinstance(await destinations.find("example.com", transport_id=1), Outcome)
        clock[0] = 430.0
        assert routes(await destinations.find("example.com", transport_id=7, source=("8.8.4.4",))) == whole(
            route("b.example.com", "8.8.1.2", source=("8.8.4.4",))
        )


async def test_who_is_called_off_takes_nobody_along() -> None:
    async with finder({}) as (destinations, _):
        first = asyncio.create_task(destinations.find("example.com", transport_id=7))
        second = asyncio.create_task(destinations.find("example.com", transport_id=7))
        await asyncio.sleep(0)
        first.cancel()
        assert routes(await second) == whole(A, B)
