"""The accounts server's token endpoint: ``/oauth/v2/token`` and ``/oauth/v2/token/revoke`` (W 4.3 to 4.6, 4.11).

Its parameters arrive in the query string, as a urlencoded body or as multipart/form-data, and nobody may log them.
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from postroom.access import grant
from postroom.access.grant import Credentials, Granted, OAuthError, Shown
from postroom.web.accounts.desk import Desk
from postroom.web.accounts.parameters import parameters
from postroom.web.refusals import Told

_REVOKED_IN_VAIN: Final = {"status": "failure", "error": "invalid_code"}  # ours: no source shows this answer
# W 4.11: the status was seen, the words are Zoho's.
_THROTTLED: Final = {
    "error_description": "You have made too many requests continuously. Please try again after some time.",
    "error": OAuthError.THROTTLED.value,
    "status": "failure",
}


async def token(desk: Desk, request: Request) -> Response:
    """Tokens for a code or a refresh token."""
    given = await parameters(request)
    if given is None:
        return refused(OAuthError.GENERAL_ERROR)
    return answer(desk, await _grant(desk, given))


async def revoke(desk: Desk, request: Request) -> Response:
    """End a refresh token, or one access token."""
    given = await parameters(request) or {}
    if await grant.revoke(desk.app.db, given.get("token", "")):
        desk.bearers.forget()
        return Told({"status": "success"})
    return Told(_REVOKED_IN_VAIN)


def answer(desk: Desk, result: Granted | OAuthError) -> Response:
    """What becomes of a request for tokens."""
    if isinstance(result, OAuthError):
        return refused(result)
    # W 13.2: each key has a client that fails without it; with expires_in_sec, expires_in would count ms.
    told: dict[str, object] = {
        "access_token": result.access_token,
        "scope": result.scopes,
        "api_domain": desk.centers.own.api,
        "token_type": "Bearer",
        "expires_in": result.seconds,
    }
    if result.refresh_token is not None:
        told["refresh_token"] = result.refresh_token
    return Told(told)


def refused(error: OAuthError) -> Response:
    """A refusal of the token endpoint."""
    if error is OAuthError.THROTTLED:
        return Told(_THROTTLED, 400)
    # W 13.2: 200, for some clients read «error» only there.
    return Told({"error": error.value})


def credentials(given: Mapping[str, str]) -> Credentials:
    """Who the caller says it is."""
    return Credentials(client_id=given.get("client_id", ""), client_secret=given.get("client_secret"))


async def _grant(desk: Desk, given: Mapping[str, str]) -> Granted | OAuthError:
    db, now, terms = desk.app.db, desk.app.clock(), desk.terms
    match given.get("grant_type"):
        case "authorization_code":
            shown = Shown(
                code=given.get("code", ""),
                redirect_uri=given.get("redirect_uri"),
                verifier=given.get("code_verifier"),
            )
            result = await grant.exchange_code(db, credentials(given), shown, now=now, terms=terms)
            if result is OAuthError.INVALID_CODE:
                desk.bearers.forget()  # a code shown twice ends what it gave
            return result
        case "refresh_token":
            return await grant.refresh(db, credentials(given), given.get("refresh_token", ""), now=now, terms=terms)
    return OAuthError.GENERAL_ERROR
