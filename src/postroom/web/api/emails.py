"""``GET /{module}/{record_id}/Emails`` and what is below it (wire reference 8.1)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from postroom.access.permission import Permission, allows
from postroom.errors import Fault, Forbidden, Invalid, NotFound, Reason
from postroom.mail.draft import FileRef
from postroom.mail.zone import zone
from postroom.record import ACCOUNTS, read_number
from postroom.store import filing, mails, orgs, records, users
from postroom.store.db import Tx
from postroom.store.filing import Asked
from postroom.store.mails import Filed
from postroom.store.records import Key
from postroom.web.api import files
from postroom.web.api.place import known_module, mailed_key, parent
from postroom.web.api.wire import emails as wire
from postroom.web.api.wire.sieve import FILTER, read_filter
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent
from postroom.web.shape import OPAQUE

_MESSAGE_ID: Final = re.compile(OPAQUE)


async def listing(call: Call) -> Response:
    """The mails of a record and of its contacts, newest first, ten at a time; 204 where there are none."""
    key, kind, chosen = mailed_key(call), _kind(call), call.param(FILTER)
    user_id, choice = _user(call, kind), read_filter(chosen) if chosen else None
    index = wire.read_index(call.required("index"))

    def look(tx: Tx) -> tuple[filing.Page, wire.Context]:
        asked = Asked(record=parent(tx, key), limit=wire.EMAILS_PER_PAGE, user_id=user_id, choice=choice)
        if kind is not None:
            asked = replace(asked, states=kind.states, contacts_alone=kind.contacts_alone)
        if user_id is not None and users.find(tx, key.org_id, user_id) is None:
            raise Invalid(_wrong("owner_id"))
        if index is not None:
            mail_id, backwards = index
            asked = replace(asked, start=_start(tx, key, mail_id), backwards=backwards)
        page = filing.page(tx, asked)
        return page, _context(tx, call, page.mails)

    page, context = await call.app.db.read(look)
    return Json(wire.listing(page, context)) if page.mails else NoContent()


async def get(call: Call) -> Response:
    """One mail with its content and attachments."""
    find = find_one(call)

    def look(tx: Tx) -> tuple[Filed, wire.Context]:
        filed = find(tx)
        return filed, _context(tx, call, [filed])

    return Json(wire.whole(*await call.app.db.read(look)))


async def download(call: Call) -> Response:
    """The bytes of a file that went with a mail; ``user_id`` and ``name`` tell nothing that the ids do not."""
    key, mail_id = mailed_key(call), _opaque(call, "message_id")
    file_id = _opaque(call, "id")

    def look(tx: Tx) -> FileRef:
        parent(tx, key)
        filed = _one(tx, key, mail_id, _wrong("message_id"))
        found = next((each for each in filed.files if each.file_id == file_id), None)
        if found is None:
            raise NotFound(Fault(Reason.FILE_UNKNOWN, details={"param_name": "id"}))
        return found

    return await files.content(call, await call.app.db.read(look))


def find_one(call: Call) -> Callable[[Tx], Filed]:
    """What finds the mail of the URL in the list of its record, which is there.

    Raises ``NotFound``, and so does what it returns.
    """
    key, text = mailed_key(call), call.path["message_id"]
    if not _MESSAGE_ID.fullmatch(text):
        raise NotFound(_UNKNOWN_MAIL)

    def find(tx: Tx) -> Filed:
        parent(tx, key)
        return _one(tx, key, bytes.fromhex(text), _UNKNOWN_MAIL)

    return find


# W 1.6: the part of the URL that is wrong, counted from the module.
_UNKNOWN_MAIL: Final = Fault(Reason.RELATED_UNKNOWN, details={"resource_path_index": 3})


def _kind(call: Call) -> wire.Type | None:
    """What ``type`` means, None for all mails. Raises ``Invalid`` for one that the module does not have."""
    name = call.param("type")
    kind = None if name is None else wire.TYPES[name]
    if kind is not None and kind.contacts_alone and known_module(call) is not ACCOUNTS:
        raise Invalid(_wrong("type"))
    return kind


def _user(call: Call, kind: wire.Type | None) -> int | None:
    """Whose mails are asked for, None for everybody's. Raises ``Invalid``, and ``Forbidden`` as W 2 does."""
    text, of_user = call.param("owner_id"), kind is not None and kind.of_user
    if text is None:
        return call.caller.user_id if of_user else None
    user_id = read_number(text)
    if user_id is None or not of_user:
        raise Invalid(_wrong("owner_id"))
    hold_to_own(call, user_id)
    return user_id


def hold_to_own(call: Call, user_id: int) -> None:
    """Raises ``Forbidden`` (W 2) where the mails of that user are none of the caller's business."""
    if user_id != call.caller.user_id and not allows(call.caller.profile, Permission.MANAGE_USERS):
        raise Forbidden(Fault(Reason.PRIVILEGE_MISSING))


def _opaque(call: Call, name: str) -> bytes:
    """A parameter that is the id of a mail or a file. Raises ``Invalid``, ``NotFound`` for what can be none."""
    text = call.param(name)
    if text is None:
        raise Invalid(Fault(Reason.MISSING, details={"param_name": name}))
    if not _MESSAGE_ID.fullmatch(text):
        raise NotFound(_wrong(name))
    return bytes.fromhex(text)


def _wrong(name: str) -> Fault:
    return Fault(Reason.PARAM_WRONG, details={"param_name": name})


def _start(tx: Tx, key: Key, mail_id: bytes) -> int:
    number = mails.number(tx, key.org_id, mail_id)
    if number is None:
        raise Invalid(_wrong("index"))
    return number


def _one(tx: Tx, key: Key, mail_id: bytes, unknown: Fault) -> Filed:
    filed = mails.find(tx, key.org_id, mail_id)
    if filed is None or not filing.holds(tx, key, filed):
        raise NotFound(unknown)
    return filed


def _context(tx: Tx, call: Call, found: Sequence[Filed]) -> wire.Context:
    org = orgs.find(tx, call.caller.org_id)
    assert org is not None, "a caller's organisation exists: users refer to it"
    return wire.Context(
        users={user.id: user for user in users.listing(tx, org.id)},
        names=records.names(tx, org.id, {each.about.record_id for each in found}),
        zone=zone(org.time_zone),
        deals_name=call.deals_name,
    )
