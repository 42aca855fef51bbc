"""``/{module}/{record_id}/Emails/{message_id}``: a mail that is still to leave, later or not at all (W 8.4)."""

from typing import Final

from starlette.responses import Response

from postroom.errors import Conflict, Fault, Reason
from postroom.mail.life import Verb
from postroom.send import time_faults
from postroom.store import jobs
from postroom.store.db import Tx
from postroom.store.jobs import Answer, Deed
from postroom.web.api.emails import find_one, hold_to_own
from postroom.web.api.wire import mail as wire
from postroom.web.api.wire.items import success
from postroom.web.call import Call
from postroom.web.refusals import Json, item_errors
from postroom.web.refusals import status as status_of

CANCELLED, MOVED, QUEUED = "mail cancelled", "mail rescheduled", "mail queued"
HELD, RELEASED = "mail held", "mail released"
KEY: Final = "Emails"


async def cancel(call: Call) -> Response:
    """Call a mail back that is still to leave; who has it already keeps it, and nobody else gets it."""
    return await _act(call, Verb.CANCEL, CANCELLED)


async def move(call: Call) -> Response:
    """Give a mail another time, which nobody has tried to send yet."""
    due_at, faults = wire.read_time(await call.json())
    faults = faults or [*time_faults(due_at, call.app.clock())]
    if faults or due_at is None:
        return Json({KEY: [item_errors(faults, 0, KEY)]}, status_of(faults[0]))
    return await _act(call, Verb.MOVE, MOVED, due_at=due_at)


async def send_now(call: Call) -> Response:
    """Send a mail at once, which nobody has tried to send yet."""
    return await _act(call, Verb.MOVE, QUEUED, rings=True)


async def hold(call: Call) -> Response:
    """Hold a mail: it does not leave until it is released."""
    return await _act(call, Verb.HOLD, HELD)


async def release(call: Call) -> Response:
    """Release a mail that is held: it leaves at its own time, or at once where that is over."""
    return await _act(call, Verb.RELEASE, RELEASED, rings=True)


async def retry(call: Call) -> Response:
    """Try a mail at once, one that failed again for the recipients that have not got it."""
    return await _act(call, Verb.RETRY, QUEUED, rings=True)


async def _act(call: Call, verb: Verb, message: str, *, due_at: int | None = None, rings: bool = False) -> Response:
    """Do it, if it is not too late: the answer is exact, whatever a worker does at the same moment.

    Raises ``Forbidden`` for the mail of another user, unless the caller's profile reaches further.
    """
    find, caller = find_one(call), call.caller
    deed = Deed(verb=verb, org_id=caller.org_id, at=call.app.clock(), user_id=caller.user_id, due_at=due_at)

    def write(tx: Tx) -> bytes:
        mail = find(tx)
        hold_to_own(call, mail.user_id)
        (answer,) = jobs.act(tx, deed, [mail.seq])
        if answer not in (Answer.DONE, Answer.SAME):
            raise Conflict(Fault(Reason.TOO_LATE))
        return mail.id

    done = await call.app.db.write(write)
    if rings:
        call.app.wake.ring()
    return Json({KEY: [success(message, wire.Accepted(message_id=done.hex()))]})
