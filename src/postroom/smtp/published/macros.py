"""Macros in the names of SPF records: ``%{ir}.%{v}._spf.%{d2}``. RFC 7208 §7. Pure."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

_MACRO = re.compile(r"%(?:([%_-])|\{([slodihv])([0-9]{0,3})(r?)([.+,/_=-]*)\})", re.IGNORECASE)
_LITERAL = {"%": "%", "_": " ", "-": "%20"}
_NAME_OCTETS = 253


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What macros stand for: who connects, and for whom it speaks; ``domain`` is the one whose record is read."""

    address: str
    sender: str
    domain: str

    def expand(self, text: str) -> str:
        """The text with its macros written out. Raises ``ValueError`` where one is none, or asks for what is not known.

        The name of whoever connects (``p``) is not known: RFC 7208 §7.2 advises against it.
        """
        if "%" in _MACRO.sub("", text):
            raise ValueError(f"{text} holds a macro that is none")
        name = _MACRO.sub(self._value, text)
        # RFC 7208 §7.3: what is too long loses labels from its left.
        while len(name) > _NAME_OCTETS:
            name = name.partition(".")[2]
        return name

    def _value(self, found: re.Match[str]) -> str:
        if found[1]:
            return _LITERAL[found[1]]
        parts = re.split(f"[{re.escape(found[5] or '.')}]", self._letter(found[2].lower()))
        if found[4]:
            parts.reverse()
        return ".".join(parts[-int(found[3]) :] if found[3] else parts)

    def _letter(self, letter: str) -> str:
        address = ip_address(self.address)
        values = {
            "s": self.sender,
            "l": self.sender.rpartition("@")[0],
            "o": self.sender.rpartition("@")[2],
            "h": self.sender.rpartition("@")[2],
            "d": self.domain,
            "i": _dotted(address),
            "v": "in-addr" if address.version == 4 else "ip6",
        }
        return values[letter]


def _dotted(address: IPv4Address | IPv6Address) -> str:
    return str(address) if address.version == 4 else ".".join(address.exploded.replace(":", ""))
