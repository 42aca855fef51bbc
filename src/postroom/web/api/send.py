"""``POST /{module}/{record_id}/actions/send_mail`` (wire reference 1)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from msgspec import structs
from starlette.responses import Response

from postroom.errors import Fault, Invalid, Reason, Refused, Unavailable
from postroom.mail.draft import Draft
from postroom.mail.life import State
from postroom.send import submit
from postroom.store.records import Key
from postroom.web.api.place import mailed_key
from postroom.web.api.wire import items
from postroom.web.api.wire import mail as wire
from postroom.web.api.wire.items import Done, Refusal
from postroom.web.call import Call
from postroom.web.refusals import Json, item_error, status

log = structlog.get_logger()

Ended = tuple[Done[wire.Accepted] | Refusal, int]  # one object's answer, and the status it would have alone


async def send_mail(call: Call) -> Response:
    """Accept each mail of ``data``, all at once; each is answered at its index, after it is on disk."""
    record = mailed_key(call)
    drafts = wire.read_send(await call.json())
    accepting = (_accept(call, record, n, draft) for n, draft in enumerate(drafts))
    ends = await asyncio.gather(*accepting, return_exceptions=True)
    call.app.wake.ring()
    failures = [end for end in ends if isinstance(end, BaseException)]
    if len(failures) == len(ends):
        raise failures[0]
    # What was accepted must be heard of, whatever became of the others: else the client would send all of it again.
    answers = [_failed(end, n) if isinstance(end, BaseException) else end for n, end in enumerate(ends)]
    return Json({"data": [item for item, _ in answers]}, items.status([code for _, code in answers]))


async def _accept(call: Call, record: Key, n: int, draft: Draft | tuple[Any, ...]) -> Ended:
    """The answer to one object of ``data`` and the status it would have alone."""
    try:
        if not isinstance(draft, Draft):
            raise Invalid(*draft)
        app = call.app
        accepted = await submit(app.db, app.ids, call.caller, record, draft, now=app.clock())
    except Invalid as refusal:
        return _refusal(refusal.faults, n), status(refusal.faults[0])
    return wire.accepted(accepted.letter.mail_id, scheduled=accepted.state is State.SCHEDULED), 200


def _failed(error: BaseException, n: int) -> Ended:
    """The answer to one object that met something other than a fault of its own, while others were accepted."""
    if isinstance(error, Refused):
        fault = error.faults[0]
    elif isinstance(error, Unavailable):
        fault = Fault(Reason.UNAVAILABLE)
    else:
        log.error("bug", exc_info=error)
        fault = Fault(Reason.INTERNAL)
    return item_error(fault, n), status(fault)


def _refusal(faults: Sequence[Fault], n: int) -> Refusal:
    """W 1.5 has no code for several faults: the first is told as if it were alone, the others in its details."""
    first, *others = (item_error(fault, n) for fault in faults)
    return structs.replace(first, details={**first.details, "errors": others}) if others else first
