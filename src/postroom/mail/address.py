"""The address of a mailbox, and the only parser of addresses.

RFC 5321 §4.1.2 (the grammar on the wire), RFC 5322 §3.4.1 (addr-spec), RFC 6531 §3.3 (UTF-8 in both halves),
RFC 5890 (domains as A-labels).
"""

import re
from dataclasses import dataclass

import idna

from postroom.mail.limits import DOMAIN_OCTETS, LOCAL_PART_OCTETS

# RFC 5322 §3.2.3 atext, widened by RFC 6531 §3.3 with every non-ASCII character; control characters never match.
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a1-\U0010ffff]"
_DOT_ATOM = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
# RFC 5321 §4.1.2 Quoted-string: printable ASCII or UTF-8, backslash pairs only of printable characters.
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e\u00a1-\U0010ffff]|\\[\x20-\x7e])*)"')
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# Unicode's own line ends and direction marks: a display would show another address than the one used.
_TREACHEROUS = re.compile(
    r"[\u0080-\u009f\u00a0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\uffff]"
)


class BadAddress(ValueError):
    """The text is not an address; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Address:
    """``local@domain``: ``local`` as written (quotes included where they are needed), ``domain`` in lower-case A-labels."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an addr-spec, no display name, no comment, no route. Raises ``BadAddress``."""
        if _TREACHEROUS.search(text):
            raise BadAddress("holds an invisible character")
        local, at, domain = text.rpartition("@")
        if not at or not local or not domain:
            raise BadAddress("is not of the form local@domain")
        # RFC 5321 §4.5.3.1.1: at most 64 octets before the @.
        if len(local.encode()) > LOCAL_PART_OCTETS:
            raise BadAddress("has more than 64 octets before the @")
        return cls(_local(local), _domain(domain))

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> tuple[str, str]:
        """What makes two spellings the same mailbox for us: everybody runs mailboxes without regard to case."""
        return self.local.casefold(), self.domain

    @property
    def folded(self) -> str:
        """``key`` as one text, the form in which addresses are looked up in the store."""
        return f"{self.local.casefold()}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """True where only RFC 6531 can carry the address; an international domain alone never needs it."""
        return not self.local.isascii()


def _local(text: str) -> str:
    if _DOT_ATOM.fullmatch(text):
        return text
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        raise BadAddress("has a character before the @ that is not allowed there")
    plain = re.sub(r"\\(.)", r"\1", quoted[1])
    # RFC 5321 §4.1.2: prefer the form without quotes where both mean the same mailbox.
    return plain if _DOT_ATOM.fullmatch(plain) else text


def _domain(text: str) -> str:
    try:
        domain = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise BadAddress("has a domain that cannot be a host name") from None
    labels = domain.split(".")
    if len(domain) > DOMAIN_OCTETS or not all(map(_LABEL.fullmatch, labels)):
        raise BadAddress("has a domain that cannot be a host name")
    # RFC 3696 §2: a top-level domain is never all digits, so an address without its brackets is refused too.
    if labels[-1].isdigit():
        raise BadAddress("has a domain that cannot be a host name")
    return domain
