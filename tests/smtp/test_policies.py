import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
import trustme

from postroom.smtp.policies import Policies
from postroom.smtp.resolver import Resolver
from postroom.smtp.sts import Mode, Policy
from tests.smtp.nameserver import Fault, Nameserver, Zone
from tests.smtp.peers import Authority
from tests.smtp.policyhost import PolicyHost, page, policy
from tests.smtp.shelf import Shelf

NOW = 1_800_000_000_000
DAY = 24 * 3600 * 1000
ZONE: Zone = {
    "_mta-sts.example.com TXT": ['"v=STSv1; id=1;"'],
    "mta-sts.example.com A": ["127.0.0.1"],
}
AUTHORITY = Authority(ca=trustme.CA())
TRUST = AUTHORITY.client().verifying
TLS = AUTHORITY.server("mta-sts.example.com")
OTHER_NAME = AUTHORITY.server("example.com")
UNKNOWN = Authority(ca=trustme.CA()).server("mta-sts.example.com")
KEPT = Policy(id="1", mode=Mode.ENFORCE, mx=("old.example.com",), fetched_at=NOW, ends_at=NOW + 7 * DAY)


@dataclass
class Scene:
    """A domain with its DNS and its policy's host, and whoever looks for policies."""

    names: Nameserver
    host: PolicyHost
    shelf: Shelf = field(default_factory=Shelf)
    now: int = NOW
    private: bool = True

    async def of(self, domain: str = "example.com") -> Policy | None:
        """As a worker that has just started finds it."""
        resolver = Resolver(self.names.address, seconds=0.3)
        return await Policies(
            resolver,
            self.shelf,
            trust=TRUST,
            may_dial=lambda _: self.private,
            clock=lambda: self.now,
            port=self.host.port,
        ).of(domain)


@asynccontextmanager
async def scene(answer: bytes, *, tls: object = TLS) -> AsyncIterator[Scene]:
    async with Nameserver(ZONE).listening() as names, PolicyHost(answer).listening(tls) as host:  # type: ignore[arg-type]
        yield Scene(names=names, host=host)


async def test_a_policy_is_fetched_kept_and_fetched_again_when_its_id_changes() -> None:
    async with scene(policy()) as stage:
        expected = Policy(id="1", mode=Mode.ENFORCE, mx=("mx.example.com",), fetched_at=NOW, ends_at=NOW + 604_800_000)
        for _ in range(2):
            assert await stage.of() == expected
        assert stage.shelf.policies == {"example.com": expected}
        assert len(stage.host.asked) == 1
        assert stage.host.asked[0].startswith("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com\r\n")
        stage.names.zone["_mta-sts.example.com TXT"] = ['"v=STSv1; id=2;"']
        stage.host.answer = policy("testing")
        assert await stage.of() == replace(expected, id="2", mode=Mode.TESTING)
        stage.now += DAY + 1
        assert await stage.of() == replace(
            expected, id="2", mode=Mode.TESTING, fetched_at=stage.now, ends_at=stage.now + 604_800_000
        )


@pytest.mark.parametrize(
    "answer",
    [
        page("", status="404 Not Found"),
        page("", status="301 Moved Permanently", more="Location: https://mta-sts.example.com/\r\n"),
        policy().replace(b"text/plain", b"text/html"),
        policy().replace(b"STSv1", b"STSv2"),
        page(b"\xff" * 10),
        page("x: " + "y" * 70_000),
        page(gzip.compress(b"x: y"), more="Content-Encoding: gzip\r\n"),
        b"nonsense\r\n\r\n",
        b"",
    ],
)
async def test_what_is_no_policy_changes_nothing(answer: bytes) -> None:
    async with scene(answer) as stage:
        assert await stage.of() is None
        assert stage.shelf.policies == {}


@pytest.mark.parametrize("tls", [OTHER_NAME, UNKNOWN])
async def test_a_host_must_show_a_certificate_of_its_own(tls: object) -> None:
    async with scene(policy(), tls=tls) as stage:
        assert await stage.of() is None
        assert stage.host.asked == []


async def test_a_policy_outlives_its_host_and_its_record_but_not_its_end() -> None:
    async with scene(page("", status="500 Oh")) as stage:
        stage.shelf.policies["example.com"] = KEPT
        stage.names.zone["_mta-sts.example.com TXT"] = ['"v=STSv1; id=2;"']
        assert await stage.of() == KEPT
        stage.names.zone["_mta-sts.example.com TXT"] = Fault.SERVFAIL
        assert await stage.of() == KEPT
        del stage.names.zone["_mta-sts.example.com TXT"]
        assert await stage.of() == KEPT
        stage.now = KEPT.ends_at
        assert await stage.of() is None


async def test_a_host_that_fails_is_left_alone_for_a_while() -> None:
    async with scene(page("", status="500 Oh")) as stage:
        policies = Policies(
            Resolver(stage.names.address),
            stage.shelf,
            trust=TRUST,
            may_dial=lambda _: True,
            clock=lambda: NOW,
            port=stage.host.port,
        )
        for _ in range(2):
            assert await policies.of("example.com") is None
        assert len(stage.host.asked) == 1


async def test_no_policy_is_fetched_from_the_own_network() -> None:
    async with scene(policy()) as stage:
        stage.private = False
        assert await stage.of() is None
        assert stage.host.asked == []
