"""Addresses that the DNS of strangers may send us to, and those that it may not. Pure.

Whoever owns a domain says where mail for it goes, and may say "to a machine in your own network". What listens there
trusts its neighbours (SSRF).
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from postroom.errors import Misconfigured

_GLOBAL: Final = IPv6Network("2000::/3")  # RFC 4291 §2.4: what is handed out to machines of the internet
_DOCUMENTATION: Final = IPv6Network("3fff::/20")  # RFC 9637
_TEREDO: Final = IPv6Network("2001::/32")  # RFC 4380: IPv4 in disguise
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1: the last 32 bits are an IPv4 address
_ASSIGNMENTS: Final = IPv4Network("192.0.0.0/24")  # RFC 6890 §2.1


def permitted(private: str) -> Callable[[str], bool]:
    """What tells whether an address may be dialled: all may where ``private`` is yes. Raises ``Misconfigured``."""
    if private not in ("yes", "no"):
        raise Misconfigured(f"mx_private: {private}: is neither yes nor no")
    return is_public if private == "no" else _anywhere


def is_public(address: str) -> bool:
    """Whether a machine of the internet may have the address. Raises ``ValueError`` where it is none."""
    found = ip_address(address)
    return _is_public4(found) if isinstance(found, IPv4Address) else _is_public6(found)


def _anywhere(_: str) -> bool:
    return True


def _is_public4(address: IPv4Address) -> bool:
    # "Global" to Python is all that is not private, multicast too.
    return address.is_global and not address.is_multicast and address not in _ASSIGNMENTS


def _is_public6(address: IPv6Address) -> bool:
    # Forms that a gateway, or this very system, turns into IPv4: what they hold counts.
    inner = address.ipv4_mapped or address.sixtofour
    if address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return _is_public4(inner)
    return address in _GLOBAL and address.is_global and address not in _DOCUMENTATION and address not in _TEREDO
