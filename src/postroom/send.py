"""The first half of a mail's life: a draft becomes stored, queued work, or every fault of it is told.

1. ``judge`` looks up all that the draft names, in one read shared with whoever submits at the same moment.
2. ``_completed`` fills its template with the values of that moment, so that what is accepted is what was asked for.
3. ``_faults`` holds the draft against what was found.
4. The mail, its recipients, its job and its first event are committed together; only then does ``submit`` return. The
   mails of a request with an idempotency key are committed with the answer that tells of them (``store.once``).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from postroom.access.principal import Principal
from postroom.errors import Fault, Forbidden, Invalid, NotFound, Reason
from postroom.failpoint import reach
from postroom.mail import merge
from postroom.mail.address import Address
from postroom.mail.compose import message_id, references
from postroom.mail.draft import Draft, FileRef, Format, InReplyTo, LeftOut, Letter, Linked, Stream
from postroom.mail.life import State
from postroom.mail.limits import CONTENT_CHARACTERS, SCHEDULE_DAYS, SUBJECT_CHARACTERS
from postroom.mail.retry import DAY
from postroom.mail.zone import day
from postroom.store import addresses, blocked, files, linked, mails, merging, orgs, reaching, records, senders, threads
from postroom.store.addresses import Asked
from postroom.store.allowance import Allowance
from postroom.store.db import Database, Tx
from postroom.store.ids import Ids
from postroom.store.linked import Pair
from postroom.store.mails import Accepted
from postroom.store.merging import Filling
from postroom.store.orgs import Org, RecipientPolicy
from postroom.store.reaching import Reach
from postroom.store.records import Key
from postroom.store.senders import Sender
from postroom.store.threads import Parent


@dataclass(frozen=True, slots=True)
class _Question:
    """Everything a draft names, in the forms the store looks it up by."""

    user_id: int
    record: Key
    sender: str
    everybody: tuple[str, ...]
    linked: Pair | None
    parent: threads.Wanted | None
    files: tuple[bytes, ...]
    template_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Situation:
    """What the store knows of it."""

    org: Org
    reach: Reach | None
    sender: Sender | None
    known: frozenset[str]
    opted_out: frozenset[str]
    blocked: Mapping[str, str]  # and why
    is_related: bool  # of the record that it is linked to, if it is
    parent: Parent | None
    files: tuple[FileRef | None, ...]
    filling: Filling | None

    def transport_id(self, draft: Draft) -> int | None:
        """The way out: the sender's own server, unless the organisation's is asked for or is the only one (W 1.0)."""
        own = None if draft.through_org or self.sender is None else self.sender.transport_id
        return own or self.org.transport_id


async def submit(
    db: Database, ids: Ids, caller: Principal, record: Key, draft: Draft, *, now: int, per_day: int = 0
) -> Accepted:
    """Accept one mail for a record; returns after the commit is on disk.

    Raises what ``judge`` raises, and ``Invalid`` where the organisation's day has no mail left.
    """
    accepted = await judge(db, ids, caller, record, draft, now=now, per_day=per_day)
    reach("accept-before")
    if not await db.write_together(mails.add, accepted):
        raise Invalid(used_up(accepted))
    reach("accepted")
    return accepted


async def judge(
    db: Database, ids: Ids, caller: Principal, record: Key, draft: Draft, *, now: int, per_day: int = 0
) -> Accepted:
    """One mail for a record as it can be accepted; nothing is written yet.

    An organisation that has no number of its own may send ``per_day`` mails in a day; 0: as many as it likes. Raises
    ``Forbidden`` where the caller is not confirmed, ``NotFound`` where the organisation has no such record, ``Invalid``
    with every fault of the draft, and ``Unavailable`` where the database is away.
    """
    if not caller.confirmed:
        raise Forbidden(Fault(Reason.ACCOUNT_UNCONFIRMED))
    situation = await db.read_together(_look, _question(caller, record, draft))
    reach("looked-up")
    if situation.reach is None:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN))
    draft = _completed(draft, situation.filling)
    if faults := tuple(_faults(draft, situation, situation.reach, now)):
        raise Invalid(*faults)
    transport_id = situation.transport_id(draft)
    assert transport_id is not None, "a draft without a way out has a fault"
    reach("judged")
    stream = Stream(org_id=caller.org_id, user_id=caller.user_id, module=record.module)
    return Accepted(
        letter=_letter(draft, situation, stream, mail_id=ids.opaque(), now=now),
        org_id=caller.org_id,
        user_id=caller.user_id,
        module=record.module,
        record_id=record.id,
        thread_id=None if situation.parent is None else situation.parent.thread_id,
        transport_id=transport_id,
        state=State.QUEUED if draft.scheduled_at is None else State.SCHEDULED,
        due_at=now if draft.scheduled_at is None else draft.scheduled_at,
        created_at=now,
        left_out=tuple(_left_out(draft, situation)),
        allowance=_allowance(situation.org, per_day, now),
        template_id=draft.template_id,
        linked=draft.linked,
    )


def _allowance(org: Org, per_day: int, now: int) -> Allowance | None:
    """W 1.7: the day runs in the organisation's time zone."""
    mails_per_day = per_day if org.mails_per_day is None else org.mails_per_day
    return Allowance(org.id, day(now, org.time_zone), mails_per_day) if mails_per_day else None


def used_up(accepted: Accepted) -> Fault:
    """What is wrong with a mail that was one too many for the day."""
    assert accepted.allowance is not None, "without a limit no mail is too many"
    return Fault(Reason.MAILS_USED_UP, details={"period": "day", "allowed_limit": accepted.allowance.mails})


def _question(caller: Principal, record: Key, draft: Draft) -> _Question:
    return _Question(
        user_id=caller.user_id,
        record=record,
        sender=draft.sender.address.folded,
        everybody=tuple({mailbox.address.folded: None for mailbox in (*draft.to, *draft.cc, *draft.bcc)}),
        linked=None if draft.linked is None else Pair(record, _key(record, draft.linked)),
        parent=None if draft.in_reply_to is None else threads.Wanted(caller.org_id, draft.in_reply_to.mail_id),
        files=draft.attachments or (),
        template_id=draft.template_id,
    )


def _key(record: Key, linked: Linked) -> Key:
    return Key(record.org_id, linked.module, linked.record_id)


def _look(tx: Tx, questions: Sequence[_Question]) -> list[_Situation]:
    """Answer many questions with one query per noun."""
    org_ids = [each.record.org_id for each in questions]
    found_orgs = orgs.find_many(tx, org_ids)
    reaches = reaching.reach(tx, [each.record for each in questions])
    allowed = senders.allowed(tx, [senders.Wish(each.record.org_id, each.user_id, each.sender) for each in questions])
    everybody = [Asked(each.record.org_id, one) for each in questions for one in each.everybody]
    found = addresses.look_up(tx, everybody)
    unwanted = blocked.look_up(tx, everybody)
    pairs = linked.related(tx, [each.linked for each in questions if each.linked])
    parents = threads.parents(tx, [each.parent for each in questions if each.parent])
    found_files = iter(
        files.find(tx, [files.Wanted(each.record.org_id, one) for each in questions for one in each.files])
    )
    fillings = _fillings(tx, questions, found_orgs)
    return [
        _Situation(
            org=_present(org),
            reach=reach,
            sender=sender,
            known=_among(each, found.known),
            opted_out=_among(each, found.opted_out),
            blocked=_blocked(each, unwanted),
            is_related=each.linked is None or each.linked in pairs,
            parent=None if each.parent is None else parents.get(each.parent),
            files=tuple(next(found_files) for _ in each.files),
            filling=fillings.get(n),
        )
        for n, (each, org, reach, sender) in enumerate(zip(questions, found_orgs, reaches, allowed, strict=True))
    ]


def _fillings(tx: Tx, questions: Sequence[_Question], found_orgs: Sequence[Org | None]) -> dict[int, Filling | None]:
    """What the templates are filled with, by the place of the question."""
    asked = {
        n: merging.Asked(each.template_id, each.record, each.user_id, _present(org))
        for n, (each, org) in enumerate(zip(questions, found_orgs, strict=True))
        if each.template_id is not None
    }
    return dict(zip(asked, merging.look_up(tx, [*asked.values()]), strict=True))


def _completed(draft: Draft, filling: Filling | None) -> Draft:
    """The draft with the template's words where it has none of its own (W 1.2)."""
    if filling is None:
        return draft
    template, values = filling.template, filling.values
    subject, content, format_ = draft.subject, draft.content, draft.format
    if subject is None:
        subject = filling.subject.filled(values, merge.in_line, most=SUBJECT_CHARACTERS)
    if content is None:
        format_ = template.format
        write = merge.in_html if format_ is Format.HTML else merge.in_text
        content = filling.content.filled(values, write, most=CONTENT_CHARACTERS)
    return replace(draft, subject=subject, content=content, format=format_)


def _among(question: _Question, found: Collection[Asked]) -> frozenset[str]:
    return frozenset(address for address in question.everybody if Asked(question.record.org_id, address) in found)


def _blocked(question: _Question, found: Mapping[Asked, str]) -> dict[str, str]:
    org_id = question.record.org_id
    return {one: found[asked] for one in question.everybody if (asked := Asked(org_id, one)) in found} if found else {}


def _present(org: Org | None) -> Org:
    assert org is not None, "a caller's organisation exists: users refer to it"
    return org


def _faults(draft: Draft, situation: _Situation, reach: Reach, now: int) -> Iterator[Fault]:
    """Everything that is wrong with the draft (wire reference 1.4 and 1.5)."""
    if situation.sender is None:
        yield Fault(Reason.SENDER_NOT_ALLOWED, ("from", "email"))
    elif situation.sender.confirmed_at is None:
        yield Fault(Reason.SENDER_UNCONFIRMED, ("from", "email"))
    elif situation.transport_id(draft) is None:
        yield Fault(Reason.NO_TRANSPORT, ("from", "email"))
    yield from _record_faults(reach)
    yield from _recipient_faults(draft, situation, reach)
    yield from _opt_out_faults(draft, situation)
    yield from _blocked_faults(draft, situation, reach)
    yield from _parent_faults(draft.in_reply_to, situation.parent)
    if not situation.is_related:
        yield Fault(Reason.RELATED_UNKNOWN, ("linked_record", "id"))
    if draft.template_id is not None:
        yield from _template_faults(draft, situation.filling, reach)
    yield from files.faults(situation.files)
    yield from time_faults(draft.scheduled_at, now)


def time_faults(scheduled_at: int | None, now: int) -> Iterator[Fault]:
    """What is wrong with the moment that a mail is to leave, both in ms since the epoch; None is at once."""
    if scheduled_at is not None and scheduled_at <= now:
        yield Fault(Reason.TIME_PAST, ("scheduled_time",))
    elif scheduled_at is not None and scheduled_at > now + SCHEDULE_DAYS * DAY:
        yield Fault(Reason.TIME_TOO_FAR, ("scheduled_time",), {"maximum_days": SCHEDULE_DAYS})


def _record_faults(reach: Reach) -> Iterator[Fault]:
    if reach.locked:
        yield records.locked(reach.key.id)
    if not reach.addresses:
        own = reach.key.module == "Contacts"
        yield Fault(Reason.RECORD_WITHOUT_EMAIL if own else Reason.CONTACT_WITHOUT_EMAIL)


def _recipient_faults(draft: Draft, situation: _Situation, reach: Reach) -> Iterator[Fault]:
    may_write_to: dict[RecipientPolicy, Callable[[str], bool]] = {
        RecipientPolicy.ANY: lambda _: True,
        RecipientPolicy.KNOWN: situation.known.__contains__,
        RecipientPolicy.RECORD: reach.addresses.__contains__,
    }
    allowed = may_write_to[situation.org.recipients]
    for n, mailbox in enumerate(draft.to):
        address = mailbox.address.folded
        if address not in situation.blocked and not allowed(address):
            yield Fault(Reason.RECIPIENT_UNKNOWN, ("to", n, "email"))


def _opt_out_faults(draft: Draft, situation: _Situation) -> Iterator[Fault]:
    """A copy is a mail too: whoever wants none gets none."""
    unwilling = situation.opted_out - situation.blocked.keys()
    for kind, mailboxes in (("to", draft.to), ("cc", draft.cc), ("bcc", draft.bcc)) if unwilling else ():
        for n, mailbox in enumerate(mailboxes):
            if mailbox.address.folded in unwilling:
                yield Fault(Reason.OPTED_OUT, (kind, n, "email"))


def _blocked_faults(draft: Draft, situation: _Situation, reach: Reach) -> Iterator[Fault]:
    """Who is blocked is left out, unless that is everybody the mail is to."""
    to = [mailbox.address.folded for mailbox in draft.to]
    if not all(address in situation.blocked for address in to):
        return
    for n, address in enumerate(to):
        reason = Reason.RECORD_BLOCKED if address in reach.addresses else Reason.RECIPIENT_BLOCKED
        yield Fault(reason, ("to", n, "email"), {"reason": situation.blocked[address]})


def _left_out(draft: Draft, situation: _Situation) -> Iterator[LeftOut]:
    for recipient in draft.recipients() if situation.blocked else ():
        address = recipient.mailbox.address
        if address.folded in situation.blocked:
            yield LeftOut(address, situation.blocked[address.folded])


def _parent_faults(asked: InReplyTo | None, found: Parent | None) -> Iterator[Fault]:
    if asked is None:
        return
    if found is None:
        yield Fault(Reason.RELATED_UNKNOWN, asked.place)
    elif asked.owner_id not in (None, found.user_id):
        yield Fault(Reason.RELATED_UNKNOWN, ("in_reply_to", "owner", "id"))


def _template_faults(draft: Draft, filling: Filling | None, reach: Reach) -> Iterator[Fault]:
    if filling is None:
        yield Fault(Reason.RELATED_UNKNOWN, ("template", "id"))
        return
    if filling.template.module != reach.key.module:
        yield Fault(Reason.RELATED_UNKNOWN, ("template", "id"), {"reason": "the template is of another module"})
    # What was given has been measured; what was filled in may be longer than the template.
    if len(draft.subject or "") > SUBJECT_CHARACTERS:
        yield Fault(Reason.TOO_LONG, ("subject",), {"maximum_length": SUBJECT_CHARACTERS})
    if len(draft.content or "") > CONTENT_CHARACTERS:
        yield Fault(Reason.TOO_LONG, ("content",), {"maximum_length": CONTENT_CHARACTERS})


def _letter(draft: Draft, situation: _Situation, stream: Stream, *, mail_id: bytes, now: int) -> Letter:
    sender = situation.sender
    assert sender is not None, "a draft from nobody's address has a fault"
    return Letter(
        mail_id=mail_id,
        # Who does not say what to be called is called as configured.
        sender=structs.replace(draft.sender, name=draft.sender.name or sender.name),
        recipients=(draft.without(situation.blocked) if situation.blocked else draft).recipients(),
        reply_to=draft.reply_to,
        subject=draft.subject or "",
        content=draft.content or "",
        format=draft.format,
        files=_files(draft, situation),
        dated_at=now if draft.scheduled_at is None else draft.scheduled_at,
        references=_references(situation.parent),
        bounces=None if sender.return_path is None else Address.parse(sender.return_path),
        stream=stream if sender.one_click else None,
    )


def _references(parent: Parent | None) -> tuple[str, ...]:
    if parent is None:
        return ()
    return references(parent.references, message_id(parent.mail_id, parent.domain))


def _files(draft: Draft, situation: _Situation) -> tuple[FileRef, ...]:
    if draft.attachments is None and situation.filling is not None:
        return situation.filling.template.files
    return tuple(ref for ref in situation.files if ref is not None)
