"""Mails: what one is, and the calls about them (W 1, 2, 8)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from postroom.client import files, reading
from postroom.client.errors import NotFound
from postroom.client.multipart import Progress, Upload
from postroom.client.reading import Done
from postroom.client.talk import Answer, Call, Object, Page, Repeat, Request, Talk, path, question, single

_KEY: Final = "Emails"
_KEYS: Final = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """An address, and the name that is shown beside it."""

    email: str
    name: str = ""

    def told(self) -> Object:
        """As the API has it."""
        return {"user_name": self.name, "email": self.email} if self.name else {"email": self.email}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail to be sent (W 1.2). What is None is left out.

    ``sender``: None for the user's default from address, which is asked for first. ``attachments`` are ids of files, or
    paths and ``Upload``s, which are uploaded first. ``scheduled_at`` has an offset. ``template`` is the id of one, and
    ``in_reply_to`` that of the mail which it answers; Bigin's own documents have neither of them.
    """

    to: Sequence[Mailbox]
    sender: Mailbox | None = None
    cc: Sequence[Mailbox] = ()
    bcc: Sequence[Mailbox] = ()
    reply_to: Mailbox | None = None
    org_email: bool = False
    scheduled_at: datetime | None = None
    subject: str | None = None
    content: str | None = None
    format: Literal["html", "text"] = "html"
    attachments: Sequence[str | Path | Upload] = ()
    template: str | None = None
    in_reply_to: str | None = None

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for a moment that could be any of two dozen."""
        if self.scheduled_at is not None and self.scheduled_at.tzinfo is None:
            raise ValueError("scheduled_at needs an offset: datetime.now(UTC), or moment.astimezone()")

    def told(self, sender: Mailbox, attachments: Sequence[str]) -> Object:
        """As the API has it, in the order of its own sample (W 1.2)."""
        keys: Mapping[str, Any] = {
            "from": sender.told(),
            "to": [each.told() for each in self.to],
            "cc": [each.told() for each in self.cc] or None,
            "bcc": [each.told() for each in self.bcc] or None,
            "reply_to": self.reply_to and self.reply_to.told(),
            "org_email": self.org_email or None,
            "scheduled_time": _moment(self.scheduled_at) if self.scheduled_at else None,
            "subject": self.subject,
            "content": self.content,
            "mail_format": None if self.content is None else self.format,
            "attachments": [{"id": each} for each in attachments] or None,
            "template": self.template and {"id": self.template},
            "in_reply_to": self.in_reply_to and {"message_id": self.in_reply_to},
        }
        return {name: value for name, value in keys.items() if value is not None}


@dataclass(frozen=True, kw_only=True, slots=True)
class FromAddress:
    """An address that the user may send from (W 2)."""

    mailbox: Mailbox
    default: bool
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A mail that the server has taken; ``message`` says whether for now or for later.

    ``left_out``: addresses that do not get it, because they are blocked, and the reasons that were told (W 1.3).
    """

    message_id: str
    message: str
    left_out: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, done: Done) -> "Sent":
        """What the answer says."""
        blocked = done.details.get("blocked_email_addresses") or ()
        return cls(
            message_id=str(done.details["message_id"]),
            message=done.message,
            left_out={str(each["email"]): str(each.get("reason") or "") for each in blocked},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Email:
    """A mail of a record (W 8.1): what most ask for, and with ``whole`` everything that the server says of it."""

    message_id: str
    subject: str
    status: Sequence[str]
    whole: Mapping[str, Any]

    @classmethod
    def of(cls, told: Object) -> "Email":
        """Bigin has a list in ``status``; where there is none, nothing is known of what became of the mail."""
        return cls(
            message_id=str(told["message_id"]),
            subject=str(told.get("subject") or ""),
            status=tuple(str(each["type"]) for each in told.get("status") or ()),
            whole=told,
        )


def from_addresses(user_id: str | None = None) -> Call[list[FromAddress]]:
    """The addresses that the user, or another one, may send from."""
    return single(_from_addresses({"user_id": user_id} if user_id else {}), _addresses)


def send(
    module: str, record_id: str, mail: Mail, *, key: str | None = None, progress: Progress | None = None
) -> Call[Sent]:
    """Send a mail for a record; files are uploaded first, with ``progress`` as in ``files.upload``.

    Postroom takes a mail once for a ``key``, however often it is sent, for seven days; without, each doing of the call
    has its own. Raises ``ValueError`` for a key that is none (W 1.8).
    """
    if key is not None and not _KEYS.fullmatch(key):
        raise ValueError("a key is 1 to 255 characters of ASCII that can be printed, without blanks")

    def talk() -> Talk[Sent]:
        sender = mail.sender
        if sender is None:
            sender = _first(_addresses((yield _from_addresses({}))))
        new = [each for each in mail.attachments if not isinstance(each, str)]
        uploaded = iter(files.ids((yield files.request(new, progress))) if new else ())
        attachments = [each if isinstance(each, str) else next(uploaded) for each in mail.attachments]
        request = Request(
            method="POST",
            path=path(module, record_id, "actions", "send_mail"),
            json={"data": [mail.told(sender, attachments)]},
            repeat=Repeat.KEYED,
            key=key,
        )
        return Sent.of(reading.result((yield request)))

    return Call(talk)


def listing(module: str, record_id: str, kind: str | None = None, *, index: str | None = None) -> Call[Page[Email]]:
    """The mails of a record, ten a page. ``kind`` is a ``type`` of W 8.1 such as ``scheduled_in_crm``."""
    params = {name: value for name, value in (("type", kind), ("index", index)) if value is not None}

    def read(answer: Answer) -> Page[Email]:
        found = reading.body(answer)
        info = found.get("info") or {}
        more = info.get("more_records") and info.get("next_index")
        return Page(
            items=[Email.of(each) for each in found.get(_KEY, [])],
            following=listing(module, record_id, kind, index=str(more)) if more else None,
        )

    return single(question(path(module, record_id, "Emails"), params), read)


def get(module: str, record_id: str, message_id: str) -> Call[Email]:
    """One mail, with its content and attachments in ``whole``."""
    request = question(path(module, record_id, "Emails", message_id))
    return single(request, lambda answer: Email.of(reading.sole(answer, _KEY)))


def download(module: str, record_id: str, email: Email, file_id: str, into: BinaryIO) -> Call[None]:
    """A file of a mail that ``get`` gave, written as it comes; a call that fails may have written some of it."""
    # W 8.1: the last two are mandatory in CRM, though the first two say it all.
    names = {each["id"]: str(each["name"]) for each in email.whole.get("attachments") or ()}
    owner = (email.whole.get("owner") or {}).get("id")
    params = {"message_id": email.message_id, "id": file_id, "user_id": owner, "name": names.get(file_id)}
    where = path(module, record_id, "Emails", "actions", "download_attachments")
    return files.taken(where, {name: str(value) for name, value in params.items() if value}, into)


def move(module: str, record_id: str, message_id: str, to: datetime) -> Call[Done]:
    """Give a mail that is still to leave another time; Postroom only."""
    return _act("PUT", path(module, record_id, "Emails", message_id), {_KEY: [{"scheduled_time": _moment(to)}]})


def cancel(module: str, record_id: str, message_id: str) -> Call[Done]:
    """Call a mail back that is still to leave, or raise ``TooLate``; Postroom only."""
    return _act("DELETE", path(module, record_id, "Emails", message_id))


def send_now(module: str, record_id: str, message_id: str) -> Call[Done]:
    """Let a mail that is still to leave do so at once; Postroom only."""
    return _act("POST", path(module, record_id, "Emails", message_id, "actions", "send_now"))


def _act(method: str, where: str, json: Object | None = None) -> Call[Done]:
    request = Request(method=method, path=where, json=json, extension=True)
    return single(request, lambda answer: reading.result(answer, _KEY))


def _from_addresses(params: Mapping[str, str]) -> Request:
    return question(path("settings", "emails", "actions", "from_addresses"), params)


def _addresses(answer: Answer) -> list[FromAddress]:
    return [
        FromAddress(
            mailbox=Mailbox(email=str(each["email"]), name=str(each.get("user_name") or "")),
            default=bool(each.get("default")),
            type=str(each.get("type") or ""),
        )
        # W 2: one client of Bigin has met the other key.
        for each in reading.listed(answer, "from_addresses", "from_address")
    ]


def _first(found: Sequence[FromAddress]) -> Mailbox:
    """The one that is offered first."""
    if not found:
        raise NotFound("this user has no from address; add one: postroom sender add")
    return next((each for each in found if each.default), found[0]).mailbox


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
