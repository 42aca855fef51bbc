"""Mails as acceptance would store them, for the tests of the queue."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from postroom.mail.address import Address
from postroom.mail.draft import FileRef, Format, Kind, Letter, Mailbox, Recipient
from postroom.mail.life import Outcome, Result, Settled, Stage, State, Verdict
from postroom.mail.share import Room
from postroom.store import claims, mails, tables
from postroom.store.claims import Claim, Job
from postroom.store.mails import Accepted
from tests.world import NOW, World

KEPT = NOW + 20_000  # the end of a lease that begins at NOW


def mailbox(address: str, name: str = "") -> Mailbox:
    return Mailbox(name=name, address=Address.parse(address))


def accepted(
    world: World,
    n: int,
    *,
    to: Sequence[str] = ("cleo@customer.example",),
    files: tuple[FileRef, ...] = (),
    transport_id: int | None = None,
    due_at: int = NOW,
) -> Accepted:
    """Mail number ``n`` of the world's user to its contact."""
    return Accepted(
        letter=Letter(
            mail_id=n.to_bytes(32, "big"),
            sender=mailbox(world.sender.email, "Ada Byron"),
            recipients=tuple(Recipient(n=at, kind=Kind.TO, mailbox=mailbox(each)) for at, each in enumerate(to)),
            reply_to=mailbox("answers@elsewhere.example", "Answers"),
            subject=f"number {n}",
            content="<p>Grüße</p>",
            format=Format.HTML,
            files=files,
            dated_at=NOW,
        ),
        org_id=world.org.id,
        user_id=world.user.id,
        module="Contacts",
        record_id=world.contact.id,
        transport_id=transport_id or world.transport.id,
        state=State.QUEUED if due_at <= NOW else State.SCHEDULED,
        due_at=due_at,
        created_at=NOW,
    )


def add(tx: Connection, new: Sequence[Accepted]) -> list[int]:
    """Store the mails; returns their row numbers, in order."""
    mails.add(tx, new)
    rows = tx.execute(select(tables.mail.c.id, tables.mail.c.seq))
    numbers = {row.id: row.seq for row in rows}
    return [numbers[each.letter.mail_id] for each in new]


def claim(lease: int, *, now: int = NOW, limit: int = 100, busy: tuple[int, ...] = ()) -> Claim:
    room = Room(mails=limit, unknown=limit, each=dict.fromkeys(busy, 0), others=limit)
    return Claim(now=now, until=now + 20_000, lease=lease, room=room, soon=now + 500)


def work_for(tx: Connection, wanted: Claim) -> list[Job]:
    """What a worker gets to do that claims so."""
    return claims.jobs(tx, claims.claim(tx, wanted))


def verdict(job: Job, *states: State, lease: int | None = None, next_due: int | None = None) -> Verdict:
    """What one attempt at ``job`` means: one state for each pending recipient."""
    results = {State.SENT: Result.ACCEPTED, State.FAILED: Result.REJECTED, State.QUEUED: Result.DEFERRED}
    return Verdict(
        mail_seq=job.mail_seq,
        org_id=job.org_id,
        lease=job.lease if lease is None else lease,
        attempt=job.attempt,
        at=NOW + 500,
        recipients=tuple(
            Settled(
                n=one.n,
                state=state,
                outcome=Outcome(
                    result=results[state],
                    stage=Stage.FINAL_DOT,
                    code=250,
                    enhanced="2.0.0",
                    command="DATA",
                    line="said",
                    server="mx.example:25",
                ),
            )
            for one, state in zip(job.pending, states, strict=True)
        ),
        state=State.QUEUED if next_due is not None else State.SENT if State.SENT in states else State.FAILED,
        next_due=next_due,
    )
