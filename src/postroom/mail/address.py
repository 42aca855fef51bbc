"""The address of a mailbox, and the only parser of addresses.

RFC 5321 §4.1.2 (the grammar on the wire), RFC 5322 §3.4.1 (addr-spec), RFC 6531 §3.3 (UTF-8 in both halves),
RFC 5890 (domains as A-labels). Address literals (``user@[192.0.2.1]``) are refused: mail goes to names.
"""

import re
from functools import lru_cache
from unicodedata import normalize

import idna
from msgspec import Struct

from postroom.mail.limits import DOMAIN_OCTETS, LOCAL_PART_OCTETS, PATH_OCTETS

# RFC 5322 §3.2.3 atext, widened by RFC 6531 §3.3 with every non-ASCII character.
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a1-\U0010ffff]"
_DOT_ATOM = re.compile(rf"{_ATEXT}++(?:\.{_ATEXT}++)*+")
# RFC 5321 §4.1.2 Quoted-string: printable ASCII or UTF-8, backslash pairs only of printable characters.
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e\u00a1-\U0010ffff]|\\[\x20-\x7e])*+)"')
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# Characters that count as printable and yet show nothing (Unicode's Default_Ignorable_Code_Point, blank letters): with
# them a display would show another address than the one used. ``str.isprintable`` finds all others of that kind.
_BLANK = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


class BadAddress(ValueError):  # noqa: N818 - the word says it
    """The text is not an address; the message says why in a few words."""


class Address(Struct, frozen=True):
    """``local@domain``: ``local`` as written, quoted only where it must be; ``domain`` in lower-case A-labels."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an addr-spec, no display name, no comment, no route. Raises ``BadAddress``."""
        return _parsed(text)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> tuple[str, str]:
        """What makes two spellings the same mailbox for us: everybody runs mailboxes without regard to case.

        ``lower``, not ``casefold``: the latter takes "ſ" for "s" and "ß" for "ss", which are other mailboxes.
        """
        return self.local.lower(), self.domain

    @property
    def folded(self) -> str:
        """``key`` as one text, the form in which addresses are looked up in the store."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """True where only RFC 6531 can carry the address; an international domain alone never needs it."""
        return not self.local.isascii()


# The address of a new contact is read by whoever checks it, by whoever looks it up, and for the index. What is kept is
# short: whatever is longer is refused.
@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address:
    # Control characters first of all: an address is written into commands and header fields.
    if not text.isprintable() or _BLANK.search(text):
        raise BadAddress("holds an invisible character")
    # RFC 6532 §3.1: one spelling for characters that are the same, like the two of an umlaut.
    local, at, domain = (text if text.isascii() else normalize("NFC", text)).rpartition("@")
    if not at or not local or not domain:
        raise BadAddress("is not of the form local@domain")
    # RFC 5321 §4.5.3.1.1: at most 64 octets before the @.
    if len(local.encode()) > LOCAL_PART_OCTETS:
        raise BadAddress("has more than 64 octets before the @")
    address = Address(_local(local), _domain(domain))
    # RFC 5321 §4.5.3.1.3: at most 256 octets as a path, which has angle brackets.
    if len(str(address).encode()) + len("<>") > PATH_OCTETS:
        raise BadAddress("has more than 254 octets")
    return address


def _local(text: str) -> str:
    if _DOT_ATOM.fullmatch(text):
        return text
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        raise BadAddress("has a character before the @ that is not allowed there")
    plain = re.sub(r"\\(.)", r"\1", quoted[1])
    # RFC 5321 §4.1.2: no quotes, and no backslashes, where the mailbox is the same without them.
    return plain if _DOT_ATOM.fullmatch(plain) else '"' + re.sub(r'(["\\])', r"\\\1", plain) + '"'


def _domain(text: str) -> str:
    # IDNA is costly on long texts, and no name that long has A-labels that fit.
    if len(text) > DOMAIN_OCTETS:
        raise BadAddress("has a domain that cannot be a host name")
    try:
        domain = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise BadAddress("has a domain that cannot be a host name") from None
    labels = domain.split(".")
    if len(domain) > DOMAIN_OCTETS or not all(map(_LABEL.fullmatch, labels)):
        raise BadAddress("has a domain that cannot be a host name")
    # RFC 3696 §2: a top-level domain is never all digits, so an IP address without its brackets is refused too.
    if labels[-1].isdigit():
        raise BadAddress("has a domain that cannot be a host name")
    return domain
