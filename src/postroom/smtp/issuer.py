"""An access token, asked of the server that issues it. RFC 6749 §5 and §6, over HTTPS."""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import httpx
import msgspec
from msgspec import Struct

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.smtp.grant import Grant
from postroom.smtp.protocol import SessionFailed, failed
from postroom.smtp.reply import one_line

ANSWER_OCTETS: Final = 64 * 1024  # ours: the longest seen have five
_LIFETIME: Final = 300  # ours, in seconds, where the server names none: RFC 6749 §5.1 only recommends it
_DESCRIPTION_CHARACTERS: Final = 300
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 §2.1
# Errors of RFC 6749 §4.1.2.1 that pass. Any other, named with a 4yz, is for somebody to mend.
_PASSING: Final = frozenset({"server_error", "temporarily_unavailable"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Issued:
    """A token, how many seconds it is good for, and the refresh token from now on; neither is shown."""

    token: str = field(repr=False)
    seconds: float
    refresh_token: str = field(repr=False)


class _Answer(Struct, frozen=True):
    access_token: str = ""
    expires_in: float | str = _LIFETIME  # a number, but some servers send text
    refresh_token: str = ""
    error: str = ""
    error_description: str = ""


async def issue(grant: Grant, url: str, *, context: ssl.SSLContext, seconds: float) -> Issued:
    """Fetch a token, in ``seconds`` at most. Raises ``SessionFailed``; no secret is in it."""
    # Security does not rest on who made the context.
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    if not is_safe(url):
        raise failed(Stage.AUTH, "", "the URL of the token server is not https")
    server = httpx.URL(url).netloc.decode()
    try:
        async with asyncio.timeout(seconds):
            status, body = await _post(grant, url, context)
    except TimeoutError:
        raise failed(Stage.AUTH, server, "the token server did not answer in time") from None
    except (httpx.HTTPError, UnicodeError) as error:
        raise failed(Stage.AUTH, server, f"the token server cannot be asked: {error}") from None
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.MsgspecError:
        answer = _Answer()
    if status == 200 and _TOKEN.fullmatch(answer.access_token):
        lifetime = _number(answer.expires_in)
        return Issued(
            token=answer.access_token, seconds=lifetime, refresh_token=answer.refresh_token or grant.refresh_token
        )
    raise _refused(grant, server, status, answer)


def is_safe(url: str) -> bool:
    """Whether secrets may go there."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    # RFC 6749 §3.2: TLS; what stays on this machine needs none.
    return bool(parsed.host) and (parsed.scheme == "https" or (parsed.scheme == "http" and _is_here(parsed.host)))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _post(grant: Grant, url: str, context: ssl.SSLContext) -> tuple[int, bytes]:
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token, "client_id": grant.client_id}
    form |= {name: value for name in ("client_secret", "scope") if (value := getattr(grant, name))}
    # Asked for no compression, and given it nevertheless, it cannot be read: nothing here grows beyond its bound.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    # A proxy of the environment or a redirect would show the secrets to somebody who was not named.
    async with (
        httpx.AsyncClient(verify=context, trust_env=False, follow_redirects=False, timeout=None) as client,  # noqa: S113 - the caller's
        client.stream("POST", url, data=form, headers=headers) as answer,
    ):
        body = b""
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > ANSWER_OCTETS:
                raise httpx.RemoteProtocolError(f"its answer has more than {ANSWER_OCTETS} octets")
        return answer.status_code, body


def _number(lifetime: float | str) -> float:
    try:
        return max(0.0, float(lifetime))
    except ValueError:
        return _LIFETIME


def _refused(grant: Grant, server: str, status: int, answer: _Answer) -> SessionFailed:
    if not answer.error or status >= 500 or status == 429 or answer.error in _PASSING:
        return failed(Stage.AUTH, server, f"the token server is not of use now: HTTP {status} {answer.error}".rstrip())
    # RFC 6749 §5.2
    if answer.error == "invalid_grant":
        what = f"the sign-in of {grant.username} has ended; sign in again"
    elif answer.error in ("invalid_client", "unauthorized_client"):
        what = f"the client {grant.client_id} or its secret is not known there"
    else:
        what = "the token server refuses"
    told = f"{answer.error} {answer.error_description[:_DESCRIPTION_CHARACTERS]}".rstrip()
    for secret in filter(None, (grant.refresh_token, grant.client_secret)):
        told = told.replace(secret, "***")
    return SessionFailed(
        Outcome(
            result=Result.DEFERRED,
            stage=Stage.AUTH,
            line=one_line(f"{what} ({told})"),
            server=server,
            why=Why.AUTHENTICATION,
        )
    )
