"""OAuth clients: what may be registered, and what becomes of it (W 4.1).

A client that serves several data centres is registered in each of them: under the same id, with a secret of its own.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import SplitResult, urlsplit

from postroom.access import secrets
from postroom.access.permission import ADMINISTRATOR
from postroom.store import clients, consents, devices, tokens
from postroom.store.clients import Client, ClientType
from postroom.store.db import Database, Tx
from postroom.store.users import User

_ID: Final = re.compile(r"1000\.[A-Z0-9]{30}")
_HOST: Final = re.compile(r"([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_URI: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")  # RFC 3986 §2; so no blanks and no line ends
# RFC 8252 §7.1: a scheme of a program's own is its domain, backwards; so javascript: and data: are none.
_OWN_SCHEME: Final = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_NAME_CHARACTERS: Final = 100
_URI_CHARACTERS: Final = 2000
_URIS: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What is registered of a client. ``javascript_domain`` is a host, with a port where it needs one."""

    name: str
    type: ClientType = ClientType.SELF
    homepage: str = ""
    javascript_domain: str = ""
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """A new client with its secret, which is nowhere else."""

    client: Client
    secret: str = field(repr=False)


def check(asked: Description) -> None:
    """Raises ``ValueError`` with one sentence that says what cannot be registered."""
    if not _is_name(asked.name):
        raise ValueError("a name has 1 to 100 letters, digits and blanks, and no special characters but _ and &")
    if any(len(uri) > _URI_CHARACTERS for uri in (asked.homepage, *asked.redirect_uris)):
        raise ValueError(f"a URL has at most {_URI_CHARACTERS} characters")
    if asked.homepage and not _is_web(_split(asked.homepage)):
        raise ValueError(f"the homepage {asked.homepage[:100]!r} is not an http or https URL")
    if asked.javascript_domain and asked.type is not ClientType.CLIENT:
        raise ValueError("only a client-based client has a JavaScript domain")
    if len(asked.redirect_uris) > _URIS or len(set(asked.redirect_uris)) < len(asked.redirect_uris):
        raise ValueError(f"a client has at most {_URIS} redirect URIs, each of them once")
    _CHECKS[asked.type](asked)


async def register(
    db: Database, owner: User, asked: Description, *, now: int, client_id: str | None = None
) -> Registered:
    """Make a client that belongs to ``owner``; ``client_id`` is the one it has in another data centre, if it has.

    Raises ``ValueError`` for what cannot be registered, and for an id that is none or is taken here.
    """
    check(asked)
    if client_id is not None and not _ID.fullmatch(client_id):
        raise ValueError("a client's id is 1000. and 30 capital letters or digits")
    secret = secrets.make_client_secret()
    new = Client(
        id=client_id or secrets.make_client_id(),
        org_id=owner.org_id,
        user_id=owner.id,
        name=asked.name.strip(),
        type=asked.type,
        secret_hash=secrets.digest(secret),
        homepage=asked.homepage,
        javascript_domain=asked.javascript_domain,
        redirect_uris=asked.redirect_uris,
        created_at=now,
    )

    def add(tx: Tx) -> bool:
        if clients.find(tx, new.id) is not None:
            return False
        clients.add(tx, new)
        return True

    if not await db.write(add):
        raise ValueError(f"{new.id} is registered in this data centre already")
    return Registered(client=new, secret=secret)


async def change(db: Database, client: Client, asked: Description) -> Client | None:
    """Describe a client anew; its type stays. None where it is gone. Raises ``ValueError``."""
    asked = replace(asked, type=client.type)
    check(asked)

    def described(current: Client) -> Client:
        return replace(
            current,
            name=asked.name.strip(),
            homepage=asked.homepage,
            javascript_domain=asked.javascript_domain,
            redirect_uris=asked.redirect_uris,
        )

    return await _become(db, client, described)


async def new_secret(db: Database, client: Client) -> str | None:
    """A new secret; the old one ends with it. None where the client is gone."""
    secret = secrets.make_client_secret()
    changed = await _become(db, client, lambda current: replace(current, secret_hash=secrets.digest(secret)))
    return secret if changed else None


async def switch(db: Database, client: Client, *, active: bool) -> Client | None:
    """Switch a client on or off; None where it is gone.

    Off, it is unknown to everybody, and its access tokens end; its refresh tokens and consents stay.
    """
    return await _become(db, client, lambda current: replace(current, active=active))


async def remove(db: Database, client: Client) -> bool:
    """Remove a client with everything it was granted; False where it is gone already."""

    def write(tx: Tx) -> bool:
        if clients.lock(tx, client.org_id, client.id) is None:
            return False
        tokens.revoke_client(tx, client.id)
        consents.forget_client(tx, client.id)
        devices.forget_client(tx, client.id)
        return clients.remove(tx, client.org_id, client.id)

    return await db.write(write)


def seen_by(tx: Tx, user: User) -> Sequence[Client]:
    """The clients that a user may see and change: an Administrator the whole organisation's, others their own."""
    known = clients.listing(tx, user.org_id)
    return [each for each in known if user.profile == ADMINISTRATOR or each.user_id == user.id]


async def _become(db: Database, client: Client, change: Callable[[Client], Client]) -> Client | None:
    """Change what a client is at this moment: what was read before could bring an old secret back."""

    def write(tx: Tx) -> Client | None:
        current = clients.lock(tx, client.org_id, client.id)
        if current is None:
            return None
        changed = change(current)
        clients.replace(tx, changed)
        if not changed.active:
            tokens.end_access(tx, client.id)
        return changed

    return await db.write(write)


def _of_server(asked: Description) -> None:
    _check_uris(asked, _is_web, "an http or https URL without a fragment")
    _needs_uris(asked)


def _of_mobile(asked: Description) -> None:
    kinds = "an http or https URL without a fragment, or of a scheme like com.example.app:"
    _check_uris(asked, lambda uri: _is_web(uri) or _is_own(uri), kinds)
    _needs_uris(asked)


def _of_browser(asked: Description) -> None:
    domain = asked.javascript_domain
    if not _HOST.fullmatch(domain):
        raise ValueError("a client-based client has a JavaScript domain: a host, with a port where it needs one")
    own = f"an http or https URL of {domain} without a fragment"
    _check_uris(asked, lambda uri: _is_web(uri) and uri.netloc.lower() == domain.lower(), own)
    _needs_uris(asked)


def _without_uris(asked: Description) -> None:
    if asked.redirect_uris:
        raise ValueError(f"a client of the type {asked.type.value} has no redirect URIs: no browser is sent back to it")


_CHECKS: Final[Mapping[ClientType, Callable[[Description], None]]] = {
    ClientType.SELF: _without_uris,
    ClientType.DEVICE: _without_uris,
    ClientType.SERVER: _of_server,
    ClientType.MOBILE: _of_mobile,
    ClientType.CLIENT: _of_browser,
}


def _needs_uris(asked: Description) -> None:
    if not asked.redirect_uris:
        raise ValueError(f"a client of the type {asked.type.value} needs a redirect URI")


def _check_uris(asked: Description, allowed: Callable[[SplitResult], bool], kinds: str) -> None:
    for uri in asked.redirect_uris:
        # RFC 6749 §3.1.2: absolute, and without a fragment.
        if "#" in uri or not allowed(_split(uri)):
            raise ValueError(f"the redirect URI {uri[:100]!r} is not {kinds}")


def _is_name(name: str) -> bool:
    # W 4.1: no special characters but _ and &. Marks belong to letters: many scripts cannot be written without.
    fitting = all(each in " _&" or unicodedata.category(each)[0] in "LMN" for each in name)
    return fitting and len(name) <= _NAME_CHARACTERS and bool(name.strip())


def _split(uri: str) -> SplitResult:
    """The parts of a URI; of what is none, empty ones."""
    try:
        parts = urlsplit(uri if _URI.fullmatch(uri) else "")
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _is_web(uri: SplitResult) -> bool:
    # A host alone: with user information (https://zoho.com@evil.example) people take one place for another.
    return uri.scheme in ("http", "https") and _HOST.fullmatch(uri.netloc) is not None


def _is_own(uri: SplitResult) -> bool:
    return _OWN_SCHEME.fullmatch(uri.scheme) is not None and "@" not in uri.netloc
