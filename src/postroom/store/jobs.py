"""The hand on mails in the queue, an operator's and a caller's; exact, whatever a worker does at the same moment.

Whoever acts holds the rows of the jobs until the transaction ends, as who claims and who settles does. So each mail is
either in a worker's hands, and told so, or it is nobody's and what is done to it is done.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, delete, func, or_, select, update

from postroom.mail.life import FINAL, FINDS, State, Verb
from postroom.store import json, lanes, transports
from postroom.store.many import insert_all
from postroom.store.tables import event, job, mail, recipient

_SAME: Final[Mapping[Verb, frozenset[State]]] = {
    Verb.HOLD: frozenset({State.HELD}),
    Verb.RELEASE: frozenset({State.SCHEDULED, State.QUEUED}),
}


class Answer(Enum):
    """What became of one mail."""

    DONE = "done"
    SAME = "as it was"  # it was so already
    SENDING = "being sent"  # a worker holds it
    UNFIT = "too late"  # it is settled, or was tried, or there is no such mail


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What shall be done, at ``at``, by a user or (None) an operator.

    ``due_at`` belongs to MOVE, None: now. ``states``: to no mail that has left these meanwhile; None: any.
    """

    verb: Verb
    org_id: int
    at: int
    user_id: int | None = None
    due_at: int | None = None
    states: frozenset[State] | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where a mail is while its rows are ours. ``waits``: it has a job; ``failed``: for one recipient at least."""

    seq: int
    state: State
    transport_id: int
    waits: bool
    attempt: int = 0
    first_due_at: int = 0
    failed: bool = False

    def is_early(self, now: int) -> bool:
        """Whether its own time has not come yet."""
        return self.attempt == 0 and self.first_due_at > now


def act(tx: Connection, deed: Deed, seqs: Sequence[int]) -> list[Answer]:
    """Do it to these mails; what became of each, in order."""
    found = _look(tx, deed, seqs)
    answers = {seq: _judge(deed, standing) for seq, standing in found.items()}
    those = [found[seq] for seq in found if answers[seq] is Answer.DONE]
    if those:
        _WAYS[deed.verb](tx, deed, those)
        _note(tx, deed, those)
    return [answers.get(seq, Answer.UNFIT) for seq in seqs]


def waiting(tx: Connection) -> int:
    """How many mails are not settled, of all organisations."""
    return tx.execute(select(func.count()).select_from(job)).scalar_one()


def _judge(deed: Deed, found: _Standing) -> Answer:
    if found.state is State.SENDING:
        return Answer.SENDING
    if deed.states is not None and found.state not in deed.states:
        return Answer.UNFIT
    if found.state in _SAME.get(deed.verb, ()):
        return Answer.SAME
    fits = found.state in FINDS[deed.verb] and (found.waits or found.failed)
    if deed.verb is Verb.MOVE and found.attempt > 0 and found.state is not State.HELD:
        fits = False  # its date has been told
    return Answer.DONE if fits else Answer.UNFIT


def _look(tx: Connection, deed: Deed, seqs: Sequence[int]) -> dict[int, _Standing]:
    """Where the mails are, from now until the transaction ends."""
    given = {"org_": deed.org_id, "seqs_": list(seqs)}
    jobs: dict[int, Any] = {row.mail_seq: row for row in tx.execute(_JOBS, given)}
    failed: set[int] = set()
    if deed.verb is Verb.RETRY:
        free = given | {"seqs_": [seq for seq in seqs if seq not in jobs]}
        # Two who retry a settled mail: the second waits here, and then sees the first one's job.
        tx.execute(_HOLD_MAILS, free).all()
        jobs |= {row.mail_seq: row for row in tx.execute(_JOBS, free)}
        failed = set(tx.execute(_FAILED, free).scalars())
    return {row.seq: _standing(row, jobs.get(row.seq), row.seq in failed) for row in tx.execute(_MAILS, given)}


def _standing(row: Any, waits: Any, failed: bool) -> _Standing:
    if waits is None:
        return _Standing(row.seq, State(row.state), row.transport_id, False, failed=failed)
    state = State(row.state) if waits.lease is None else State.SENDING
    return _Standing(row.seq, state, row.transport_id, True, waits.attempt, waits.first_due_at)


def _hold(tx: Connection, _: Deed, those: Sequence[_Standing]) -> None:
    tx.execute(_HOLD, {"seqs_": [each.seq for each in those]})
    _put(tx, State.HELD, those)


def _release(tx: Connection, deed: Deed, those: Sequence[_Standing]) -> None:
    tx.execute(_RELEASE, {"seqs_": [each.seq for each in those], "now_": deed.at})
    _put(tx, State.SCHEDULED, [each for each in those if each.is_early(deed.at)])
    _put(tx, State.QUEUED, [each for each in those if not each.is_early(deed.at)])


def _cancel(tx: Connection, deed: Deed, those: Sequence[_Standing]) -> None:
    seqs = {"seqs_": [each.seq for each in those]}
    tx.execute(_CANCEL_RECIPIENTS, seqs)
    tx.execute(_CANCEL_MAILS, {**seqs, "now_": deed.at})
    tx.execute(_DROP_JOBS, seqs)


def _retry(tx: Connection, deed: Deed, those: Sequence[_Standing]) -> None:
    tx.execute(_HURRY, {"seqs_": [each.seq for each in those if each.waits], "now_": deed.at})
    _date(tx, deed.at, [each for each in those if each.is_early(deed.at)])
    again = [each for each in those if not each.waits]
    if again:
        _reopen(tx, deed, again, urgent=len(those) == 1)
    transports.try_now(tx, deed.org_id, {each.transport_id for each in those}, deed.at)
    _put(tx, State.QUEUED, those)


def _reopen(tx: Connection, deed: Deed, those: Sequence[_Standing], *, urgent: bool) -> None:
    """Queue mails again that are settled. One that somebody asks for is waited for; many may stand behind others."""
    seqs = {"seqs_": [each.seq for each in those]}
    tx.execute(_REOPEN_RECIPIENTS, seqs)
    tx.execute(_REOPEN_MAILS, seqs)
    keys = {each.seq: lanes.Key(deed.org_id, each.transport_id, urgent) for each in those}
    ways = lanes.numbers(tx, list(keys.values()))
    due = {"org_id": deed.org_id, "due_at": deed.at, "first_due_at": deed.at}
    insert_all(tx, job, [{"mail_seq": seq, "lane_id": ways[key]} | due for seq, key in keys.items()])
    lanes.place(tx, list(keys))


def _move(tx: Connection, deed: Deed, those: Sequence[_Standing]) -> None:
    at = deed.at if deed.due_at is None else deed.due_at
    tx.execute(_MOVE, {"seqs_": [each.seq for each in those], "at_": at})
    untried = [each for each in those if each.attempt == 0]
    _date(tx, at, untried)
    _put(tx, State.QUEUED if deed.due_at is None else State.SCHEDULED, untried)
    _put(tx, State.QUEUED, [each for each in those if each.attempt > 0])


_WAYS: Final[Mapping[Verb, Callable[[Connection, Deed, Sequence[_Standing]], None]]] = {
    Verb.HOLD: _hold,
    Verb.RELEASE: _release,
    Verb.CANCEL: _cancel,
    Verb.RETRY: _retry,
    Verb.MOVE: _move,
}
_NOTES: Final = {Verb.HOLD: "held", Verb.RELEASE: "released", Verb.CANCEL: "cancelled", Verb.RETRY: "retried"}


def _put(tx: Connection, state: State, those: Collection[_Standing]) -> None:
    if those:
        tx.execute(_PUT, {"seqs_": [each.seq for each in those], "state_": state.value})


def _date(tx: Connection, at: int, those: Collection[_Standing]) -> None:
    if those:
        tx.execute(_DATE, {"seqs_": [each.seq for each in those], "at_": at})


def _note(tx: Connection, deed: Deed, those: Sequence[_Standing]) -> None:
    what = _NOTES.get(deed.verb) or (State.QUEUED if deed.due_at is None else State.SCHEDULED).value
    detail = json.dumps({"by": "operator" if deed.user_id is None else str(deed.user_id)})
    row = {"org_id": deed.org_id, "at": deed.at, "what": what, "attempt": 0, "detail": detail}
    insert_all(tx, event, [row | {"mail_seq": each.seq} for each in those])


# Made once: to build a statement costs more than to run it.
_GIVEN: BindParameter[Any] = bindparam("seqs_", expanding=True)
_NOW: BindParameter[int] = bindparam("now_")
# + 0: SQLite would rather look through all mails of the organisation than for a hundred of them.
_THEIRS = mail.c.org_id + 0 == bindparam("org_"), mail.c.seq.in_(_GIVEN)
# In order, so that two who act on the same mails never wait for each other.
_JOBS = (
    select(job.c.mail_seq, job.c.lease, job.c.attempt, job.c.first_due_at)
    .where(job.c.org_id == bindparam("org_"), job.c.mail_seq.in_(_GIVEN))
    .order_by(job.c.mail_seq)
    .with_for_update()
)
_HOLD_MAILS = select(mail.c.seq).where(*_THEIRS).order_by(mail.c.seq).with_for_update()
_MAILS = select(mail.c.seq, mail.c.state, mail.c.transport_id).where(*_THEIRS)
_OF_THESE = recipient.c.mail_seq.in_(_GIVEN)
_FAILED = select(recipient.c.mail_seq).where(
    recipient.c.org_id == bindparam("org_"), _OF_THESE, recipient.c.state == State.FAILED.value
)
_PUT = update(mail).where(mail.c.seq.in_(_GIVEN)).values(state=bindparam("state_"))
_DATE = update(mail).where(mail.c.seq.in_(_GIVEN)).values(dated_at=bindparam("at_"))
_HOLD = update(job).where(job.c.mail_seq.in_(_GIVEN)).values(due_at=None)
# What has been tried leaves at once, the rest when it should have; and patience with it begins anew.
_RELEASE = (
    update(job)
    .where(job.c.mail_seq.in_(_GIVEN))
    .values(
        due_at=case((or_(job.c.attempt == 0, job.c.first_due_at > _NOW), job.c.first_due_at), else_=_NOW),
        first_due_at=case((job.c.first_due_at > _NOW, job.c.first_due_at), else_=_NOW),
    )
)
# Who is due already keeps the place.
_HURRY = (
    update(job)
    .where(job.c.mail_seq.in_(_GIVEN))
    .values(
        due_at=case((job.c.due_at <= _NOW, job.c.due_at), else_=_NOW),
        first_due_at=case(
            (and_(job.c.due_at.is_not(None), job.c.first_due_at <= _NOW), job.c.first_due_at), else_=_NOW
        ),
    )
)
_MOVE = update(job).where(job.c.mail_seq.in_(_GIVEN)).values(due_at=bindparam("at_"), first_due_at=bindparam("at_"))
_DROP_JOBS = delete(job).where(job.c.mail_seq.in_(_GIVEN))
_CANCEL_RECIPIENTS = (
    update(recipient)
    .where(_OF_THESE, recipient.c.state.not_in([state.value for state in FINAL]))
    .values(state=State.CANCELLED.value)
)
# Somebody may have got it in an earlier attempt: then it was sent, and only the rest is cancelled.
_GOT = select(recipient.c.n).where(recipient.c.mail_seq == mail.c.seq, recipient.c.state == State.SENT.value).exists()
_CANCEL_MAILS = (
    update(mail)
    .where(mail.c.seq.in_(_GIVEN))
    .values(
        state=case((_GOT, State.SENT.value), else_=State.CANCELLED.value),
        settled_at=_NOW,
        attempts=select(job.c.attempt).where(job.c.mail_seq == mail.c.seq).scalar_subquery(),
    )
)
_REOPEN_RECIPIENTS = (
    update(recipient).where(_OF_THESE, recipient.c.state == State.FAILED.value).values(state=State.QUEUED.value)
)
_REOPEN_MAILS = update(mail).where(mail.c.seq.in_(_GIVEN)).values(settled_at=None)
