"""Keys to sign with."""

from base64 import b64decode
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from postroom.mail.dkim_key import RSA_BITS, Key


def ed25519(domain: str = "example.com", selector: str = "brisbane") -> Key:
    """The key of RFC 8463 §A.2."""
    seed = b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    return Key(domain=domain, selector=selector, private=Ed25519PrivateKey.from_private_bytes(seed))


def rsa(domain: str = "example.com", selector: str = "test") -> Key:
    """An RSA key."""
    return Key(domain=domain, selector=selector, private=_rsa())


@cache
def _rsa() -> RSAPrivateKey:
    return generate_private_key(65537, RSA_BITS)  # a tenth of a second
