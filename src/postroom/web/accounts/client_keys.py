"""``/clients``: a client's new secret, and codes for self clients (W 4.1, 4.4).

Each is shown on the answer to the form that made it, and nowhere else: no URL carries it, no page can be loaded again
to see it, and a form sent again makes no second one.
"""

from starlette.responses import Response

from postroom.access import grant, registry
from postroom.access.grant import CODE_MINUTES, OAuthError
from postroom.web.accounts import once
from postroom.web.accounts.authorize import chosen
from postroom.web.accounts.clients import Seen, of_client, show, unknown
from postroom.web.accounts.visit import Visit


async def _new_secret(visit: Visit, seen: Seen) -> Response:
    if again := await once.sent_before(visit):
        return again
    secret = await registry.new_secret(visit.desk.app.db, seen.client)
    if secret is None:
        return unknown(visit)
    return visit.page("client_secret.html", client=seen.client, secret=secret, fresh=False)


async def _code(visit: Visit, seen: Seen) -> Response:
    if not seen.speakers:
        return show(visit, seen, "codes are made for self clients, each by its owner", 403)
    if again := await once.sent_before(visit):
        return again
    form, desk = await visit.form(), visit.desk
    user = chosen(seen.speakers, form.get("user", ""))
    minutes = form.get("minutes", "")
    if user is None or minutes not in map(str, CODE_MINUTES):
        return show(visit, seen, "choose an organisation and how long the code lives", typed=form)
    try:
        code = await grant.make_code(
            desk.app.db,
            seen.client,
            form.get("scope", ""),
            now=desk.app.clock(),
            terms=desk.terms,
            minutes=int(minutes),
            user=user,
        )
    except ValueError as error:
        return show(visit, seen, str(error), typed=form)
    if isinstance(code, OAuthError):
        return show(visit, seen, "too many codes were made; try again in some minutes", 429, typed=form)
    return visit.page("client_code.html", client=seen.client, code=code, minutes=minutes)


new_secret, code = map(of_client, (_new_secret, _code))
