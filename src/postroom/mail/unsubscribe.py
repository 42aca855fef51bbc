"""How machines unsubscribe a recipient with one click: RFC 2369 §3.2 (List-Unsubscribe), RFC 8058."""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from postroom.mail.header import words

PATH: Final = "/unsubscribe"
# Stands in a text for the recipient's own link. No merge field, which would be filled when the mail is accepted.
PLACE: Final = "${unsubscribe_url}"
# RFC 8058 §3.1: the one pair that the second field has, and that is sent to the URL of the first.
KEY: Final = "List-Unsubscribe"
VALUE: Final = "One-Click"
_URL: Final = re.compile(r"[!-;=?-~]{1,800}")  # printable ASCII without angle brackets, and a line has room for it


def can_serve(server: str) -> bool:
    """Whether mails can name this URL of a server: it can be written in a field, and others are heard by nobody."""
    if not _URL.fullmatch(server):
        return False
    parts = urlsplit(server)
    # RFC 8058 §3.1: one HTTPS URI. What never leaves this machine is for trying it.
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))


def link(server: str, token: str) -> str:
    """The URL that unsubscribes one recipient; ``server`` has no slash at its end."""
    return f"{server}{PATH}?token={token}"


def fields(url: str) -> str:
    """The two fields of a mail that can be unsubscribed from with one click."""
    # RFC 2369 §2: URLs stand in angle brackets.
    return f"{words('List-Unsubscribe', [f'<{url}>'])}List-Unsubscribe-Post: {KEY}={VALUE}\r\n"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
