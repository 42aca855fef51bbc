"""Signed tokens: 32 letters and digits that name one recipient of one mail, and that nobody else can make.

A local part of 64 octets has room for one beside an address, and it is the same in capitals: RFC 5321 §2.4 tells
servers to keep the case of a local part, and not all do.
"""

import hmac
from base64 import b32decode, b32encode
from enum import Enum
from hashlib import blake2b
from typing import Final

from msgspec import Struct

CHARACTERS: Final = 32
_NUMBER_OCTETS: Final = 6
_PLACE_OCTETS: Final = 2
_LAST_PLACE: Final = 2**15 - 1
_SIGNATURE_OCTETS: Final = 12  # 96 bits: with the eight above 20 octets, which base32 has in 32 characters, unpadded


class Use(Enum):
    """What a token is good for; one that was made for something else is none."""

    RETURN_PATH = b"return-path"
    UNSUBSCRIBE = b"unsubscribe"


class Addressee(Struct, frozen=True, kw_only=True):
    """One recipient of one mail: the mail's number in the store, and the recipient's place in it."""

    mail_seq: int
    n: int

    def octets(self) -> bytes:
        """Both, in eight octets."""
        return self.mail_seq.to_bytes(_NUMBER_OCTETS) + self.n.to_bytes(_PLACE_OCTETS)


class Token(Struct, frozen=True, kw_only=True):
    """A token as somebody shows it; only ``is_genuine`` tells whether it is one of ours."""

    addressee: Addressee
    signature: bytes

    @classmethod
    def read(cls, text: str) -> "Token | None":
        """What the text says, None where it cannot be a token."""
        # Some letters beyond ASCII have one of the alphabet's as their capital, and padding would make it shorter.
        if len(text) != CHARACTERS or not (text.isascii() and text.isalnum()):
            return None
        try:
            octets = b32decode(text.upper())
        except ValueError:
            return None
        number, place = octets[:_NUMBER_OCTETS], octets[_NUMBER_OCTETS:-_SIGNATURE_OCTETS]
        addressee = Addressee(mail_seq=int.from_bytes(number), n=int.from_bytes(place))
        # PostgreSQL would refuse the question for such a place, and anybody can write one down.
        if addressee.n > _LAST_PLACE:
            return None
        return cls(addressee=addressee, signature=octets[-_SIGNATURE_OCTETS:])

    def is_genuine(self, use: Use, secret: bytes) -> bool:
        """Whether it was made for this use with this secret, in a time that tells nothing of how nearly."""
        return hmac.compare_digest(self.signature, _signature(self.addressee, use, secret))


def token(addressee: Addressee, use: Use, secret: bytes) -> str:
    """The token of a recipient; ``secret`` (at most 64 octets) is the organisation's."""
    return b32encode(addressee.octets() + _signature(addressee, use, secret)).decode().lower()


def _signature(addressee: Addressee, use: Use, secret: bytes) -> bytes:
    return blake2b(addressee.octets(), digest_size=_SIGNATURE_OCTETS, key=secret, person=use.value).digest()
