"""The data centres: which one this server is, and where the others are (W 4.12)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from postroom.config import Settings
from postroom.errors import Misconfigured

# W 4.12: China stands alone. Nobody is sent there or from there; whose account is there starts there.
APART: Final = "cn"
_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104 - listened on, and nobody's URL
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,19}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Center:
    """One data centre; neither URL has a slash at its end."""

    name: str
    accounts: str
    api: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Centers:
    """This server's own centre, and the others by name."""

    own: Center
    others: Mapping[str, Center] = field(default_factory=dict)

    def onward(self, name: str | None) -> Center | None:
        """The other centre of that name, where its people may be sent to from here."""
        return None if APART in (name, self.own.name) else self.others.get(name or "")


def read(settings: Settings, base_url: str) -> Centers:
    """The centres of the settings; ``base_url`` is this server's own URL. Raises ``Misconfigured``."""
    accounts = settings.accounts_server or base_url
    own = _center("data_center", settings.data_center, accounts, base_url)
    others = {}
    for entry in settings.data_centers.split():
        name, equals, urls = entry.partition("=")
        if not equals or name == own.name or name in others:
            raise Misconfigured(f"data_centers: {entry!r} must be name=URL or name=URL,API-URL of another centre")
        first, _, second = urls.partition(",")
        others[name] = _center("data_centers", name, first, second or first)
    return Centers(own=own, others=others)


def mailed(settings: Settings) -> str:
    """The URL of this server's pages in mailed links, without a slash at its end. Raises ``Misconfigured``."""
    nowhere = settings.host in _EVERYWHERE or not settings.port
    if nowhere and not (settings.public_url or settings.accounts_server):
        raise Misconfigured("public_url is missing: a mailed link begins with it")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return read(settings, settings.public_url or f"http://{host}:{settings.port}").own.accounts


def _center(setting: str, name: str, accounts: str, api: str) -> Center:
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"{setting}: {name!r} is not a name: small letters, digits and hyphens are")
    return Center(name=name, accounts=_url(setting, accounts), api=_url(setting, api))


def _url(setting: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise Misconfigured(f"{setting}: {text!r} is not the URL of a server")
    return text.rstrip("/")
