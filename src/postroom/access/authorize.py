"""What a client asks its user for, and what the user's answer becomes (RFC 6749 §4.1 and 4.2; W 4.2, 4.7, 4.8).

1. ``read`` understands the request. What is wrong with the client itself or with where the answer would go is a
   ``Mistake`` for the user to see; every other fault is ``Returned`` to the client.
2. ``passes`` says whether the user was asked before. If not, a page asks.
3. ``approve`` and ``deny`` give the address to which the user's browser goes with the answer.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import urlencode

from postroom.access import issue, scope
from postroom.access.centers import Centers
from postroom.access.issue import CHALLENGE_METHODS, Challenge, Grant
from postroom.access.terms import Terms
from postroom.store import clients, consents, tokens
from postroom.store.clients import Client, ClientType
from postroom.store.consents import Consent
from postroom.store.db import Database, Tx
from postroom.store.users import User

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.2

# W 4.1: which kind of client uses which flow; the other kinds use neither.
_FLOWS: Final = {
    "code": (ClientType.SERVER, ClientType.MOBILE),
    "token": (ClientType.CLIENT,),
}


class Mistake(Enum):
    """Why nobody is sent back to the client: it is not known who or where that is (RFC 6749 §4.1.2.1)."""

    INVALID_CLIENT = "invalid_client"
    INVALID_REDIRECT_URI = "invalid_redirect_uri"


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """A request refused without asking the user; ``error`` is the wire's word."""

    redirect_uri: str
    error: str
    state: str | None
    fragment: bool

    @property
    def url(self) -> str:
        """Where the browser goes."""
        return _with(self.redirect_uri, {"error": self.error}, self.state, fragment=self.fragment)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request that can be put to the user. ``implicit``: the answer is a token in the fragment (W 4.7).

    ``offline``: a refresh token is wanted; ``prompt``: the user is to be asked even if they consented before.
    """

    client: Client
    redirect_uri: str
    scopes: str
    implicit: bool
    offline: bool
    prompt: bool
    state: str | None
    challenge: Challenge | None


def read(params: Sequence[tuple[str, str]], client: Client | None) -> Request | Returned | Mistake:
    """Understand the query of an authorisation request; ``client`` is the one it names, if there is one. Pure."""
    given = dict(params)
    twice = {name for name, times in Counter(name for name, _ in params).items() if times > 1}
    if client is None or not client.active or "client_id" in twice:
        return Mistake.INVALID_CLIENT
    redirect_uri = given.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris or "redirect_uri" in twice:
        return Mistake.INVALID_REDIRECT_URI
    kind, state = given.get("response_type"), given.get("state")
    try:
        return Request(
            client=client,
            redirect_uri=redirect_uri,
            scopes=_scopes(given.get("scope", "")),
            implicit=_flow(kind, client, twice) == "token",
            offline=_offline(given.get("access_type", "online")),
            prompt=given.get("prompt") == "consent",
            state=state,
            challenge=_challenge(given, client),
        )
    except _Refusal as refusal:
        return Returned(redirect_uri=redirect_uri, error=refusal.error, state=state, fragment=kind == "token")


async def passes(db: Database, request: Request, user: User) -> bool:
    """Whether the user allowed the client all of this before, and need not be asked again (W 4.2)."""
    if request.prompt:
        return False
    given = await db.read(lambda tx: consents.find(tx, user.id, request.client.id))
    return given is not None and covers(given, request.scopes)


def covers(given: Consent, scopes: str) -> bool:
    """Whether a consent holds all of these scopes."""
    return _folded(scopes) <= _folded(given.scopes)


async def approve(
    db: Database, request: Request, user: User, *, asked: bool, centers: Centers, now: int, terms: Terms
) -> str:
    """The address that carries the code (or the token) back; ``user`` is the member of the organisation chosen.

    ``asked``: the user has just consented. A refresh token is given at the first consent, again where ``prompt``
    asked for it, and where none is left (W 4.3). Too many codes are refused as W 4.10 says, and so is a client that is
    no more.
    """
    grant = Grant(org_id=user.org_id, user_id=user.id, client_id=request.client.id, scopes=request.scopes)

    def write(tx: Tx) -> str | None:
        # It may have been switched off since the page was shown; a token born after that would outlive it.
        client = clients.hold(tx, request.client.id)
        if client is None or not client.active:
            return None
        if asked:
            remember(tx, grant, now)
        if request.implicit:
            return issue.access(tx, grant, parent=None, now=now, terms=terms)
        offline = request.offline and (asked or not tokens.has_refresh(tx, user.id, request.client.id))
        return issue.code(
            tx,
            grant,
            now=now,
            seconds=terms.code_seconds,
            terms=terms,
            offline=offline,
            redirect_uri=request.redirect_uri,
            challenge=request.challenge,
        )

    made = await db.write(write)
    if made is None:
        return deny(request)
    own = centers.own
    if request.implicit:
        answer = {"access_token": made, "token_type": "Bearer", "expires_in": str(terms.access_seconds)}
        answer |= {"api_domain": own.api, "scope": request.scopes, "location": own.name}
    else:
        answer = {"code": made, "location": own.name, "accounts-server": own.accounts}
    return _with(request.redirect_uri, answer, request.state, fragment=request.implicit)


def deny(request: Request) -> str:
    """The address that tells the client of the user's refusal (W 4.2)."""
    refused = {"error": "access_denied"}
    return _with(request.redirect_uri, refused, request.state, fragment=request.implicit)


def remember(tx: Tx, grant: Grant, now: int) -> None:
    """Keep the user's consent, with all that they consented to before."""
    earlier = consents.find(tx, grant.user_id, grant.client_id)
    known = _folded(earlier.scopes) if earlier else frozenset[str]()
    added = [each for each in grant.scopes.split(",") if each.lower() not in known]
    consents.keep(
        tx,
        Consent(
            user_id=grant.user_id,
            client_id=grant.client_id,
            org_id=grant.org_id,
            scopes=",".join([*(earlier.scopes.split(",") if earlier else ()), *added]),
            given_at=now,
        ),
    )


class _Refusal(Exception):  # noqa: N818 - never leaves this file
    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def _flow(kind: str | None, client: Client, twice: set[str]) -> str:
    # RFC 6749 §3.1: no parameter stands twice.
    if kind is None or twice:
        raise _Refusal("invalid_request")
    if kind not in _FLOWS:
        raise _Refusal("unsupported_response_type")
    if client.type not in _FLOWS[kind]:
        raise _Refusal("unauthorized_client")
    return kind


def _scopes(text: str) -> str:
    try:
        return scope.parse(text).text
    except ValueError:
        raise _Refusal("invalid_scope") from None


def _offline(access_type: str) -> bool:
    if access_type not in ("offline", "online"):
        raise _Refusal("invalid_request")
    return access_type == "offline"


def _challenge(given: dict[str, str], client: Client) -> Challenge | None:
    value, method = given.get("code_challenge"), given.get("code_challenge_method", "plain")
    if value is None:
        # W 4.8, RFC 8252 §8.1: without one, any program that takes the redirect could take the code.
        if client.type is ClientType.MOBILE or "code_challenge_method" in given:
            raise _Refusal("invalid_request")
        return None
    if method not in CHALLENGE_METHODS or not _CHALLENGE.fullmatch(value):
        raise _Refusal("invalid_request")
    return Challenge(value=value, method=method)


def _folded(scopes: str) -> frozenset[str]:
    return frozenset(scopes.lower().split(","))


def _with(redirect_uri: str, answer: dict[str, str], state: str | None, *, fragment: bool) -> str:
    """The redirect URI with the answer added to what it has (RFC 6749 §3.1.2)."""
    told = urlencode(answer if state is None else {**answer, "state": state})
    if fragment:
        return f"{redirect_uri}#{told}"
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{told}"
