"""What a caller asked for, read once at the edge into values that cannot be wrong."""

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import Enum

from msgspec import Struct

from postroom.mail.address import Address


class Format(Enum):
    """How the content of a mail is to be read (wire reference 1.2, ``mail_format``)."""

    HTML = "html"
    TEXT = "text"
    REPORT = "report"  # what ``report.Parts`` wrote: a notice of ours, which nobody can ask for


class Kind(Enum):
    """The list a recipient was named in."""

    TO = "to"
    CC = "cc"
    BCC = "bcc"


class Mailbox(Struct, frozen=True, kw_only=True):
    """A display name (may be empty, holds no control character) and an address (RFC 5322 §3.4)."""

    name: str
    address: Address


class Recipient(Struct, frozen=True, kw_only=True):
    """One addressee of a mail; ``n`` is its place among all of them, to first, then cc, then bcc, from 0."""

    n: int
    kind: Kind
    mailbox: Mailbox


class FileRef(Struct, frozen=True, kw_only=True):
    """A stored file by reference: its bytes stay in the blob store until they are on the wire.

    ``digest`` is their SHA-256 and names the blob; ``size`` counts octets; ``content_type`` is ``type/subtype``.
    """

    file_id: bytes
    digest: bytes
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class InReplyTo:
    """The mail that a draft answers. ``owner_id`` is the user who must have sent it, None for whoever it was.

    ``place`` is where the draft names the mail, in the caller's own names.
    """

    mail_id: bytes
    owner_id: int | None = None
    place: tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """A record that a mail is about beside the one it is filed under."""

    module: str
    record_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """One mail as asked for (wire reference 1.2). ``scheduled_at`` is in milliseconds since the epoch, UTC.

    A subject, content (with its ``format``) or attachments of its own, empty ones too, stand in for those of the
    template; None: nothing is said of it.
    """

    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    reply_to: Mailbox | None = None
    in_reply_to: InReplyTo | None = None
    subject: str | None = None
    content: str | None = None
    format: Format = Format.HTML
    attachments: tuple[bytes, ...] | None = None
    template_id: int | None = None
    through_org: bool = False
    scheduled_at: int | None = None
    linked: Linked | None = None

    def recipients(self) -> tuple[Recipient, ...]:
        """Everybody the mail goes to, in order, an address named twice kept once (its first place wins)."""
        seen: dict[tuple[str, str], Recipient] = {}
        for kind, mailboxes in ((Kind.TO, self.to), (Kind.CC, self.cc), (Kind.BCC, self.bcc)):
            for mailbox in mailboxes:
                seen.setdefault(mailbox.address.key, Recipient(n=len(seen), kind=kind, mailbox=mailbox))
        return tuple(seen.values())

    def without(self, addresses: Container[str]) -> "Draft":
        """The mail as it is without these (folded) addresses among its recipients; ``to`` may be empty then."""

        def kept(mailboxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
            return tuple(each for each in mailboxes if each.address.folded not in addresses)

        return replace(self, to=kept(self.to), cc=kept(self.cc), bcc=kept(self.bcc))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An address that was named and gets nothing, and why."""

    address: Address
    reason: str


class Stream(Struct, frozen=True, kw_only=True):
    """Mails that are told apart from others where complaints are counted: a user's, about records of one module."""

    org_id: int
    user_id: int
    module: str


class Letter(Struct, frozen=True, kw_only=True):
    """An accepted mail with everything composing needs; the same Letter gives the same bytes for ever.

    ``mail_id`` is the 32 random-and-time bytes that the API shows as 64 hex digits; Message-ID and boundaries come
    from it. ``dated_at`` (ms since the epoch, UTC) becomes the Date field. ``references`` are the Message-IDs of the
    mails before it in its thread, oldest first; the last is that of the mail which it answers.

    ``is_own``: nobody asked for it, this program wrote it. ``bounces`` is where bounces go, with a token added (None:
    to the sender), and ``stream`` what recipients can unsubscribe from with one click (None: from nothing).
    """

    mail_id: bytes
    sender: Mailbox
    recipients: tuple[Recipient, ...]
    reply_to: Mailbox | None
    subject: str
    content: str
    format: Format
    files: tuple[FileRef, ...]
    dated_at: int
    references: tuple[str, ...] = ()
    is_own: bool = False
    bounces: Address | None = None
    stream: Stream | None = None

    @property
    def return_path(self) -> Address | None:
        """Where the servers on its way tell of its fate, before a token is added; None: nowhere."""
        # RFC 3464 §2: a notice has none, so that no notice is ever about a notice.
        return None if self.format is Format.REPORT else self.bounces or self.sender.address
