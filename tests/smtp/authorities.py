"""Certificates made by hand: whoever reads certificates meets also those that no good authority makes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_der(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def make(
    name: str, issuer: Made | None = None, *extensions: x509.ExtensionType, days: tuple[float, float] = (-1.0, 30.0)
) -> Made:
    """A certificate that holds from and until so many days after ``NOW``; without issuer, its own."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days[0]))
        .not_valid_after(NOW + timedelta(days[1]))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return Made(certificate=builder.sign(issuer.key if issuer else key, SHA256()), key=key)


def authority(name: str, issuer: Made | None = None, *, path: int | None = None) -> Made:
    """One that may make others, as many below it as ``path``."""
    return make(name, issuer, x509.BasicConstraints(ca=True, path_length=path))


def named(*names: str) -> x509.SubjectAlternativeName:
    """The host names that a certificate is for."""
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
