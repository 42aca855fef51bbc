"""Forms that make something and show it once: each may be sent once, though a browser sends it again at a reload."""

from typing import Final

from starlette.responses import Response

from postroom.access import secrets
from postroom.mail.retry import DAY
from postroom.store import throttles
from postroom.web.accounts.visit import Visit

_FIELD: Final = "once"


def mark() -> str:
    """What such a form carries in its field ``once``."""
    return secrets.make_token()


async def sent_before(visit: Visit) -> Response | None:
    """The page for who sends a form again; None the first time, and where it carries no mark."""
    carried = (await visit.form()).get(_FIELD)
    if not carried:
        return None
    app = visit.desk.app
    key = secrets.digest(f"form sent {carried}")
    times = await app.db.write(lambda tx: throttles.take(tx, key, window=DAY, now=app.clock()))
    return None if times == 1 else visit.page("again.html", 409)
