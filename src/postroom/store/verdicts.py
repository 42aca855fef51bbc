"""What became of an attempt, written as one piece: recipients, history, and what the mail does next.

Of an attempt that goes on for others, only the recipients for whom it is over: lease, mark and the mail's state stay.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from postroom.failpoint import reach
from postroom.mail.life import FINAL, Settled, State, Verdict
from postroom.store import json, notices
from postroom.store.many import GIVEN, insert_all, run_all, update_all
from postroom.store.notices import Unreached
from postroom.store.tables import event, job, mail, recipient


def settle(tx: Connection, verdicts: Sequence[Verdict]) -> list[bool]:
    """Write verdicts with their history; False for each whose lease is no longer the worker's, and nothing of it."""
    leases = dict(run_all(tx, _HELD, [each.mail_seq for each in verdicts]))
    valid = [each for each in verdicts if leases.get(each.mail_seq) == each.lease]
    if valid:
        _write(tx, valid)
    return [leases.get(each.mail_seq) == each.lease for each in verdicts]


def _write(tx: Connection, verdicts: Sequence[Verdict]) -> None:
    reach("settle-begun")
    settled = [_recipient_values(v, each) for v in verdicts for each in v.recipients]
    update_all(tx, recipient, 2, settled)
    reach("recipients-settled")
    insert_all(tx, event, [_event_values(v, each) for v in verdicts for each in v.recipients])
    reach("events-settled")
    done = [v for v in verdicts if v.state in FINAL]
    again = [v for v in verdicts if v.state not in FINAL and v.state is not State.SENDING]
    if done:
        run_all(tx, _DONE, [v.mail_seq for v in done])
        reach("jobs-settled")
        ends = [{"seq": v.mail_seq, "state": v.state.value, "settled_at": v.at, "attempts": v.attempt} for v in done]
        update_all(tx, mail, 1, ends)
        reach("mails-settled")
    if again:
        update_all(tx, job, 1, [_waiting_values(v) for v in again])
        update_all(tx, mail, 1, [{"seq": v.mail_seq, "state": v.state.value} for v in again])
        reach("mails-deferred")
    failed = [v for v in verdicts if any(each.state is State.FAILED for each in v.recipients)]
    if failed:
        notices.tell(tx, [_unreached(v) for v in failed])


def _unreached(verdict: Verdict) -> Unreached:
    places = tuple(each.n for each in verdict.recipients if each.state is State.FAILED)
    return Unreached(mail_seq=verdict.mail_seq, places=places, at=verdict.at)


# Made once: to build a statement costs more than to run it.
_HELD = select(job.c.mail_seq, job.c.lease).where(job.c.mail_seq.in_(GIVEN)).with_for_update()
_DONE = delete(job).where(job.c.mail_seq.in_(GIVEN))


def _recipient_values(verdict: Verdict, each: Settled) -> dict[str, Any]:
    outcome = each.outcome
    return {
        "mail_seq": verdict.mail_seq,
        "n": each.n,
        "state": each.state.value,
        "code": outcome.code,
        "enhanced": outcome.enhanced,
        "line": outcome.line,
        "why": outcome.why and outcome.why.value,
    }


def _waiting_values(verdict: Verdict) -> dict[str, Any]:
    return {
        "mail_seq": verdict.mail_seq,
        "due_at": verdict.next_due,
        "attempt": verdict.attempt,
        "lease": None,
        "stage": None,
    }


def _event_values(verdict: Verdict, each: Settled) -> dict[str, Any]:
    outcome = each.outcome
    return {
        "org_id": verdict.org_id,
        "mail_seq": verdict.mail_seq,
        "n": each.n,
        "at": verdict.at,
        "what": outcome.result.value,
        "attempt": verdict.attempt,
        "detail": json.dumps(
            {
                "stage": outcome.stage.value,
                "code": outcome.code,
                "enhanced": outcome.enhanced,
                "command": outcome.command,
                "line": outcome.line,
                "server": outcome.server,
                "why": outcome.why and outcome.why.value,
            }
        ),
    }
