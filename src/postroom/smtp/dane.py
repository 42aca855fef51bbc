"""What a server's operator says in the signed DNS about its certificate, and whether the one it shows is that. Pure.

RFC 6698 (the record), RFC 7671 (what its parts mean), RFC 7672 (what of it holds for SMTP).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

# RFC 7672 §3.1.3: the usages 0 and 1 rest on an authority that nobody named, and are of no use here.
_AUTHORITY: Final = 2  # DANE-TA
_SERVER: Final = 3  # DANE-EE
_CERTIFICATE, _KEY = 0, 1
_FULL, _SHA256, _SHA512 = 0, 1, 2
_DIGEST_OCTETS: Final[Mapping[int, int]] = {_SHA256: 32, _SHA512: 64}
# All that the package raises of certificates that it cannot read or verify.
_BAD: Final = (
    VerificationError,
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tlsa:
    """A TLSA record (RFC 6698 §2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes

    @property
    def usable(self) -> bool:
        """Whether anything can be held against it (RFC 7672 §2.2: parts that are known, and nothing malformed)."""
        if self.usage not in (_AUTHORITY, _SERVER) or self.selector not in (_CERTIFICATE, _KEY):
            return False
        if self.matching == _FULL:
            return bool(self.data) if self.selector == _KEY else _read(self.data) is not None
        return len(self.data) == _DIGEST_OCTETS.get(self.matching)


def usable(records: Iterable[Tlsa]) -> tuple[Tlsa, ...]:
    """Those that a certificate is held against, each once."""
    good = tuple(dict.fromkeys(each for each in records if each.usable))
    strong = {(each.usage, each.selector) for each in good if each.matching == _SHA512}
    # RFC 7671 §9: of digests only the strongest count, or it would protect nobody.
    return tuple(each for each in good if each.matching != _SHA256 or (each.usage, each.selector) not in strong)


def matches(chain_der: Sequence[bytes], tlsa: Sequence[Tlsa], names: Sequence[str], now: int) -> str | None:
    """None where the certificates that a server showed, its own first, are what a record says; else the fault.

    ``tlsa`` are usable records; without any, nothing matches. ``names`` is what the server may be called: the host
    that was dialled, the domain of the recipients (RFC 7672 §3.2.2). ``now`` in ms since the epoch.
    """
    chain = [_read(der) for der in chain_der]
    leaf = chain[0] if chain else None
    if leaf is None:
        return "the server shows no certificate that can be read"
    # RFC 7672 §3.1.1: for a certificate that is named itself, neither its names nor its dates count.
    if any(_is(leaf, each) for each in tlsa if each.usage == _SERVER):
        return None
    others = [each for each in chain[1:] if each is not None]
    anchors = [anchor for each in tlsa if each.usage == _AUTHORITY for anchor in _anchors(others, each)]
    if not anchors:
        return "the certificate is none of those that the DNS names (DANE)"
    faults = [_leads(leaf, others, anchors, name, now) for name in names]
    return None if None in faults else f"the certificate is not to be trusted (DANE): {faults[0] if faults else ''}"


def _anchors(shown: Sequence[x509.Certificate], record: Tlsa) -> list[x509.Certificate]:
    """The certificates that the record makes authorities."""
    found = [each for each in shown if _is(each, record)]
    # RFC 7671 §5.2.2: one that stands in the DNS whole need not be shown.
    whole = _read(record.data) if record.selector == _CERTIFICATE and record.matching == _FULL else None
    return found if whole is None or found else [whole]


def _leads(
    leaf: x509.Certificate, shown: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], name: str, now: int
) -> str | None:
    """None where signatures lead from the certificate, which is ``name``'s, to an anchor, and nothing has ended."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    try:
        policy = _POLICY.store(Store(list(anchors))).time(at)
        policy.build_server_verifier(x509.DNSName(name)).verify(leaf, list(shown))
    except _BAD as error:
        # What follows is the certificate once more.
        return str(error).partition(" (encountered")[0]
    return None


def _is(certificate: x509.Certificate, record: Tlsa) -> bool:
    """Whether the record means this certificate, or its key."""
    octets = certificate.public_bytes(Encoding.DER) if record.selector == _CERTIFICATE else _key(certificate)
    if record.matching == _FULL:
        return octets == record.data
    return hashlib.new("sha512" if record.matching == _SHA512 else "sha256", octets).digest() == record.data


def _key(certificate: x509.Certificate) -> bytes:
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except _BAD:
        return b""


def _read(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except _BAD:
        return None


def _may_issue(_: Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("an issuer is no authority")


def _may_sign(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the key of an issuer is not for certificates")


def _may_serve(_: Policy, __: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    serving = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if usage is not None and serving.isdisjoint(usage):
        raise ValueError("the certificate is not for servers")


# RFC 5280 §4.2.1: what an issuer must be allowed to do. The rules of browsers go further, and operators who are their
# own authority follow others.
_POLICY: Final = PolicyBuilder().extension_policies(
    ca_policy=ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _may_issue)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign),
    ee_policy=ExtensionPolicy.permit_all()
    .require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _may_serve),
)
