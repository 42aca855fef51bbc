"""``POST /{module}/{record_id}/actions/send_mail`` (wire reference 1)."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import structlog
from msgspec import structs
from starlette.responses import Response

from postroom.errors import Conflict, Fault, Invalid, Reason, Refused, Unavailable
from postroom.failpoint import reach
from postroom.mail.draft import Draft
from postroom.mail.life import State
from postroom.send import judge, submit, used_up
from postroom.store import once
from postroom.store.mails import Accepted
from postroom.store.once import Answer, Deed, Named
from postroom.store.records import Key
from postroom.web.api.params import IDEMPOTENCY_KEY as KEY
from postroom.web.api.place import mailed_key
from postroom.web.api.wire import items
from postroom.web.api.wire import mail as wire
from postroom.web.api.wire.items import Done, Refusal
from postroom.web.call import Call
from postroom.web.refusals import Json, item_error, status

log = structlog.get_logger()

Read = Draft | tuple[Fault, ...]  # one object of ``data``, or what is wrong with it
Judged = tuple[Accepted | Refusal, int]  # its mail or refusal, and the status it would have alone


async def send_mail(call: Call) -> Response:
    """Accept each mail of ``data``, all at once; each is answered at its index, after it is on disk.

    A request that is sent again with the same ``Idempotency-Key`` within seven days is answered as the first time, and
    nothing more is sent.
    """
    record, key = mailed_key(call), call.param(KEY)
    body = await call.json()
    reach("request-read")
    drafts = wire.read_send(body)
    if key is None:
        return await _send(call, record, drafts)
    asked = Named(call.caller.org_id, call.caller.user_id, key)
    return await _send_once(call, record, drafts, asked, _digest(call, body))


async def _send(call: Call, record: Key, drafts: Sequence[Read]) -> Response:
    app = call.app
    ends = await _each(call, drafts, partial(submit, app.db, app.ids, call.caller, record))
    app.wake.ring()
    failures = [end for end in ends if isinstance(end, BaseException)]
    if len(failures) == len(ends):
        raise failures[0]
    # What was accepted must be heard of, whatever became of the others: else the client would send all of it again.
    return _answer([_failed(end, n) if isinstance(end, BaseException) else end for n, end in enumerate(ends)])


async def _send_once(call: Call, record: Key, drafts: Sequence[Read], asked: Named, digest: bytes) -> Response:
    app, now = call.app, call.app.clock()
    held = await app.db.read_together(once.find, asked)
    if held is None:
        judged = []
        for end in await _each(call, drafts, partial(judge, app.db, app.ids, call.caller, record)):
            if isinstance(end, BaseException):
                raise end  # nothing is written: the whole request may be sent again
            judged.append(end)
        answer = _answer(judged)
        mails = tuple(end for end, _ in judged if isinstance(end, Accepted))
        if not mails:
            return answer

        def retell(stored: Sequence[bool]) -> Answer:
            return _kept(asked, digest, _answer(_within(judged, stored)), now)

        reach("keyed-before")
        held = await app.db.write_together(once.do, Deed(_kept(asked, digest, answer, now), mails, retell))
        reach("keyed-accepted")
        app.wake.ring()
    if held.digest != digest:
        raise Conflict(Fault(Reason.KEY_USED, details={"param_name": KEY}))
    return Json(msgspec.Raw(held.body.encode()), held.status)


def _kept(asked: Named, digest: bytes, answer: Json, now: int) -> Answer:
    return Answer(asked, digest, answer.status_code, bytes(answer.body).decode(), now)


def _within(judged: Sequence[Judged], stored: Sequence[bool]) -> list[Judged]:
    """What becomes of each object where the day has no place for some mails; ``stored`` tells of the mails alone."""
    each, ends = iter(stored), list(judged)
    for n, (end, _) in enumerate(judged):
        if isinstance(end, Accepted) and not next(each):
            fault = used_up(end)
            ends[n] = item_error(fault, n), status(fault)
    return ends


def _digest(call: Call, body: Any) -> bytes:
    """What tells one request from another: its URL and what its body says, however that is written."""
    asked = [call.request.url.path, body]
    return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).digest()


async def _each(
    call: Call, drafts: Sequence[Read], accept: Callable[..., Awaitable[Accepted]]
) -> list[Judged | BaseException]:
    """What becomes of each object of ``data``: a mail, a refusal, or something that is no fault of its own."""
    given = {"now": call.app.clock(), "per_day": call.app.settings.mails_per_day}
    judging = (_one(draft, n, partial(accept, **given)) for n, draft in enumerate(drafts))
    return await asyncio.gather(*judging, return_exceptions=True)


async def _one(draft: Read, n: int, accept: Callable[..., Awaitable[Accepted]]) -> Judged:
    try:
        if not isinstance(draft, Draft):
            raise Invalid(*draft)
        return await accept(draft), 200
    except Invalid as refusal:
        return _refusal(refusal.faults, n), status(refusal.faults[0])


def _answer(ends: Sequence[Judged]) -> Json:
    data = [_told(end) if isinstance(end, Accepted) else end for end, _ in ends]
    return Json({"data": data}, items.status([code for _, code in ends]))


def _told(mail: Accepted) -> Done[wire.Accepted]:
    return wire.accepted(mail.letter.mail_id, mail.left_out, scheduled=mail.state is State.SCHEDULED)


def _failed(error: BaseException, n: int) -> Judged:
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
