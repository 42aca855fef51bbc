"""Keys that a domain signs its mail with, and the records by which the world finds their public halves: RFC 6376 §3.6.

A key belongs to one selector of one domain. Its record is public, published by whoever keeps the domain's zone.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from postroom.mail.limits import DOMAIN_OCTETS

Private = RSAPrivateKey | Ed25519PrivateKey

RSA_BITS: Final = 2048  # RFC 8301 §3.2: at least 1024, and 2048 rather; longer ones do not fit every zone
_STRING_OCTETS: Final = 255  # RFC 1035 §3.3: of one character-string
# RFC 6376 §3.1: sub-domains with dots between them.
_SELECTOR: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_PADDING: Final = PKCS1v15()
_SHA256: Final = SHA256()


class Algorithm(Enum):
    """How a key signs. The value is what its record says (RFC 6376 §3.6.1, RFC 8463 §4.2) and what is stored."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, kw_only=True, slots=True, weakref_slot=True)
class Key:
    """A private key that is ready to sign; ``domain`` in A-labels, beside UTF-8 as well (RFC 8616 §5)."""

    domain: str
    selector: str
    private: Private = field(repr=False)

    @classmethod
    def read(cls, pem: str, *, domain: str, selector: str) -> "Key":
        """The key of a PEM (PKCS #8, not encrypted). Raises ``ValueError`` where it is none that signs mail.

        An RSA key costs tens of milliseconds: it is tested for being one.
        """
        private = load_pem_private_key(pem.encode(), None)
        if not isinstance(private, Private):
            raise ValueError("neither an RSA nor an Ed25519 key")
        return cls(domain=domain, selector=selector, private=private)

    @property
    def algorithm(self) -> Algorithm:
        """How it signs."""
        return Algorithm.ED25519 if isinstance(self.private, Ed25519PrivateKey) else Algorithm.RSA

    def signature(self, octets: bytes) -> bytes:
        """The signature of these octets; the same each time."""
        if isinstance(self.private, Ed25519PrivateKey):
            # RFC 8463 §3: PureEdDSA of the hash.
            return self.private.sign(sha256(octets).digest())
        # RFC 8301 §3.1: never rsa-sha1.
        return self.private.sign(octets, _PADDING, _SHA256)


def private_half(private: Private) -> str:
    """The key as ``Key.read`` reads it: a secret, to be sealed at once."""
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_half(private: Private) -> str:
    """The public key as its record has it, in base64."""
    public = private.public_key()
    if isinstance(private, Ed25519PrivateKey):
        # RFC 8463 §4.2: the 32 octets themselves.
        return b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    return b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def record_name(selector: str, domain: str) -> str:
    """Where the record stands in the DNS (RFC 6376 §3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"


def record(algorithm: Algorithm, public: str) -> str:
    """The text of the TXT record (RFC 6376 §3.6.1)."""
    return f"v=DKIM1; k={algorithm.value}; p={public}"


def strings(text: str) -> list[str]:
    """A record's text in the pieces that one TXT record is made of; whoever reads them joins them (§3.6.2.2)."""
    return [text[at : at + _STRING_OCTETS] for at in range(0, len(text), _STRING_OCTETS)]


def is_selector(text: str, domain: str) -> bool:
    """Whether a selector, in small letters, may stand before this domain."""
    return _SELECTOR.fullmatch(text) is not None and len(record_name(text, domain)) <= DOMAIN_OCTETS
