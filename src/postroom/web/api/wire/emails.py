"""Filed mails as the ``Emails`` list of a record shows them (wire reference 8.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType, field, structs

from postroom.mail import draft
from postroom.mail.draft import Kind
from postroom.mail.life import Result, State
from postroom.mail.zone import moment
from postroom.record import PIPELINES
from postroom.store import records
from postroom.store.filing import Page
from postroom.store.mails import Delivery, Filed
from postroom.store.users import User
from postroom.web.api.wire.values import Id, MailFormat, ModuleName, Moment, Named, Opaque, made_id, person

EMAILS_PER_PAGE: Final = 10  # W 8.1

FIRST: Final = "0"  # W 8.1: the index of the page that has the newest


@dataclass(frozen=True, kw_only=True, slots=True)
class Type:
    """The mails that a ``type`` means: in which states, whether those of a company's contacts alone, or of a user."""

    states: frozenset[State]
    contacts_alone: bool = False
    of_user: bool = False


_SENT: Final = frozenset(State) - {State.SCHEDULED}
_SCHEDULED: Final = frozenset({State.SCHEDULED})
_DRAFTS: Final[frozenset[State]] = frozenset()  # which do not exist here
# W 8.1
TYPES: Final[Mapping[str, Type]] = {
    "sent_from_crm": Type(states=_SENT),
    "scheduled_in_crm": Type(states=_SCHEDULED),
    "drafts": Type(states=_DRAFTS),
    "user_emails": Type(states=_SENT, of_user=True),
    "all_contacts_sent_crm_emails": Type(states=_SENT, contacts_alone=True),
    "all_contacts_scheduled_crm_emails": Type(states=_SCHEDULED, contacts_alone=True),
    "all_contacts_draft_crm_emails": Type(states=_DRAFTS, contacts_alone=True),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What a mail's answer names beside the mail: users and records, in the words and the time of the caller."""

    users: Mapping[int, User]
    names: Mapping[int, records.Named]
    zone: tzinfo
    deals_name: str


class Mailbox(Struct, frozen=True, kw_only=True):
    """A display name, which may be empty, and an address."""

    user_name: str
    email: str


class Status(Struct, frozen=True, kw_only=True):
    """What became of the mail; where a recipient's server refused it (`bounced`), whose and why.

    Where it waits for an SMTP server that is not in use, `paused_reason` says why, `paused_since` since when.
    """

    type: str
    email: str | UnsetType = UNSET
    bounced_time: Moment | UnsetType | None = UNSET
    bounced_reason: str | UnsetType = UNSET
    category: Literal["Permanently blocked", "Temporarily blocked"] | UnsetType = UNSET
    sub_category: str | UnsetType | None = UNSET
    why: str | UnsetType | None = UNSET
    paused_reason: str | UnsetType = UNSET
    paused_since: Moment | UnsetType = UNSET


class LinkedRecord(Struct, frozen=True, kw_only=True):
    """The record that the mail is about: the one that it is filed under, unless it was sent with another."""

    module: ModuleName
    id: Id
    name: str | None


class Email(Struct, frozen=True, kw_only=True):
    """One mail as a list shows it."""

    message_id: Opaque
    subject: str
    sender: Mailbox = field(name="from")
    to: list[Mailbox]
    cc: list[Mailbox]
    bcc: list[Mailbox]
    owner: Named
    time: Moment
    status: list[Status]
    sent: bool
    read: bool = True
    source: Literal["individual"] = "individual"
    has_attachment: bool
    has_thread_attachment: bool
    summary: None = None
    intent: None = None
    sentiment_info: None = None
    emotion: None = None
    related_to_record: bool = True
    linked_record: LinkedRecord


class Attachment(Struct, frozen=True, kw_only=True):
    """An attached file; its size is in octets."""

    id: Opaque
    name: str
    size: str


class WholeEmail(Email, frozen=True, kw_only=True):
    """One mail with its content and attachments."""

    content: str
    mail_format: MailFormat
    reply_to: Mailbox | None
    attachments: list[Attachment]
    sent_time: Moment | None
    editable: bool = False
    thread_id: Opaque
    activity_info: None = None


class EmailsInfo(Struct, frozen=True, kw_only=True):
    """Where the page stands among the others."""

    per_page: int = EMAILS_PER_PAGE
    count: int
    next_index: str | None
    prev_index: str
    more_records: bool


class Emails(Struct, frozen=True, kw_only=True):
    """A page of mails."""

    emails: list[Email] = field(name="Emails")
    info: EmailsInfo


class OneEmail(Struct, frozen=True, kw_only=True):
    """A list of the one mail."""

    emails: list[WholeEmail] = field(name="Emails")


def read_index(text: str) -> tuple[bytes, bool] | None:
    """The mail after which a page begins, or (True) before which it ends, of an index that ``listing`` made.

    None for the first page.
    """
    if text == FIRST:
        return None
    return bytes.fromhex(text.removeprefix(_BEFORE)), text.startswith(_BEFORE)


def listing(page: Page, context: Context) -> Emails:
    """One page that is not empty."""
    info = EmailsInfo(
        count=len(page.mails),
        next_index=page.mails[-1].id.hex() if page.older else None,
        prev_index=f"{_BEFORE}{page.mails[0].id.hex()}" if page.newer else FIRST,
        more_records=page.older,
    )
    return Emails(emails=[_entry(each, context) for each in page.mails], info=info)


# A page is named by the mail beside it: whatever is sent meanwhile, no mail is shown twice and none is left out.
_BEFORE: Final = "-"
INDEX: Final = f"^({FIRST}|{_BEFORE}?[0-9a-fA-F]{{64}})$"


def whole(filed: Filed, context: Context) -> OneEmail:
    """One mail with its content and attachments."""
    one = WholeEmail(
        **structs.asdict(_entry(filed, context)),
        content=filed.content,
        mail_format=MailFormat(filed.format.value),
        reply_to=_mailbox(filed.reply_to) if filed.reply_to else None,
        attachments=[Attachment(id=ref.file_id.hex(), name=ref.name, size=str(ref.size)) for ref in filed.files],
        thread_id=filed.thread_id.hex(),
        sent_time=moment(filed.settled_at, context.zone) if filed.state is State.SENT and filed.settled_at else None,
    )
    return OneEmail(emails=[one])


def _entry(filed: Filed, context: Context) -> Email:
    return Email(
        message_id=filed.id.hex(),
        subject=filed.subject,
        sender=_mailbox(filed.sender),
        to=_list(filed, Kind.TO),
        cc=_list(filed, Kind.CC),
        bcc=_list(filed, Kind.BCC),
        owner=person(context.users, filed.user_id),
        time=moment(filed.dated_at, context.zone),
        status=_status(filed, context.zone),
        sent=filed.state is State.SENT,
        has_attachment=filed.attachments > 0,
        has_thread_attachment=filed.thread_has_files,
        linked_record=_linked(filed, context),
    )


def _linked(filed: Filed, context: Context) -> LinkedRecord:
    about = filed.about
    module = context.deals_name if about.module == PIPELINES.name else about.module
    named = context.names.get(about.record_id)
    return LinkedRecord(
        module=ModuleName(api_name=module, id=made_id("module", about.module)),
        id=str(about.record_id),
        name=named.name if named else None,
    )


def _list(filed: Filed, kind: Kind) -> list[Mailbox]:
    return [_mailbox(each.recipient.mailbox) for each in filed.deliveries if each.recipient.kind is kind]


def _mailbox(mailbox: draft.Mailbox) -> Mailbox:
    return Mailbox(user_name=mailbox.name, email=str(mailbox.address))


def _status(filed: Filed, zone: tzinfo) -> list[Status]:
    """W 8.1 knows sent and bounced; the states of what has not ended so are ours, and that its fate is unknown."""
    refused = [each for each in filed.deliveries if each.state is State.FAILED]
    bounces = [_bounce(each, filed, zone) for each in refused]
    if filed.state is State.FAILED:
        return bounces
    in_doubt = [Status(type=Result.UNKNOWN.value)] if filed.in_doubt else []
    return [_waiting(filed, zone), *in_doubt, *bounces]


def _waiting(filed: Filed, zone: tzinfo) -> Status:
    standing = filed.standing
    if standing is None or standing.stops is None:
        return Status(type=filed.state.value)
    since = UNSET if standing.paused_since is None else moment(standing.paused_since, zone)
    return Status(type=filed.state.value, paused_reason=standing.stops, paused_since=since)


def _is_for_good(refused: Delivery) -> bool:
    # RFC 3463 §3.1: the class of the enhanced code says it, too, of what no server was asked.
    return (refused.code or 0) >= 500 or (refused.enhanced or "").startswith("5.")


def _bounce(refused: Delivery, filed: Filed, zone: tzinfo) -> Status:
    return Status(
        type="bounced",
        email=str(refused.recipient.mailbox.address),
        bounced_time=moment(filed.settled_at, zone) if filed.settled_at else None,
        bounced_reason=" ".join(str(part) for part in (refused.code, refused.line) if part),
        category="Permanently blocked" if _is_for_good(refused) else "Temporarily blocked",
        sub_category=refused.enhanced,
        why=refused.why and refused.why.value,
    )
