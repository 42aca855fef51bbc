"""``/oauth/v3/device/code`` and ``/oauth/v3/device/token``: what devices ask themselves (W 4.9; RFC 8628 §3.1, 3.4)."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from postroom.access import device
from postroom.access.device import Elsewhere
from postroom.access.grant import OAuthError
from postroom.web.accounts.desk import Desk
from postroom.web.accounts.parameters import parameters
from postroom.web.accounts.token import answer, credentials, refused
from postroom.web.refusals import Told

_GRANTS = ("device_token", "urn:ietf:params:oauth:grant-type:device_code")  # Zoho's word, and RFC 8628's


async def code(desk: Desk, request: Request) -> Response:
    """A device code, and the user code that goes with it."""
    given = await parameters(request)
    if given is None or given.get("grant_type") not in (None, "device_request"):
        return refused(OAuthError.GENERAL_ERROR)
    begun = await device.begin(
        desk.app.db,
        given.get("client_id", ""),
        given.get("scope", ""),
        offline=given.get("access_type") == "offline",
        now=desk.app.clock(),
    )
    if isinstance(begun, OAuthError):
        return refused(begun)
    page = f"{desk.centers.own.accounts}/oauth/v3/device"
    return Told(
        {
            "user_code": begun.user_code,
            "device_code": begun.device_code,
            "verification_url": page,
            "verification_uri": page,  # RFC 8628 §3.2
            "verification_uri_complete": f"{page}?{urlencode({'user_code': begun.user_code})}",
            "expires_in": begun.seconds,
            "interval": desk.terms.poll_seconds,
        }
    )


async def token(desk: Desk, request: Request) -> Response:
    """Tokens for a device whose user has consented."""
    given = await parameters(request)
    if given is None or given.get("grant_type") not in _GRANTS:
        return refused(OAuthError.GENERAL_ERROR)
    shown = given.get("code") or given.get("device_code", "")
    now = desk.app.clock()
    result = await device.poll(desk.app.db, credentials(given), shown, now=now, terms=desk.terms)
    if isinstance(result, Elsewhere):
        return Told({"error": OAuthError.OTHER_DC.value, "user_location": result.data_center})
    return answer(desk, result)
