"""From a domain to its server: what the DNS and the policy say decides whether a mail goes, and how."""

import hashlib
import ssl
from dataclasses import dataclass
from random import Random

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.destinations import Destinations
from postroom.smtp.policies import Policies
from postroom.smtp.pool import Pool
from postroom.smtp.resolver import Resolver
from postroom.smtp.route import Destination
from postroom.smtp.sts import Mode, Policy
from tests.smtp.letters import envelope
from tests.smtp.nameserver import Nameserver, Zone
from tests.smtp.peers import Authority, Inbox
from tests.smtp.shelf import Shelf
from tests.smtp.test_pool import SMALL, load

MX = "mx.example.com"
KNOWN = Authority(ca=trustme.CA())  # that the system trusts, here
TRUST = KNOWN.client()
OWN = trustme.CA().create_child_ca()  # the domain's own authority, which its servers show


def certificate(ca: trustme.CA, *names: str) -> tuple[ssl.SSLContext, str]:
    """A server's certificate, and what a record says of its key."""
    made = ca.issue_cert(*names)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.configure_cert(context)
    return context, digest(made.cert_chain_pems[0])


def digest(pem: trustme.Blob) -> str:
    key = x509.load_pem_x509_certificate(pem.bytes()).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


PRIVATE, KEY = certificate(OWN, MX)
SHOWN = {
    "good": certificate(KNOWN.ca, MX)[0],
    "good, of another name": certificate(KNOWN.ca, "other.example.com")[0],
    "private": PRIVATE,
    "private, of another name": certificate(OWN, "other.example.com")[0],
}
RECORDS = {"the key": f"3 1 1 {KEY}", "the authority": f"2 1 1 {digest(OWN.cert_pem)}", "unusable": f"1 1 1 {KEY}"}
ENFORCED = Policy(id="1", mode=Mode.ENFORCE, mx=(MX,), fetched_at=0, ends_at=1)


@dataclass(frozen=True, slots=True)
class Case:
    """What the server shows (nothing: it has no TLS), what the DNS says of it, and whether there is a policy."""

    shown: str = ""
    record: str = ""
    enforced: bool = False


async def sent(case: Case) -> tuple[Outcome, bool | None]:
    """What became of a mail, and whether it arrived encrypted; None: it did not arrive."""
    async with Inbox().listening(starttls=SHOWN.get(case.shown)) as inbox:
        zone: Zone = {"example.com MX": [f"10 {MX}."], f"{MX} A": ["127.0.0.1"]}
        if case.record:
            zone = {**zone, f"_{inbox.port}._tcp.{MX} TLSA": [RECORDS[case.record]]}
        async with Nameserver(zone, secure=["example.com"]).listening() as names:
            found = await found_by(Resolver(names.address), inbox.port, case)
        assert isinstance(found, Destination), found
        pool = Pool(
            hostname="us.example.net", trust=TRUST, deadlines=Deadlines.scaled(0.1), connections_per_transport=1
        )
        try:
            [outcome] = await pool.transmit(found, load(SMALL, envelope("bob@example.com")))
        finally:
            await pool.close()
        return outcome, inbox.mails[0].encrypted if inbox.mails else None


async def found_by(resolver: Resolver, port: int, case: Case) -> Destination | Outcome:
    shelf = Shelf({"example.com": ENFORCED} if case.enforced else {})
    policies = Policies(resolver, shelf, trust=TRUST.verifying, may_dial=lambda _: True, clock=lambda: 0, port=1)
    destinations = Destinations(
        resolver, policies, ourselves="", port=port, may_dial=lambda _: True, chance=Random(1).random
    )
    return await destinations.find("example.com", transport_id=1)


@pytest.mark.parametrize(
    ("case", "encrypted"),
    [
        (Case(), False),
        (Case("private"), True),
        (Case("private, of another name", "unusable"), True),
        (Case("private", "the key"), True),
        (Case("private", "the authority"), True),
        (Case("private", "the key", enforced=True), True),
        (Case("good", enforced=True), True),
    ],
    ids=str,
)
async def test_mail_goes_as_protected_as_the_domain_asks(case: Case, encrypted: bool) -> None:
    outcome, arrived = await sent(case)
    assert (outcome.result, arrived) == (Result.ACCEPTED, encrypted), outcome


@pytest.mark.parametrize(
    "case",
    [
        Case("", "the key"),  # somebody took the offer of STARTTLS away
        Case("", "unusable"),
        Case("", enforced=True),
        Case("good", "the key"),  # of somebody else, however good
        Case("private, of another name", "the authority"),
        Case("good", "the key", enforced=True),  # DANE decides
        Case("private", enforced=True),
        Case("good, of another name", enforced=True),
    ],
    ids=str,
)
async def test_mail_waits_where_it_cannot_go_so(case: Case) -> None:
    outcome, arrived = await sent(case)
    assert (outcome.result, outcome.stage, arrived) == (Result.DEFERRED, Stage.TLS, None), outcome
