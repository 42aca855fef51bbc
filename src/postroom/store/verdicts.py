"""What became of an attempt, written as one piece: recipients, history, and what the mail does next."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, select, update

from postroom.failpoint import reach
from postroom.mail.life import FINAL, Settled, State, Verdict
from postroom.store import json, notices
from postroom.store.many import insert_all
from postroom.store.notices import Unreached
from postroom.store.tables import event, job, mail, recipient


def settle(tx: Connection, verdicts: Sequence[Verdict]) -> list[bool]:
    """Write verdicts with their history; False for each whose lease is no longer the worker's, and nothing of it."""
    held = tx.execute(_HELD, {"seqs_": [each.mail_seq for each in verdicts]})
    leases = {row.mail_seq: row.lease for row in held}
    valid = [each for each in verdicts if leases.get(each.mail_seq) == each.lease]
    if valid:
        _write(tx, valid)
    return [leases.get(each.mail_seq) == each.lease for each in verdicts]


def _write(tx: Connection, verdicts: Sequence[Verdict]) -> None:
    reach("settle-begun")
    settled = [_recipient_values(v, each) for v in verdicts for each in v.recipients]
    if settled:
        tx.execute(_SETTLE_RECIPIENT, settled)
    reach("recipients-settled")
    insert_all(tx, event, [_event_values(v, each) for v in verdicts for each in v.recipients])
    reach("events-settled")
    done = [v for v in verdicts if v.state in FINAL]
    again = [v for v in verdicts if v.state not in FINAL]
    if done:
        tx.execute(_DONE, {"seqs_": [v.mail_seq for v in done]})
        reach("jobs-settled")
        tx.execute(
            _SETTLE_MAIL,
            [{"seq_": v.mail_seq, "state_": v.state.value, "at_": v.at, "tries_": v.attempt} for v in done],
        )
        reach("mails-settled")
    if again:
        tx.execute(_DEFER_JOB, [{"seq_": v.mail_seq, "due_": v.next_due, "tries_": v.attempt} for v in again])
        tx.execute(_DEFER_MAIL, [{"seq_": v.mail_seq, "state_": v.state.value} for v in again])
        reach("mails-deferred")
    failed = [v for v in verdicts if any(each.state is State.FAILED for each in v.recipients)]
    if failed:
        notices.tell(tx, [_unreached(v) for v in failed])


def _unreached(verdict: Verdict) -> Unreached:
    places = tuple(each.n for each in verdict.recipients if each.state is State.FAILED)
    return Unreached(mail_seq=verdict.mail_seq, places=places, at=verdict.at)


# Made once: to build a statement costs more than to run it.
_GIVEN: BindParameter[Any] = bindparam("seqs_", expanding=True)
_HELD = select(job.c.mail_seq, job.c.lease).where(job.c.mail_seq.in_(_GIVEN)).with_for_update()
_DONE = delete(job).where(job.c.mail_seq.in_(_GIVEN))
_SETTLE_RECIPIENT = (
    update(recipient)
    .where(recipient.c.mail_seq == bindparam("seq_"), recipient.c.n == bindparam("n_"))
    .values(
        state=bindparam("state_"),
        code=bindparam("code_"),
        enhanced=bindparam("enh_"),
        line=bindparam("line_"),
        why=bindparam("why_"),
    )
)
_SETTLE_MAIL = (
    update(mail)
    .where(mail.c.seq == bindparam("seq_"))
    .values(state=bindparam("state_"), settled_at=bindparam("at_"), attempts=bindparam("tries_"))
)
_DEFER_JOB = (
    update(job)
    .where(job.c.mail_seq == bindparam("seq_"))
    .values(lease=None, stage=None, due_at=bindparam("due_"), attempt=bindparam("tries_"))
)
_DEFER_MAIL = update(mail).where(mail.c.seq == bindparam("seq_")).values(state=bindparam("state_"))


def _recipient_values(verdict: Verdict, each: Settled) -> dict[str, Any]:
    outcome = each.outcome
    return {
        "seq_": verdict.mail_seq,
        "n_": each.n,
        "state_": each.state.value,
        "code_": outcome.code,
        "enh_": outcome.enhanced,
        "line_": outcome.line,
        "why_": outcome.why and outcome.why.value,
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
