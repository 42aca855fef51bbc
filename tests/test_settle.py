"""settle.decide: from one outcome per recipient to one verdict."""

from collections.abc import Collection
from functools import partial

import pytest
from msgspec.structs import replace

from postroom import settle
from postroom.mail.address import Address
from postroom.mail.draft import Format, Kind, Letter, Mailbox, Recipient
from postroom.mail.life import Outcome, Result, Stage, State, Unknown, Why
from postroom.mail.retry import DAY, MINUTE, SECOND, Patience
from postroom.store.claims import Job
from postroom.store.transports import Transport
from tests.world import NOW

decide = partial(settle.decide, patience=Patience())

A, D, R, U = Result.ACCEPTED, Result.DEFERRED, Result.REJECTED, Result.UNKNOWN


def a_job(recipients: int, *, attempt: int = 1, reached: bool = False, first_due_at: int = NOW) -> Job:
    mailbox = Mailbox(name="", address=Address.parse("a@b.example"))
    pending = tuple(Recipient(n=n, kind=Kind.TO, mailbox=mailbox) for n in range(recipients))
    letter = Letter(
        mail_id=b"m" * 32,
        sender=mailbox,
        recipients=pending,
        reply_to=None,
        subject="",
        content="",
        format=Format.TEXT,
        files=(),
        dated_at=NOW,
    )
    return Job(
        mail_seq=1,
        org_id=1,
        transport_id=1,
        transport=None,
        lease=7,
        attempt=attempt,
        first_due_at=first_due_at,
        letter=letter,
        pending=pending,
        reached=reached,
    )


def outcomes(*results: Result) -> list[Outcome]:
    return [Outcome(result=result, stage=Stage.FINAL_DOT) for result in results]


@pytest.mark.parametrize(
    ("results", "reached", "state", "again"),
    [
        ([A], False, State.SENT, False),
        ([R], False, State.FAILED, False),
        ([D], False, State.QUEUED, True),
        ([U], False, State.QUEUED, True),
        ([A, R], False, State.SENT, False),
        ([A, D], False, State.QUEUED, True),
        ([R, D], False, State.QUEUED, True),
        ([R], True, State.SENT, False),
        ([D], True, State.QUEUED, True),
    ],
)
def test_verdict_of_a_mail(results: list[Result], reached: bool, state: State, again: bool) -> None:
    verdict = decide(a_job(len(results), reached=reached), outcomes(*results), now=NOW, chance=0.5)
    assert (verdict.state, verdict.next_due is not None) == (state, again)
    assert (verdict.lease, verdict.attempt, verdict.at) == (7, 1, NOW)


def test_each_recipient_has_a_state_of_its_own() -> None:
    verdict = decide(a_job(4), outcomes(A, D, R, U), now=NOW, chance=0.5)
    assert [(each.n, each.state) for each in verdict.recipients] == [
        (0, State.SENT),
        (1, State.QUEUED),
        (2, State.FAILED),
        (3, State.QUEUED),
    ]
    assert verdict.next_due == NOW + 11 * MINUTE
    assert decide(a_job(2), outcomes(A, D), now=NOW, chance=0.5).next_due == NOW + MINUTE


def test_the_reason_and_the_hint_of_who_waits_decide_when_to_come_back() -> None:
    full = Outcome(result=D, stage=Stage.ENVELOPE, why=Why.OVER_QUOTA)
    grey = Outcome(result=D, stage=Stage.ENVELOPE, why=Why.GREYLISTED, retry_after=300)
    said = Outcome(result=R, stage=Stage.ENVELOPE, why=Why.POLICY, retry_after=3000)
    assert decide(a_job(2), [full, said], now=NOW, chance=0.5).next_due == NOW + 60 * MINUTE
    assert decide(a_job(2), [full, grey], now=NOW, chance=0).next_due == NOW + 5 * MINUTE


def test_what_is_in_doubt_is_held_where_the_organisation_wants_that() -> None:
    job = replace(a_job(2), unknown=Unknown.HOLD)
    verdict = decide(job, outcomes(D, U), now=NOW, chance=0.5)
    assert (verdict.state, verdict.next_due) == (State.HELD, None)
    assert [each.state for each in verdict.recipients] == [State.QUEUED, State.QUEUED]
    assert decide(job, outcomes(D, D), now=NOW, chance=0.5).state is State.QUEUED


def test_giving_up_fails_whom_nobody_took_and_no_others() -> None:
    late = decide(
        a_job(2, attempt=30, first_due_at=NOW - 5 * DAY), outcomes(D, A), now=NOW, chance=0.5, patience=Patience()
    )
    assert late.next_due is None
    assert [each.state for each in late.recipients] == [State.FAILED, State.SENT]
    assert late.state is State.SENT
    assert decide(
        a_job(1, attempt=30, first_due_at=NOW - 5 * DAY), outcomes(U), now=NOW, chance=0.0, patience=Patience()
    ).state is (State.FAILED)


def failed(stage: Stage = Stage.CONNECT, code: int | None = None) -> list[Outcome]:
    return [Outcome(result=Result.DEFERRED, stage=stage, code=code, line="refused", server="mx.example:25")] * 2


def test_a_way_that_fails_costs_the_mail_nothing() -> None:
    job = a_job(2, attempt=3, first_due_at=NOW - MINUTE)
    verdict = decide(job, failed(), now=NOW, chance=0.5)
    assert (verdict.attempt, verdict.recipients, verdict.state) == (2, (), State.QUEUED)
    assert verdict.next_due == NOW - MINUTE
    assert decide(job, failed(), now=NOW, chance=0.5, crowded=True).next_due == NOW + 5 * SECOND
    late = decide(a_job(2, first_due_at=NOW - 5 * DAY - 1), failed(), now=NOW, chance=0.5)
    assert (late.attempt, late.state, [each.state for each in late.recipients]) == (1, State.FAILED, [State.FAILED] * 2)


def direct(job: Job) -> Job:
    way = Transport(id=1, org_id=1, host="", port=25, tls="none", direct=True, created_at=NOW)
    return replace(job, transport=way)


@pytest.mark.parametrize(
    ("job", "outcomes", "settled", "back"),
    [
        # A way that failed after others of the same mail had gone it: who has the mail must not get it again.
        (a_job(3), [*outcomes(A), *failed()], (), False),
        (a_job(3), [*outcomes(U), *failed()], (), False),
        (a_job(3), [*outcomes(R), *failed()], {0}, False),
        (a_job(3), [*outcomes(R), *failed()], (), True),
        # To each its own server: it is the mail that has to find out how often it is tried.
        (direct(a_job(2)), failed(), (), False),
    ],
)
def test_only_what_was_for_nothing_is_no_attempt(
    job: Job, outcomes: list[Outcome], settled: Collection[int], back: bool
) -> None:
    verdict = decide(job, outcomes, settled=settled, now=NOW, chance=0.5)
    assert (verdict.attempt, verdict.state) == (0 if back else 1, State.QUEUED)
    assert [each.n for each in verdict.recipients] == [n for n in range(len(outcomes)) if not back and n not in settled]
    assert (settle.passage(job, outcomes, now=NOW, chance=0.5) is None) is job.is_direct


def test_where_an_attempt_goes_on_nothing_is_said_of_the_mail() -> None:
    accepted, rejected = outcomes(A, R)
    verdict = settle.partly(a_job(3), {2: rejected, 0: accepted}, NOW)
    assert (verdict.state, verdict.lease, verdict.attempt) == (State.SENDING, 7, 1)
    assert [(each.n, each.state) for each in verdict.recipients] == [(2, State.FAILED), (0, State.SENT)]


@pytest.mark.parametrize(
    ("outcomes", "failures", "after", "pause", "fault"),
    [
        (failed(), 0, 1, 5 * SECOND, "mx.example:25 connect refused"),
        (failed(), 2, 3, 20 * SECOND, "mx.example:25 connect refused"),
        (failed(Stage.AUTH, 535), 1, 2, 2 * MINUTE, "mx.example:25 auth 535 refused"),
        (outcomes(D, D), 2, 0, None, None),
        (outcomes(R, A), 2, 0, None, None),
        (failed(Stage.HERE), 2, 2, 0, None),
    ],
)
def test_what_an_attempt_tells_of_its_transport(
    outcomes: list[Outcome], failures: int, after: int, pause: int | None, fault: str | None
) -> None:
    found = settle.passage(replace(a_job(2), failures=failures), outcomes, now=NOW, chance=0.5)
    assert found is not None
    assert (found.seen, found.failures, found.fault) == (failures, after, fault)
    assert found.until == (None if pause is None else NOW + pause)


@pytest.mark.parametrize("outcomes", [outcomes(D, A), failed(Stage.HERE)])
def test_of_a_transport_that_works_nothing_is_told(outcomes: list[Outcome]) -> None:
    assert settle.passage(a_job(2), outcomes, now=NOW, chance=0.5) is None


def test_what_a_dead_worker_may_have_sent_tells_nothing_of_the_transport() -> None:
    job = replace(a_job(1), failures=1, in_doubt=True)
    found = settle.passage(job, settle.in_doubt(job), now=NOW, chance=0.5)
    assert found is not None
    assert (found.until, found.failures) == (NOW, 1)
