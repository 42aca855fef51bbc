"""``GET /{module}/{record_id}/Emails`` and ``…/Emails/{message_id}`` (wire reference 8.1)."""

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from starlette.responses import Response

from postroom.errors import Fault, NotFound, Reason
from postroom.mail.life import State
from postroom.mail.zone import zone
from postroom.store import mails, orgs, records, users
from postroom.store.db import Tx
from postroom.store.mails import Filed
from postroom.store.records import Key
from postroom.web.api.place import mailed_key
from postroom.web.api.wire import emails as wire
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent
from postroom.web.shape import OPAQUE

_MESSAGE_ID: Final = re.compile(OPAQUE)


async def listing(call: Call) -> Response:
    """The mails filed under a record, newest first, ten at a time; 204 where there are none."""
    key = mailed_key(call)
    kind, start = call.param("type"), call.number("index")
    states = frozenset(State) if kind is None else wire.TYPES[kind]
    asked = partial(_page, key=key, shown_as=call.path["module"], states=states, start=start)
    found, context = await call.app.db.read(asked)
    return Json(wire.listing(found, start, context)) if found else NoContent()


async def get(call: Call) -> Response:
    """One mail with its content and attachments."""
    key, find = mailed_key(call), find_one(call)
    shown_as = call.path["module"]
    context, filed = await call.app.db.read(lambda tx: (_context(tx, key, shown_as), find(tx)))
    return Json(wire.whole(filed, context))


def find_one(call: Call) -> Callable[[Tx], Filed]:
    """What finds the mail of the URL among those of its record. Raises ``NotFound``, and so does what it returns."""
    key, text = mailed_key(call), call.path["message_id"]
    if not _MESSAGE_ID.fullmatch(text):
        raise NotFound(_UNKNOWN_MAIL)
    return partial(_one, key=key, mail_id=bytes.fromhex(text))


# W 1.6: the part of the URL that is wrong, counted from the module.
_UNKNOWN_MAIL: Final = Fault(Reason.RELATED_UNKNOWN, details={"resource_path_index": 3})


def _page(
    tx: Tx, key: Key, shown_as: str, *, states: Collection[State], start: int
) -> tuple[list[Filed], wire.Context]:
    context = _context(tx, key, shown_as)
    return mails.of_record(tx, key, states=states, limit=wire.EMAILS_PER_PAGE + 1, offset=start), context


def _one(tx: Tx, key: Key, mail_id: bytes) -> Filed:
    filed = mails.find(tx, key.org_id, mail_id)
    if filed is None or filed.record_id != key.id:
        raise NotFound(_UNKNOWN_MAIL)
    return filed


def _context(tx: Tx, key: Key, shown_as: str) -> wire.Context:
    record, org = records.find(tx, key), orgs.find(tx, key.org_id)
    if record is None or org is None:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN))
    people = {user.id: user for user in users.listing(tx, key.org_id)}
    return wire.Context(users=people, record_name=record.name, module=shown_as, zone=zone(org.time_zone))
