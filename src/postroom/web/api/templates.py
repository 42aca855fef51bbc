"""``/settings/email_templates``: templates that mails are made from (W 8.2)."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from postroom.errors import Fault, Invalid, NotFound, Reason
from postroom.record import read_number
from postroom.store import templates as store
from postroom.store.db import Tx
from postroom.store.templates import Author, Kept, Key, Template
from postroom.web.api import place
from postroom.web.api.showing import context_of
from postroom.web.api.wire import templates as wire
from postroom.web.api.wire.items import Done, Gone, Refusal, status, success
from postroom.web.api.wire.templates import KEY, Read
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent, item_errors
from postroom.web.refusals import status as status_of

CREATED, UPDATED, DELETED = "template created", "template updated", "template deleted"


async def listing(call: Call) -> Response:
    """The templates of a module, or of all; 204 where there are none.

    What a list shows of a template is without its content.
    """
    if call.param("filters") is not None:
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": "filters"}))
    module = place.asked_module(call) if call.param("module") else None
    category, by, ascending = call.param("category"), call.required("sort_by"), call.required("sort_order") == "asc"
    number, size = call.number("page"), call.number("per_page")
    org_id = call.caller.org_id
    everything, context = await call.app.db.read(lambda tx: (store.listing(tx, org_id), context_of(tx, call)))
    found = [
        each
        for each in everything
        if (module is None or each.module == module.name) and category in (None, each.category)
    ]
    page = wire.listing(wire.in_order(found, by, ascending=ascending), number, size, context)
    return Json(page) if page else NoContent()


async def get(call: Call) -> Response:
    """One template with its content; 204 where there is none of that id."""
    key = _key(call)
    found, context = await call.app.db.read(lambda tx: (store.find(tx, key), context_of(tx, call)))
    return Json(wire.whole(found, context)) if found else NoContent()


async def add(call: Call) -> Response:
    """Add up to 10 templates, each answered at its index."""
    asked, author = wire.read_new(await call.json()), _author(call)
    numbers = [call.app.ids.number() for _ in asked]

    def write(tx: Tx) -> list[Kept]:
        return [
            each if isinstance(each, tuple) else store.add(tx, author, number, each)
            for number, each in zip(numbers, asked, strict=True)
        ]

    return _answer(await call.app.db.write(write), CREATED, 201)


async def change(call: Call) -> Response:
    """Change a template; what is not given stays."""
    key, author = _key(call), _author(call)
    asked: Read = wire.read_changed(await call.json())
    if isinstance(asked, tuple):
        return _answer([asked], UPDATED, 200)
    kept = await call.app.db.write(lambda tx: store.change(tx, author, key.id, asked))
    if kept is None:
        raise _unknown()
    return _answer([kept], UPDATED, 200)


async def remove(call: Call) -> Response:
    """Delete a template. Mails that were made from it stay as they are, those still to leave too."""
    key = _key(call)
    if not await call.app.db.write(lambda tx: store.remove(tx, key)):
        raise _unknown()
    return Json({KEY: [success(DELETED, Gone(id=str(key.id)))]})


def _answer(kept: Sequence[Kept], message: str, code: int) -> Response:
    answers: list[tuple[Done[Gone] | Refusal, int]] = [
        (success(message, Gone(id=str(each.id))), code)
        if isinstance(each, Template)
        else (item_errors(each, n, KEY), status_of(each[0]))
        for n, each in enumerate(kept)
    ]
    return Json({KEY: [item for item, _ in answers]}, status([code for _, code in answers]))


def _author(call: Call) -> Author:
    return Author(org_id=call.caller.org_id, user_id=call.caller.user_id, now=call.app.clock())


def _key(call: Call) -> Key:
    number = read_number(call.path["id"])
    if number is None:
        raise _unknown()
    return Key(call.caller.org_id, number)


_PLACE: Final = {"resource_path_index": 2}  # W 1.6: which part of the URL is wrong


def _unknown() -> NotFound:
    return NotFound(Fault(Reason.RECORD_UNKNOWN, details=_PLACE))
