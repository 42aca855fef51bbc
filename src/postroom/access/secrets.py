"""Keys, tokens and passwords: everything that is kept secret, and the only home of chance in this room."""

import hashlib
import hmac
import os
import secrets
import string
from contextlib import suppress
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from postroom.config import Settings
from postroom.errors import Misconfigured
from postroom.mail.dkim_key import RSA_BITS, Algorithm, Private
from postroom.store.blobs import flush_names

_PREFIX: Final = "1000."  # W 4.1, 4.3: client ids and tokens alike
_ALPHABET: Final = string.ascii_uppercase + string.digits
_passwords: Final = PasswordHasher()  # argon2id with the parameters of RFC 9106 §4, second choice


class Vault:
    """Seals small secrets (SMTP passwords, what tokens are signed with) for the database.

    The newest key seals, each key opens.
    """

    def __init__(self, keys: list[bytes]) -> None:
        """``keys`` are Fernet keys, newest first. Raises ``Misconfigured`` where one is none."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise Misconfigured(
                "secret_keys: a key must be 32 bytes in URL-safe base64, as `Fernet.generate_key` makes"
            ) from None

    @classmethod
    def open(cls, settings: Settings) -> "Vault":
        """The vault of ``secret_keys``, or of the file ``keys`` in the data directory, which is made when missing."""
        if settings.secret_keys:
            return cls([key.strip().encode() for key in settings.secret_keys.split(",")])
        return cls(_read_or_make(settings.data_dir / "keys"))

    def seal(self, text: str) -> bytes:
        """The text, encrypted and authenticated."""
        return self._fernet.encrypt(text.encode())

    def open_sealed(self, sealed: bytes) -> str:
        """The text again. Raises ``Misconfigured`` where no key fits: the keys were lost or the data is another's."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise Misconfigured("secret_keys: none of the keys opens a stored password") from None

    def make_signing_secret(self) -> bytes:
        """A new secret to sign tokens with, 256 random bits, sealed: what it signs outlives the keys of this vault."""
        return self.seal(secrets.token_hex(32))

    def open_signing_secret(self, sealed: bytes) -> bytes:
        """The secret itself; raises like ``open_sealed``."""
        return bytes.fromhex(self.open_sealed(sealed))


def _read_or_make(path: Path) -> list[bytes]:
    """The keys of the file, one a line. Of two processes that start at once, one makes them and both read them."""
    try:
        if not path.exists():
            _make(path)
        # What is sealed with a key is durable at once, so its name must be too, whoever made it.
        flush_names(path.parent)
        return path.read_bytes().split()
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None


def _make(path: Path) -> None:
    """Make the file under another name first: a loss of power leaves a whole key or none, never half of one."""
    draft = path.with_name(f"keys.{secrets.token_hex(8)}")
    # 0600 from the first moment: a chmod afterwards would leave one in which everybody may read.
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "wb") as keys:
            keys.write(Fernet.generate_key() + b"\n")
            keys.flush()
            os.fsync(keys.fileno())
        # Never in the place of a key that another process was quicker to make.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def make_token() -> str:
    """A new code, refresh token or access token: ``1000.{32 hex}.{32 hex}``, 256 random bits (W 4.3)."""
    return f"{_PREFIX}{secrets.token_hex(16)}.{secrets.token_hex(16)}"


def make_client_id() -> str:
    """A new client id: ``1000.`` and 30 upper-case letters and digits (W 4.1)."""
    return _PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(30))


def make_client_secret() -> str:
    """A new client secret: 42 hex digits, 168 random bits (W 4.1)."""
    return secrets.token_hex(21)


def make_user_code() -> str:
    """A new user code, ``XXXX-XXXX``: 34 random bits, of letters that spell no word (RFC 8628 §6.1)."""
    letters = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def make_signing_key(algorithm: Algorithm) -> Private:
    """A new key to sign mail with. RSA takes a tenth of a second or more, so not on the event loop."""
    if algorithm is Algorithm.ED25519:
        return Ed25519PrivateKey.generate()
    return generate_private_key(public_exponent=65537, key_size=RSA_BITS)


def digest(secret: str) -> bytes:
    """The SHA-256 under which a random secret is kept; too long to guess, it needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether both are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one, other)


def hash_password(password: str) -> str:
    """A person's password as argon2id keeps it; takes some 50 ms and 64 MiB, so not on the event loop."""
    return _passwords.hash(password)


def verify_password(kept: str, password: str) -> bool:
    """Whether the password is the one kept; as slow as ``hash_password``."""
    try:
        return _passwords.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
