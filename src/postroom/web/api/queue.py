"""``/Emails/actions/…``: something is done to all mails of the organisation that are chosen (W 8.5)."""

from collections import Counter
from typing import Final

from starlette.responses import Response

from postroom.access.permission import Permission, allows
from postroom.errors import Fault, Invalid, Reason
from postroom.mail.life import State, Verb
from postroom.mail.limits import MAILS_PER_HAND
from postroom.send import time_faults
from postroom.store import jobs, mails, selection
from postroom.store.db import Tx
from postroom.store.jobs import Answer, Deed
from postroom.store.selection import Selection
from postroom.web.api.emails import hold_to_own
from postroom.web.api.wire import chosen as wire
from postroom.web.api.wire.chosen import Chosen, Met
from postroom.web.api.wire.items import success
from postroom.web.call import Call
from postroom.web.refusals import Json, item_errors
from postroom.web.refusals import status as status_of

FOUND, HELD, RELEASED = "mails found", "mails held", "mails released"
CANCELLED, QUEUED, MOVED = "mails cancelled", "mails queued", "mails rescheduled"
_ALL: Final = (1 << 63) - 1  # whatever number a mail may have


async def hold(call: Call) -> Response:
    """Hold mails: none of them leaves until it is released."""
    return await _act(call, Verb.HOLD, HELD)


async def release(call: Call) -> Response:
    """Release held mails: each leaves at its own time, or at once where that is over."""
    return await _act(call, Verb.RELEASE, RELEASED)


async def cancel(call: Call) -> Response:
    """Call mails back; who has one already keeps it, and nobody else gets it."""
    return await _act(call, Verb.CANCEL, CANCELLED)


async def retry(call: Call) -> Response:
    """Try mails at once, those that failed again for the recipients that have not got them."""
    return await _act(call, Verb.RETRY, QUEUED)


async def reschedule(call: Call) -> Response:
    """Give mails another time, which nobody has tried to send yet, or which are held."""
    return await _act(call, Verb.MOVE, MOVED)


async def _act(call: Call, verb: Verb, message: str) -> Response:
    """Do it to the first of them, or count all. Each answer is exact, whatever a worker does at the same moment."""
    chosen, faults = wire.read(await call.json(), verb)
    if chosen is not None and chosen.due_at is not None:
        faults = [*time_faults(chosen.due_at, call.app.clock())]
    if faults or chosen is None:
        return Json({"data": [item_errors(faults, 0)]}, status_of(faults[0]))
    wanted = _selection(call, chosen)
    if chosen.dry_run:
        return Json({"data": [success(FOUND, await _count(call, wanted))]})
    met = await _meet(call, verb, chosen, wanted)
    call.app.wake.ring()
    return Json({"data": [success(message, met)]})


def _selection(call: Call, chosen: Chosen) -> Selection:
    """None but the caller's own mails, unless the profile reaches further. Raises ``Forbidden``."""
    caller, user_id = call.caller, chosen.user_id
    if user_id is not None:
        hold_to_own(call, user_id)
    elif not allows(caller.profile, Permission.MANAGE_USERS):
        user_id = caller.user_id
    return Selection(
        org_id=caller.org_id,
        states=chosen.states,
        sender=chosen.sender,
        recipient=chosen.recipient,
        record_id=chosen.record_id,
        user_id=user_id,
        accepted_since=chosen.accepted_since,
        accepted_before=chosen.accepted_before,
        due_since=chosen.due_since,
        due_before=chosen.due_before,
        subject=chosen.subject,
    )


async def _count(call: Call, wanted: Selection) -> Met:
    found = await call.app.db.read(lambda tx: selection.tally(tx, wanted))
    sending = found.counts.get(State.SENDING, 0)
    return Met(count=found.total - sending, being_sent=sending, too_late=0, more_records=False, next_index=None)


async def _meet(call: Call, verb: Verb, chosen: Chosen, wanted: Selection) -> Met:
    db, caller = call.app.db, call.caller

    def choose(tx: Tx) -> tuple[list[int], bytes | None]:
        after = 0 if chosen.index is None else _start(tx, caller.org_id, chosen.index)
        seqs = selection.page(tx, wanted, after=after, upto=_ALL, limit=MAILS_PER_HAND)
        more = len(seqs) == MAILS_PER_HAND
        return seqs, mails.by_numbers(tx, caller.org_id, seqs[-1:])[0].id if more else None

    seqs, last = await db.read(choose)
    deed = Deed(
        verb=verb,
        org_id=caller.org_id,
        at=call.app.clock(),
        user_id=caller.user_id,
        due_at=chosen.due_at,
        states=chosen.states,
    )
    counts = Counter(await db.write(lambda tx: jobs.act(tx, deed, seqs))) if seqs else Counter[Answer]()
    return Met(
        count=counts[Answer.DONE],
        being_sent=counts[Answer.SENDING],
        too_late=counts[Answer.UNFIT],
        more_records=last is not None,
        next_index=None if last is None else last.hex(),
    )


def _start(tx: Tx, org_id: int, mail_id: bytes) -> int:
    number = mails.number(tx, org_id, mail_id)
    if number is None:
        raise Invalid(Fault(Reason.WRONG_VALUE, ("data", 0, "index")))
    return number
