"""``/signin`` and ``/signout``: first who, then the password, and the way to another data centre (W 4.2, 4.12)."""

from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from postroom.access import login
from postroom.access.centers import APART, Center
from postroom.access.login import Refusal, SignedIn
from postroom.mail.address import Address, BadAddress
from postroom.web.accounts import crossing
from postroom.web.accounts.visit import Visit, local

_APART: Final = (
    f"Nobody is sent to the data centre {APART}, or from there to another one. For accounts of the other side,"
    " applications must start there."
)


async def show(visit: Visit) -> Response:
    """Ask who it is; whoever is signed in goes on."""
    params = visit.request.query_params
    onward = local(params.get("next", ""))
    if visit.email is not None:
        return visit.go(onward)
    return _who(visit, onward, params.get("login_hint", ""))


async def submit(visit: Visit) -> Response:
    """Take the address, then the password; or the choice of another data centre."""
    form = await visit.form()
    onward, typed = local(form.get("next", "")), form.get("email", "").strip()
    if "data_center" in form:
        return await _cross(visit, form["data_center"], onward, typed)
    email = _address(typed)
    if email is None:
        return _who(visit, onward, typed, "That is not an e-mail address.")
    if "password" not in form:
        home = await login.home_of(visit.desk.app.db, email)
        if home is not None:
            return await _cross(visit, home, onward, email)
        return _password(visit, onward, email)
    return await _sign_in(visit, onward, email, form["password"])


async def leave(visit: Visit) -> Response:
    """Sign out of this browser."""
    form = await visit.form()
    await visit.sign_out()
    return visit.go(f"/signin?{urlencode({'next': local(form.get('next', ''))})}")


def ask(visit: Visit, back: str | None = None) -> Response:
    """Send a browser of nobody to the sign-in page, and from there to ``back``; None: to this very URL again."""
    told = {"next": back or visit.here}
    hint = visit.request.query_params.get("login_hint")
    if hint:
        told["login_hint"] = hint
    # RFC 9110 §15.4.4: 303 is what makes a GET of a POST.
    return visit.go(f"/signin?{urlencode(told)}", 303 if visit.request.method == "POST" else 302)


async def _sign_in(visit: Visit, onward: str, email: str, password: str) -> Response:
    app = visit.desk.app
    result = await login.sign_in(app.db, email, password, address=visit.address, now=app.clock())
    if isinstance(result, SignedIn):
        await visit.sign_in(result)
        return visit.go(onward)
    if result is Refusal.THROTTLED:
        minutes = login.WINDOW // 60_000
        return _password(visit, onward, email, f"Too many attempts. Try again in {minutes} minutes.", 429)
    # Not 401: that would have to name a scheme in WWW-Authenticate (RFC 9110 §15.5.2).
    return _password(visit, onward, email, "That is not the right password.")


async def _cross(visit: Visit, name: str, onward: str, email: str) -> Response:
    """The way to another data centre, with what the browser was about to do (W 4.12)."""
    center = visit.desk.centers.onward(name)
    if center is None:
        apart = APART in (name, visit.desk.centers.own.name)
        return visit.message("Another data centre", _APART if apart else "This data centre is not known here.", 400)
    return visit.go(await _address_there(visit, center, onward, email))


async def _address_there(visit: Visit, center: Center, onward: str, email: str) -> str:
    parts = urlsplit(onward)
    if parts.path == "/oauth/v2/auth":
        return crossing.request(center, parts.query, email)
    if parts.path == "/oauth/v3/device":
        # Nobody is signed in, so that it is the place which may not go on guessing.
        url = await crossing.device(visit.desk, center, parts.query, email, guesser=f"at {visit.address}")
        if url is not None:
            return url
    return f"{center.accounts}/signin{crossing.hint('?', email)}"


def _who(visit: Visit, onward: str, email: str, problem: str = "") -> Response:
    others = [each for each in visit.desk.centers.others.values() if visit.desk.centers.onward(each.name)]
    return visit.page("signin.html", onward=onward, typed=email, others=others, problem=problem)


def _password(visit: Visit, onward: str, email: str, problem: str = "", status: int = 200) -> Response:
    return visit.page("password.html", status, onward=onward, typed=email, problem=problem)


def _address(typed: str) -> str | None:
    try:
        return Address.parse(typed).folded
    except BadAddress:
        return None
