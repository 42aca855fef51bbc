"""Mails with their recipients and attachments, and their history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct
from sqlalchemy import BindParameter, Connection, Row, bindparam, select

from postroom.failpoint import reach
from postroom.mail.address import Address
from postroom.mail.draft import FileRef, Format, Kind, LeftOut, Letter, Linked, Mailbox, Recipient, Stream
from postroom.mail.life import Result, Stage, State, Why
from postroom.mail.limits import URGENT_RECIPIENTS
from postroom.record import MODULES
from postroom.store import allowance, lanes, templates, threads, transports
from postroom.store.allowance import Allowance
from postroom.store.many import GIVEN, insert_all, run_all
from postroom.store.tables import attachment, event, job, mail, recipient
from postroom.store.transports import Standing


class Accepted(Struct, frozen=True, kw_only=True):
    """A mail as it is accepted: a letter, whose it is, the record it is filed under, and when it is due.

    ``thread_id``: that of the first mail of its thread, None where it begins one. Who was ``left_out`` of it is told to
    the caller and not stored. ``allowance`` None: no limit. The template that it was made from learns of it.
    """

    letter: Letter
    org_id: int
    user_id: int
    module: str
    record_id: int
    thread_id: bytes | None = None
    transport_id: int
    state: State
    due_at: int
    created_at: int
    left_out: tuple[LeftOut, ...] = ()
    allowance: Allowance | None = None
    template_id: int | None = None
    linked: Linked | None = None


class Delivery(Struct, frozen=True, kw_only=True):
    """Where a mail stands with one recipient."""

    recipient: Recipient
    state: State
    code: int | None
    enhanced: str | None
    line: str | None
    why: Why | None


class Open(Struct, frozen=True):
    """A letter in the queue: who is still to be served, and whether an earlier attempt reached anybody."""

    letter: Letter
    pending: tuple[Recipient, ...]
    reached: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Filed:
    """A mail as a record shows it. ``content`` and ``files`` are empty in listings.

    ``thread_has_files``: whether any mail of its thread has some. ``linked``: the record that it is about, if that is
    another one. Of one that is being sent, ``begun_at`` is when that began, and ``stage`` how far it has come, where it
    takes long. ``in_doubt``: its last attempt ended without an answer, and a server may have it. ``standing``: how the
    transport fares that it waits for.
    """

    seq: int
    id: bytes
    user_id: int
    module: str
    record_id: int
    linked: Linked | None
    thread_id: bytes
    thread_has_files: bool
    sender: Mailbox
    reply_to: Mailbox | None
    subject: str
    content: str
    format: Format
    attachments: int
    files: tuple[FileRef, ...]
    state: State
    attempt: int
    due_at: int | None
    dated_at: int
    settled_at: int | None
    deliveries: tuple[Delivery, ...]
    stage: Stage | None = None
    begun_at: int | None = None
    in_doubt: bool = False
    standing: Standing | None = None

    @property
    def about(self) -> Linked:
        """The record that it is about."""
        return self.linked or Linked(module=self.module, record_id=self.record_id)


def add(tx: Connection, accepted: Sequence[Accepted]) -> list[bool]:
    """Store mails with their recipients, attachments, jobs and first events: all of it or nothing.

    False for each that is one too many for its organisation's day, and nothing of it.
    """
    within = allowance.take(tx, [each.allowance for each in accepted])
    _store(tx, [each for each, is_within in zip(accepted, within, strict=True) if is_within])
    return within


def _store(tx: Connection, accepted: Sequence[Accepted]) -> None:
    if not accepted:
        return
    reach("accept-begun")
    insert_all(tx, mail, [_mail_row(each) for each in accepted])
    reach("mails-stored")
    # One look back by the ids we made ourselves: RETURNING promises no order, and costs more.
    seqs = {row.id: row.seq for row in run_all(tx, _SEQS, [each.letter.mail_id for each in accepted])}
    numbered = [(seqs[each.letter.mail_id], each) for each in accepted]
    insert_all(tx, recipient, [row for seq, each in numbered for row in _recipient_rows(seq, each)])
    reach("recipients-stored")
    insert_all(tx, attachment, [row for seq, each in numbered for row in _attachment_rows(seq, each)])
    reach("attachments-stored")
    ways = lanes.of(tx, [_waiting(each) for each in accepted])
    insert_all(tx, job, [_job_row(seq, each, way) for (seq, each), way in zip(numbered, ways, strict=True)])
    reach("jobs-stored")
    insert_all(tx, event, [_event_row(seq, each) for seq, each in numbered])
    reach("events-stored")
    templates.mark_used(
        tx, {templates.Key(each.org_id, each.template_id): each.created_at for each in accepted if each.template_id}
    )


def number(tx: Connection, org_id: int, mail_id: bytes) -> int | None:
    """The number of the organisation's mail of that id: the place it has in lists."""
    return tx.execute(_NUMBER, {"org_": org_id, "id_": mail_id}).scalar()


def by_numbers(tx: Connection, org_id: int, numbers: Sequence[int]) -> list[Filed]:
    """The organisation's mails with these numbers, newest first, without content and files."""
    if not numbers:
        return []
    return _filed(tx, org_id, list(tx.execute(_BY_NUMBERS, {"org_": org_id, "seqs_": list(numbers)})))


def beginning_with(tx: Connection, org_id: int, digits: str, *, limit: int) -> list[bytes]:
    """The ids of at most ``limit`` mails of the organisation that begin with these hex digits (at most 64)."""
    lowest, highest = bytes.fromhex(digits.ljust(64, "0")), bytes.fromhex(digits.ljust(64, "f"))
    query = select(mail.c.id).where(mail.c.org_id == org_id, mail.c.id.between(lowest, highest)).limit(limit)
    return list(tx.execute(query).scalars())


def find(tx: Connection, org_id: int, mail_id: bytes) -> Filed | None:
    """The whole mail of that id."""
    query = select(*_COLUMNS, mail.c.content, *_JOB).select_from(_WITH_JOB)
    rows = list(tx.execute(query.where(mail.c.org_id == org_id, mail.c.id == mail_id)))
    filed = _filed(tx, org_id, rows, files=files_of(tx, [row.seq for row in rows]))
    return filed[0] if filed else None


def history(tx: Connection, org_id: int, seq: int) -> list[Row[Any]]:
    """Everything that happened to a mail, in order: rows of at, what, n, attempt, detail."""
    query = select(event.c.at, event.c.what, event.c.n, event.c.attempt, event.c.detail)
    return list(tx.execute(query.where(event.c.org_id == org_id, event.c.mail_seq == seq).order_by(event.c.seq)))


def letters(tx: Connection, seqs: Sequence[int]) -> dict[int, Open]:
    """The letters of these mails with what is still to do; for the worker, which serves every organisation."""
    rows = run_all(tx, _LETTERS, seqs)
    addressed = _addressed(tx, seqs)
    files = files_of(tx, [row.seq for row in rows if row.attachments])
    return {row.seq: _opened(row, addressed[row.seq], files.get(row.seq, ())) for row in rows}


def _opened(row: Any, addressed: Sequence[tuple[Recipient, State]], files: tuple[FileRef, ...]) -> Open:
    letter = Letter(
        mail_id=row.id,
        sender=_mailbox(row.from_name, row.from_address),
        recipients=tuple([recipient for recipient, _ in addressed]),
        reply_to=_reply_to(row),
        subject=row.subject,
        content=row.content,
        format=_FORMATS[row.format],
        files=files,
        dated_at=row.dated_at,
        references=threads.read_references(row.references),
        is_own=row.module not in _FILED,
        bounces=None if row.return_path is None else _address(row.return_path),
        stream=Stream(org_id=row.org_id, user_id=row.user_id, module=row.module) if row.one_click else None,
    )
    pending = tuple([recipient for recipient, state in addressed if state is State.QUEUED])
    return Open(letter, pending, reached=any(state is State.SENT for _, state in addressed))


def _addressed(tx: Connection, seqs: Sequence[int]) -> dict[int, list[tuple[Recipient, State]]]:
    """The recipients of each mail, in order, and where it stands with them."""
    found: dict[int, list[tuple[Recipient, State]]] = defaultdict(list)
    for seq, n, kind, name, address, state in run_all(tx, _ADDRESSED, seqs):
        found[seq].append((Recipient(n=n, kind=_KINDS[kind], mailbox=_mailbox(name, address)), _STATES[state]))
    return found


def files_of(tx: Connection, seqs: Sequence[int]) -> dict[int, tuple[FileRef, ...]]:
    """The attachments of these mails, in order."""
    if not seqs:
        return {}
    found: dict[int, tuple[FileRef, ...]] = defaultdict(tuple)
    for row in run_all(tx, _FILES, seqs):
        found[row.mail_seq] += (
            FileRef(
                file_id=row.file_id, digest=row.digest, name=row.name, content_type=row.content_type, size=row.size
            ),
        )
    return found


# To ask an enumeration by a call takes ten times as long.
_FORMATS = {each.value: each for each in Format}
_KINDS = {each.value: each for each in Kind}
_STATES = {each.value: each for each in State}
# What is filed under no record, nobody asked for: confirmations, notices.
_FILED = {each.name for each in MODULES}

_COLUMNS = (
    mail.c.seq,
    mail.c.id,
    mail.c.user_id,
    mail.c.module,
    mail.c.record_id,
    mail.c.transport_id,
    mail.c.linked_module,
    mail.c.linked_id,
    mail.c.thread_id,
    mail.c.from_name,
    mail.c.from_address,
    mail.c.reply_name,
    mail.c.reply_address,
    mail.c.subject,
    mail.c.format,
    mail.c.attachments,
    mail.c.state,
    mail.c.dated_at,
    mail.c.settled_at,
    mail.c.attempts,
)
_WITH_JOB = mail.outerjoin(job, job.c.mail_seq == mail.c.seq)

# Made once: to build a statement costs more than to run it.
_GIVEN: BindParameter[Any] = bindparam("seqs_", expanding=True)
_SEQS = select(mail.c.id, mail.c.seq).where(mail.c.id.in_(GIVEN))
_NUMBER = select(mail.c.seq).where(mail.c.org_id == bindparam("org_"), mail.c.id == bindparam("id_"))
_JOB = (job.c.lease, job.c.attempt, job.c.due_at, job.c.stage, job.c.begun_at)
_LISTING = select(*_COLUMNS, *_JOB).select_from(_WITH_JOB)
# Who is tried again after all has a new beginning, and what was before it is over.
_IN_DOUBT = (
    select(event.c.mail_seq)
    .join_from(event, job, job.c.mail_seq == event.c.mail_seq)
    .where(
        event.c.mail_seq.in_(_GIVEN),
        event.c.what == Result.UNKNOWN.value,
        event.c.attempt == job.c.attempt,
        event.c.at >= job.c.first_due_at,
        job.c.lease.is_(None),
    )
)
# + 0: SQLite would rather look through all mails of the organisation than for a hundred of them.
_BY_NUMBERS = _LISTING.where(mail.c.org_id + 0 == bindparam("org_"), mail.c.seq.in_(_GIVEN)).order_by(mail.c.seq.desc())
_LETTERS = select(
    mail.c.seq,
    mail.c.id,
    mail.c.from_name,
    mail.c.from_address,
    mail.c.reply_name,
    mail.c.reply_address,
    mail.c.subject,
    mail.c.content,
    mail.c.format,
    mail.c.attachments,
    mail.c.dated_at,
    mail.c.references,
    mail.c.org_id,
    mail.c.user_id,
    mail.c.module,
    mail.c.return_path,
    mail.c.one_click,
).where(mail.c.seq.in_(GIVEN))
_ADDRESSED = (
    select(recipient.c.mail_seq, recipient.c.n, recipient.c.kind, recipient.c.name, recipient.c.address)
    .add_columns(recipient.c.state)
    .where(recipient.c.mail_seq.in_(GIVEN))
    .order_by(recipient.c.mail_seq, recipient.c.n)
)
_RECIPIENTS = select(recipient).where(recipient.c.mail_seq.in_(_GIVEN)).order_by(recipient.c.mail_seq, recipient.c.n)
_FILES = select(attachment).where(attachment.c.mail_seq.in_(GIVEN)).order_by(attachment.c.mail_seq, attachment.c.n)


def _filed(
    tx: Connection, org_id: int, rows: Sequence[Any], files: Mapping[int, tuple[FileRef, ...]] | None = None
) -> list[Filed]:
    deliveries = _deliveries(tx, [row.seq for row in rows])
    with_files = threads.with_files(tx, org_id, {row.thread_id or row.id for row in rows})
    in_doubt = _in_doubt(tx, rows)
    standings = transports.standings(tx, {row.transport_id for row in rows if row.due_at is not None})
    return [
        Filed(
            seq=row.seq,
            id=row.id,
            user_id=row.user_id,
            module=row.module,
            record_id=row.record_id,
            linked=None if row.linked_id is None else Linked(module=row.linked_module, record_id=row.linked_id),
            thread_id=row.thread_id or row.id,
            thread_has_files=(row.thread_id or row.id) in with_files,
            sender=_mailbox(row.from_name, row.from_address),
            reply_to=_reply_to(row),
            subject=row.subject,
            content=getattr(row, "content", ""),
            format=_FORMATS[row.format],
            attachments=row.attachments,
            files=(files or {}).get(row.seq, ()),
            # A mail is «sending» while somebody holds its job; nothing is written for it.
            state=_STATES[row.state] if row.lease is None else State.SENDING,
            attempt=row.attempts if row.attempt is None else row.attempt,
            due_at=row.due_at,
            dated_at=row.dated_at,
            settled_at=row.settled_at,
            deliveries=tuple(deliveries[row.seq]),
            stage=None if row.lease is None or row.stage is None else Stage(row.stage),
            begun_at=None if row.lease is None else row.begun_at,
            in_doubt=row.seq in in_doubt,
            standing=None if row.due_at is None or row.lease is not None else standings.get(row.transport_id),
        )
        for row in rows
    ]


def _in_doubt(tx: Connection, rows: Sequence[Any]) -> set[int]:
    """Which of them wait or are held after an attempt of unknown end."""
    tried = [row.seq for row in rows if row.attempt and row.lease is None]
    return set(tx.execute(_IN_DOUBT, {"seqs_": tried}).scalars()) if tried else set()


def _deliveries(tx: Connection, seqs: Sequence[int]) -> dict[int, list[Delivery]]:
    found: dict[int, list[Delivery]] = defaultdict(list)
    if not seqs:
        return found
    for row in tx.execute(_RECIPIENTS, {"seqs_": list(seqs)}):
        found[row.mail_seq].append(
            Delivery(
                recipient=Recipient(n=row.n, kind=_KINDS[row.kind], mailbox=_mailbox(row.name, row.address)),
                state=_STATES[row.state],
                code=row.code,
                enhanced=row.enhanced,
                line=row.line,
                why=None if row.why is None else Why(row.why),
            )
        )
    return found


def _mailbox(name: str, address: str) -> Mailbox:
    return Mailbox(name=name, address=_address(address))


def _address(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(local, domain)  # parsed when it was stored


def _reply_to(row: Any) -> Mailbox | None:
    return None if row.reply_address is None else _mailbox(row.reply_name, row.reply_address)


def _mail_row(each: Accepted) -> dict[str, Any]:
    letter = each.letter
    return {
        "id": letter.mail_id,
        "org_id": each.org_id,
        "user_id": each.user_id,
        "module": each.module,
        "record_id": each.record_id,
        "transport_id": each.transport_id,
        "from_name": letter.sender.name,
        "from_address": str(letter.sender.address),
        "reply_name": letter.reply_to and letter.reply_to.name,
        "reply_address": letter.reply_to and str(letter.reply_to.address),
        "subject": letter.subject,
        "content": letter.content,
        "format": letter.format.value,
        "attachments": len(letter.files),
        "state": each.state.value,
        "dated_at": letter.dated_at,
        "created_at": each.created_at,
        "linked_module": each.linked and each.linked.module,
        "linked_id": each.linked and each.linked.record_id,
        "thread_id": each.thread_id,
        "references": " ".join(letter.references) or None,
        "return_path": letter.bounces and str(letter.bounces),
        "one_click": letter.stream is not None,
    }


def _recipient_rows(seq: int, each: Accepted) -> list[dict[str, Any]]:
    return [
        {
            "mail_seq": seq,
            "n": one.n,
            "org_id": each.org_id,
            "kind": one.kind.value,
            "name": one.mailbox.name,
            "address": str(one.mailbox.address),
            "state": State.QUEUED.value,
        }
        for one in each.letter.recipients
    ]


def _attachment_rows(seq: int, each: Accepted) -> list[dict[str, Any]]:
    return [
        {
            "mail_seq": seq,
            "n": n,
            "org_id": each.org_id,
            "file_id": ref.file_id,
            "digest": ref.digest,
            "name": ref.name,
            "content_type": ref.content_type,
            "size": ref.size,
        }
        for n, ref in enumerate(each.letter.files)
    ]


def _waiting(each: Accepted) -> lanes.Mail:
    recipients = each.letter.recipients
    urgent = each.state is not State.SCHEDULED and len(recipients) <= URGENT_RECIPIENTS
    # Nobody waits for a notice, and when many mails fail there are many.
    urgent &= each.letter.format is not Format.REPORT
    domains = tuple(one.mailbox.address.domain for one in recipients)
    return lanes.Mail(each.org_id, each.transport_id, urgent, domains)


def _job_row(seq: int, each: Accepted, lane_id: int) -> dict[str, Any]:
    return {
        "mail_seq": seq,
        "org_id": each.org_id,
        "lane_id": lane_id,
        "due_at": each.due_at,
        "first_due_at": each.due_at,
    }


def _event_row(seq: int, each: Accepted) -> dict[str, Any]:
    return {"org_id": each.org_id, "mail_seq": seq, "at": each.created_at, "what": each.state.value, "attempt": 0}
