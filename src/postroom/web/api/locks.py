"""``/{module}/{id}/Locking_Information__s``: records that nobody is to change (W 7.8)."""

from collections.abc import Callable
from functools import partial

from starlette.responses import Response

from postroom.access.permission import Permission, allows
from postroom.errors import Conflict, Fault, Forbidden, NotFound, Reason
from postroom.store import locks as store
from postroom.store import orgs
from postroom.store.db import Tx
from postroom.store.locks import Lock
from postroom.store.records import Record
from postroom.web.api import place
from postroom.web.api.records import ADDED
from postroom.web.api.related import REMOVED
from postroom.web.api.showing import context_of
from postroom.web.api.wire import locks as wire
from postroom.web.api.wire.items import Gone, read_items, success
from postroom.web.api.wire.pages import PER_PAGE, numbered
from postroom.web.api.wire.record_shapes import Stored
from postroom.web.api.wire.records import Context, read_names
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent, item_errors
from postroom.web.refusals import status as status_of

UPDATED = "relation updated"


async def listing(call: Call) -> Response:
    """The lock of a record, of which there is one at the most; 204 where it is not locked."""
    return await _show(call, None)


async def get(call: Call) -> Response:
    """The lock of that id; 204 where the record has none."""
    return await _show(call, place.related_id(call, "lock_id"))


async def add(call: Call) -> Response:
    """Lock a record: until it is unlocked nobody changes it, deletes it, or sends a mail about it.

    Its notes and files may come and go, and mails that were accepted before still leave.
    """
    key, reason, now = place.lockable_key(call), _read(await call.json()), call.app.clock()
    if isinstance(reason, Fault):
        return _refused(reason)
    new = Lock(
        id=call.app.ids.number(),
        org_id=key.org_id,
        record_id=key.id,
        reason=reason,
        locked_at=now,
        locked_by=call.caller.user_id,
    )

    def write(tx: Tx) -> Stored:
        place.parent(tx, key)
        if not store.add(tx, new):
            raise Conflict(Fault(Reason.LOCKED_ALREADY))
        return wire.stored(new, context_of(tx, call))

    return Json({"data": [success(ADDED, await call.app.db.write(write))]}, 201)


async def change(call: Call) -> Response:
    """Give a lock another reason, which its owner may do, and an Administrator."""
    reason = _read(await call.json())
    if isinstance(reason, Fault):
        return _refused(reason)
    return await _act(call, partial(store.change, reason=reason), UPDATED)


async def remove(call: Call) -> Response:
    """Unlock a record, which whoever locked it may do, and an Administrator."""
    return await _act(call, store.remove, REMOVED)


async def _show(call: Call, number: int | None) -> Response:
    key, wanted = place.lockable_key(call), read_names(call.param("fields"))

    def look(tx: Tx) -> tuple[Record, Lock | None, Context]:
        record = place.parent(tx, key)
        return record, store.find(tx, record), context_of(tx, call)

    record, lock, context = await call.app.db.read(look)
    if lock is None or number not in (None, lock.id):
        return NoContent()
    return Json(numbered([wire.entry(lock, record, wanted, context)], 1, PER_PAGE))


async def _act(call: Call, act: Callable[[Tx, Lock], None], message: str) -> Response:
    """Do it to the lock of the URL. Raises ``NotFound``, and ``Forbidden`` where it is another user's."""
    key, number = place.lockable_key(call), place.related_id(call, "lock_id")

    def write(tx: Tx) -> None:
        orgs.hold(tx, key.org_id)
        lock = store.find(tx, place.parent(tx, key))
        if lock is None or lock.id != number:
            raise NotFound(Fault(Reason.RELATED_UNKNOWN, details={"resource_path_index": 3}))
        if lock.locked_by != call.caller.user_id and not allows(call.caller.profile, Permission.MANAGE_USERS):
            raise Forbidden(Fault(Reason.LOCKED_BY_ANOTHER))
        act(tx, lock)

    await call.app.db.write(write)
    return Json({"data": [success(message, Gone(id=str(number)))]})


def _read(body: object) -> str | Fault:
    (item,) = read_items(body, 1)
    return wire.read(item)


def _refused(fault: Fault) -> Response:
    return Json({"data": [item_errors([fault], 0)]}, status_of(fault))
