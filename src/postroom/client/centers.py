"""Where the API is: one of Bigin's data centres (W 4.12), or a Postroom of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

PREFIX: Final = "/bigin/v2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Center:
    """The two hosts of a data centre, as URLs without a path."""

    accounts: str
    api: str


# W 4.12. Canada has another accounts host; China's users are not forwarded from elsewhere, so theirs must be named.
CENTERS: Final[Mapping[str, Center]] = {
    "us": Center(accounts="https://accounts.zoho.com", api="https://www.zohoapis.com"),
    "eu": Center(accounts="https://accounts.zoho.eu", api="https://www.zohoapis.eu"),
    "au": Center(accounts="https://accounts.zoho.com.au", api="https://www.zohoapis.com.au"),
    "in": Center(accounts="https://accounts.zoho.in", api="https://www.zohoapis.in"),
    "cn": Center(accounts="https://accounts.zoho.com.cn", api="https://www.zohoapis.com.cn"),
    "jp": Center(accounts="https://accounts.zoho.jp", api="https://www.zohoapis.jp"),
    "sa": Center(accounts="https://accounts.zoho.sa", api="https://www.zohoapis.sa"),
    "ca": Center(accounts="https://accounts.zohocloud.ca", api="https://www.zohoapis.ca"),
    "uk": Center(accounts="https://accounts.zoho.uk", api="https://www.zohoapis.uk"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where tokens and the API are. ``domains``: the only URLs that an access token is ever shown to, besides ``api``.

    ``postroom``: whether it is one, with the calls that Bigin does not have, and keys that make a repeat safe.
    """

    accounts: str
    api: str
    postroom: bool
    domains: frozenset[str] = field(default_factory=frozenset)

    def domain(self, told: str | None) -> str:
        """The URL to call, ``told`` being the token answer's ``api_domain``: a host that nobody named gets no token."""
        return told if told is not None and told in self.domains else self.api


def cloud(center: str, *, centers: Mapping[str, Center] = CENTERS) -> Place:
    """Bigin's own cloud in a data centre: the one that holds the account. Raises ``ValueError`` for one unknown."""
    if center not in centers:
        raise ValueError(f"there is no data centre {center!r}; there are {', '.join(centers)}")
    own = centers[center]
    return Place(accounts=own.accounts, api=own.api, postroom=False, domains=frozenset(c.api for c in centers.values()))


def own(url: str, *, accounts: str | None = None) -> Place:
    """A Postroom at that URL; ``accounts`` is its accounts server where that is another. Raises ``ValueError``."""
    api = _base(url)
    return Place(accounts=api if accounts is None else _base(accounts), api=api, postroom=True)


def _base(url: str) -> str:
    parts = urlsplit(url)
    foreign = parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or foreign:
        raise ValueError(f"{url!r} is no URL of a server; one is https://mail.example.com")
    return url.rstrip("/")
