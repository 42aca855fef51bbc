"""``/confirm``: where a mailed link leads, to confirm an address (W 1.5, 2)."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from postroom.access import confirmation
from postroom.access.confirmation import Refusal
from postroom.access.terms import TEN_MINUTES
from postroom.web.accounts.visit import Visit

_REFUSALS: Final[Mapping[Refusal, tuple[int, str]]] = {
    Refusal.UNKNOWN: (
        404,
        "This link is not known here: it is incomplete, or a newer one was mailed since. Use the link of the newest"
        " mail, as a whole.",
    ),
    Refusal.USED: (410, "This link has done its work: what it was mailed for is confirmed already."),
    Refusal.EXPIRED: (
        410,
        f"This link is older than {confirmation.DAYS} days. Ask whoever runs this server to mail you another one.",
    ),
    Refusal.THROTTLED: (429, "Too many attempts. Try again in ten minutes."),
}


async def show(visit: Visit) -> Response:
    """Ask whether it is right. Programs that look into mails follow links: only the button confirms."""
    token = visit.request.query_params.get("token", "")
    app = visit.desk.app
    found = await confirmation.look_up(app.db, token, guesser=visit.address, now=app.clock())
    if isinstance(found, Refusal):
        return _refused(visit, found)
    return visit.page("confirm.html", found=found, token=token)


async def submit(visit: Visit) -> Response:
    """Confirm."""
    token = (await visit.form()).get("token", "")
    app = visit.desk.app
    found = await confirmation.confirm(app.db, token, guesser=visit.address, now=app.clock())
    if isinstance(found, Refusal):
        return _refused(visit, found)
    # An account's tokens shall send from now on, and not within a second.
    visit.desk.bearers.forget()
    return visit.message("Confirmed", f"{found.email} is confirmed. You may close this page.")


def _refused(visit: Visit, why: Refusal) -> Response:
    status, text = _REFUSALS[why]
    page = visit.message("Nothing to confirm", text, status)
    if why is Refusal.THROTTLED:
        page.headers["retry-after"] = str(TEN_MINUTES // 1000)
    return page
