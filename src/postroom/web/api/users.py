"""``/users`` and ``/users/{id}`` (W 6.3)."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from postroom.access.permission import Permission, allows
from postroom.errors import Fault, NotFound, Reason
from postroom.record import read_number
from postroom.store import orgs, users
from postroom.store.db import Tx
from postroom.store.orgs import Org
from postroom.store.users import User
from postroom.web.api.wire import users as wire
from postroom.web.api.wire.items import Gone, read_items, status, success
from postroom.web.api.wire.renaming import AT_ONCE, Renaming, read_renaming, refused
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent, item_errors
from postroom.web.refusals import status as status_of

UPDATED: Final = "User updated"  # W 6.3
_UNKNOWN: Final = Fault(Reason.RECORD_UNKNOWN, ("id",))


async def listing(call: Call) -> Response:
    """The users of one type, oldest first; 204 where there are none."""
    kind, number, size = call.required("type"), call.number("page"), call.number("per_page")
    everybody, org = await call.app.db.read(lambda tx: _look(tx, call.caller.org_id))
    if kind == wire.CURRENT:
        found = [user for user in everybody if user.id == call.caller.user_id]
    else:
        found = [user for user in everybody if wire.TYPES[kind](user)]
    start = (number - 1) * size
    page = found[start : start + size]
    if not page:
        return NoContent()
    return Json(wire.users(page, org, number=number, size=size, more=len(found) > start + size))


async def get(call: Call) -> Response:
    """One user; 204 where there is none of that id."""
    user_id = _number(call)
    everybody, org = await call.app.db.read(lambda tx: _look(tx, call.caller.org_id))
    found = next((user for user in everybody if user.id == user_id), None)
    return Json(wire.one_user(found, org)) if found else NoContent()


async def update(call: Call) -> Response:
    """Rename a user: oneself, or as an Administrator anybody."""
    user_id = _number(call)
    (item,) = read_items(await call.json(), 1, "users")
    done = await _rename(call, [read_renaming(item, user_id)])
    if done[0][:1] == (_UNKNOWN,):
        raise NotFound(Fault(Reason.RECORD_UNKNOWN))
    return _answer([user_id], done)


async def update_many(call: Call) -> Response:
    """Rename up to 10 users that the items name by ``id``, each answered at its index."""
    asked = [read_renaming(item) for item in read_items(await call.json(), AT_ONCE, "users")]
    return _answer([each.user_id for each in asked], await _rename(call, asked))


async def _rename(call: Call, asked: Sequence[Renaming]) -> list[tuple[Fault, ...]]:
    """Rename whom the caller may rename; everything that is wrong with each wish."""
    return await call.app.db.write(lambda tx: [_rename_one(tx, call, each) for each in asked])


def _rename_one(tx: Tx, call: Call, asked: Renaming) -> tuple[Fault, ...]:
    if asked.user_id is None:
        return asked.faults
    user = users.find(tx, call.caller.org_id, asked.user_id)
    if user is None:
        return (_UNKNOWN, *asked.faults)
    if user.id != call.caller.user_id and not allows(call.caller.profile, Permission.MANAGE_USERS):
        return (Fault(Reason.PRIVILEGE_MISSING),)
    faults = (*asked.faults, *refused(asked.item, user))
    if not faults:
        users.save(tx, asked.applied_to(user))
    return faults


def _answer(ids: Sequence[int | None], done: Sequence[tuple[Fault, ...]]) -> Response:
    answers = [
        (item_errors(faults, n, "users"), status_of(faults[0]))
        if faults
        else (success(UPDATED, Gone(id=str(number))), 200)
        for n, (number, faults) in enumerate(zip(ids, done, strict=True))
    ]
    return Json({"users": [item for item, _ in answers]}, status([code for _, code in answers]))


def _number(call: Call) -> int:
    number = read_number(call.path["id"])
    if number is None:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN))
    return number


def _look(tx: Tx, org_id: int) -> tuple[Sequence[User], Org]:
    org = orgs.find(tx, org_id)
    assert org is not None, "a caller's organisation exists: users refer to it"
    return users.listing(tx, org_id), org
