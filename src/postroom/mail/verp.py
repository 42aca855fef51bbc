"""Return paths that name the recipient: ``bounces@example.com`` becomes ``bounces+TOKEN@example.com`` (VERP).

Whatever comes back says by its address alone what it is about, in whatever form it is written.
"""

from typing import Final

from postroom.mail.address import Address
from postroom.mail.limits import LOCAL_PART_OCTETS, PATH_OCTETS
from postroom.mail.token import CHARACTERS, Token

_DELIMITER: Final = "+"
_ADDED: Final = len(_DELIMITER) + CHARACTERS
ROOM: Final = LOCAL_PART_OCTETS - _ADDED  # octets before the @


def can_carry(base: Address) -> bool:
    """Whether there is room for a token in the address, and any server takes what comes of it."""
    # RFC 5321 §4.5.3.1.1 and §4.5.3.1.3: 64 octets before the @, 256 in all, the angle brackets included. Quotes would
    # have to be taken off and put on again; beyond ASCII only servers with SMTPUTF8 could send a bounce.
    plain = base.local.isascii() and '"' not in base.local
    return plain and len(base.local) <= ROOM and len(f"<{base}>") + _ADDED <= PATH_OCTETS


def return_path(base: Address, token: str) -> Address:
    """The return path of one recipient; ``base`` can carry a token."""
    return Address(f"{base.local}{_DELIMITER}{token}", base.domain)


def read(address: Address) -> Token | None:
    """The token in a return path, None where there is none; whether it is genuine is yet to be seen."""
    _, delimiter, text = address.local.rpartition(_DELIMITER)
    return Token.read(text) if delimiter else None
