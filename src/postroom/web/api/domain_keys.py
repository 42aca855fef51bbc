"""``/settings/domain_keys``: the keys that mails of a domain are signed with (W 8.6)."""

from functools import partial
from typing import Final

from starlette.responses import Response

from postroom.access import keyring
from postroom.access.keyring import Full, Taken
from postroom.errors import Fault, NotFound, Reason
from postroom.record import read_number
from postroom.store import keys
from postroom.store.db import Tx
from postroom.store.keys import Key
from postroom.web.api.showing import context_of
from postroom.web.api.wire import domain_keys as wire
from postroom.web.api.wire.domain_keys import KEY, Read
from postroom.web.api.wire.items import Done, Gone, Refusal, status, success
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent, item_errors
from postroom.web.refusals import status as status_of

MADE, STARTED, REMOVED = "key created", "key started", "key deleted"
_PLACE: Final = {"resource_path_index": 2}  # W 1.6: which part of the URL is wrong


async def listing(call: Call) -> Response:
    """The organisation's keys by their domains; 204 where there are none."""
    org_id, number, size = call.caller.org_id, call.number("page"), call.number("per_page")
    found, context = await call.app.db.read(lambda tx: (keys.listing(tx, org_id), context_of(tx, call)))
    page = wire.listing(found, number, size, context, call.app.clock())
    return Json(page) if page else NoContent()


async def add(call: Call) -> Response:
    """Make up to four keys, each answered at its index with its record; they sign nothing before they are started."""
    asked = wire.read_new(await call.json(), call.caller.org_id)
    answers = [_answer(await _made(call, each), n) for n, each in enumerate(asked)]
    return Json({KEY: [item for item, _ in answers]}, status([code for _, code in answers]))


async def start(call: Call) -> Response:
    """Sign mails of the key's domain with it from now on; the key of its kind that did so is retired."""

    def write(tx: Tx) -> Key:
        found = _named(tx, call)
        keys.start(tx, found.org_id, found.domain, [found.id], call.app.clock())
        return found

    found = await call.app.db.write(write)
    return Json({KEY: [success(STARTED, Gone(id=str(found.id)))]})


async def remove(call: Call) -> Response:
    """Remove a key for good; what it has signed can be checked for as long as its record stays."""

    def write(tx: Tx) -> Key:
        found = _named(tx, call)
        keys.remove(tx, found.org_id, found.id)
        return found

    found = await call.app.db.write(write)
    return Json({KEY: [success(REMOVED, Gone(id=str(found.id)))]})


async def _made(call: Call, asked: Read) -> Key | tuple[Fault, ...]:
    if isinstance(asked, tuple):
        return asked
    app = call.app
    make = partial(keyring.add, app.db, app.vault, [asked], numbers=app.ids.number, now=app.clock())
    try:
        (new,) = await make()
    except Taken:
        return (Fault(Reason.DUPLICATE, ("selector",)),)
    except Full as full:
        return (Fault(Reason.KEYS_TOO_MANY, details={"limit": full.limit}),)
    return new


def _answer(end: Key | tuple[Fault, ...], n: int) -> tuple[Done[wire.Made] | Refusal, int]:
    if isinstance(end, Key):
        return success(MADE, wire.made(end)), 201
    return item_errors(end, n, KEY), status_of(end[0])


def _named(tx: Tx, call: Call) -> Key:
    """The key of that id. Raises ``NotFound``."""
    number = read_number(call.path["id"])
    found = None if number is None else keys.find(tx, call.caller.org_id, number)
    if found is None:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN, details=_PLACE))
    return found
