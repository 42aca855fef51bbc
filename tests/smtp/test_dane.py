import hashlib

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from postroom.smtp.dane import Tlsa, matches, usable
from tests.smtp.authorities import NOW, Made, authority, make, named

MX = "mx.example.com"
AT = int(NOW.timestamp() * 1000)

ROOT = authority("root")
MIDDLE = authority("middle", ROOT)
LEAF = make("leaf", MIDDLE, named(MX))
CHAIN = (LEAF, MIDDLE, ROOT)
DIGESTS = {1: hashlib.sha256, 2: hashlib.sha512}


def tlsa(usage: int, selector: int, matching: int, made: Made) -> Tlsa:
    octets = made.key_der if selector else made.der
    data = DIGESTS[matching](octets).digest() if matching else octets
    return Tlsa(usage=usage, selector=selector, matching=matching, data=data)


def fault(chain: tuple[Made, ...], *records: Tlsa, names: tuple[str, ...] = (MX,)) -> str:
    return matches([each.der for each in chain], records, names, AT) or ""


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
def test_a_record_matches_in_each_of_its_forms(selector: int, matching: int) -> None:
    assert not fault(CHAIN, tlsa(3, selector, matching, LEAF))
    assert not fault(CHAIN, tlsa(2, selector, matching, MIDDLE))
    assert not fault(CHAIN, tlsa(2, selector, matching, ROOT))
    assert not fault(CHAIN, tlsa(3, selector, matching, ROOT), tlsa(3, selector, matching, LEAF))
    assert "none of those" in fault(CHAIN, tlsa(3, selector, matching, MIDDLE))
    assert fault(CHAIN, tlsa(2, selector, matching, authority("another")))


def test_a_certificate_named_itself_needs_neither_name_nor_date() -> None:
    old = make("old", None, days=(-9.0, -8.0))
    assert not fault((old,), tlsa(3, 1, 1, old), names=("elsewhere.example",))


def test_an_authority_is_shown_or_stands_in_the_dns_whole() -> None:
    assert "none of those" in fault(CHAIN[:2], tlsa(2, 0, 1, ROOT))
    assert "none of those" in fault(CHAIN, tlsa(2, 0, 1, LEAF))
    assert not fault(CHAIN[:2], tlsa(2, 0, 0, ROOT))


def test_under_an_authority_one_of_the_names_must_be_there() -> None:
    assert not fault(CHAIN, tlsa(2, 0, 1, ROOT), names=("elsewhere.example", MX))
    assert not fault((make("wild", ROOT, named("*.example.com")), ROOT), tlsa(2, 0, 1, ROOT))
    assert "subjectAltName" in fault(CHAIN, tlsa(2, 0, 1, ROOT), names=("elsewhere.example",))
    assert "subjectAltName" in fault((make(MX, ROOT), ROOT), tlsa(2, 0, 1, ROOT))
    assert fault(CHAIN, tlsa(2, 0, 1, ROOT), names=())
    assert fault(CHAIN, tlsa(2, 0, 1, ROOT), names=("no name..",))


SHORT = authority("short", path=0)
NO_AUTHORITY = make("host", ROOT, x509.BasicConstraints(ca=False, path_length=None), named("other.example"))
CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
OLD = make("old", None, x509.BasicConstraints(ca=True, path_length=None), days=(-9.0, -8.0))


@pytest.mark.parametrize(
    ("chain", "words"),
    [
        ((make("leaf", ROOT, named(MX), days=(-9.0, -8.0)), ROOT), "not valid at"),
        ((make("leaf", ROOT, named(MX), days=(8.0, 9.0)), ROOT), "not valid at"),
        ((make("leaf", OLD, named(MX)), OLD), "not valid at"),
        ((make("leaf", authority("root"), named(MX)), ROOT), "signature"),
        ((make("leaf", NO_AUTHORITY, named(MX)), NO_AUTHORITY, ROOT), "basicConstraints"),
        ((make("leaf", NO_AUTHORITY, named(MX)), NO_AUTHORITY), "basicConstraints"),
        ((make("leaf", authority("middle", SHORT), named(MX)), SHORT), "candidates exhausted"),
        ((make("leaf", ROOT, named(MX), CLIENTS), ROOT), "not for servers"),
    ],
)
def test_what_an_authority_did_not_vouch_for_is_refused(chain: tuple[Made, ...], words: str) -> None:
    assert words in fault(chain, tlsa(2, 0, 1, chain[-1]))


def test_octets_that_are_no_certificate_match_nothing() -> None:
    record = tlsa(3, 0, 1, LEAF)
    assert matches([], [record], [MX], AT)
    assert matches([b"", LEAF.der], [record], [MX], AT)
    assert matches([LEAF.der, b"\x30\x80"], [record], [MX], AT) is None
    assert matches([LEAF.der], [], [MX], AT)


@pytest.mark.parametrize(
    "record",
    [
        tlsa(0, 0, 1, LEAF),  # RFC 7672 §3.1.3
        tlsa(1, 1, 1, LEAF),
        Tlsa(usage=255, selector=0, matching=1, data=bytes(32)),
        Tlsa(usage=3, selector=2, matching=1, data=bytes(32)),
        Tlsa(usage=3, selector=1, matching=3, data=bytes(32)),
        Tlsa(usage=3, selector=1, matching=1, data=bytes(31)),
        Tlsa(usage=3, selector=1, matching=2, data=bytes(32)),
        Tlsa(usage=3, selector=1, matching=0, data=b""),
        Tlsa(usage=2, selector=0, matching=0, data=b"no certificate"),
    ],
)
def test_records_that_nothing_can_be_held_against_are_left_out(record: Tlsa) -> None:
    good = tlsa(3, 1, 1, LEAF)
    assert usable([record, good, good]) == (good,)


def test_of_digests_only_the_strongest_counts() -> None:
    weak, strong, whole = (tlsa(3, 1, matching, LEAF) for matching in (1, 2, 0))
    other = tlsa(2, 1, 1, ROOT)
    assert usable([weak, strong, whole, other]) == (strong, whole, other)
