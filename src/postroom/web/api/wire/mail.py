"""Send mail's JSON and ours (wire reference 1): a request into drafts or their faults, a mail into an answer."""

import re
from collections.abc import Sequence
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from postroom.errors import Fault, Reason
from postroom.mail.draft import Draft, Format, LeftOut, Mailbox
from postroom.mail.limits import (
    ADDRESS_CHARACTERS,
    ATTACHMENT_OCTETS_PER_MAIL,
    ATTACHMENTS_PER_MAIL,
    CONTENT_CHARACTERS,
    MAILS_PER_REQUEST,
    MIB,
    RECIPIENTS_PER_LIST,
    SCHEDULE_DAYS,
    SUBJECT_CHARACTERS,
)
from postroom.record import read_number
from postroom.web.api.wire import forms
from postroom.web.api.wire.consent import CONSENT_EMAIL, DATA_SUBJECT_REQUEST
from postroom.web.api.wire.forms import FLAG, MOMENT, UNDONE, Faults, Form, Key, Path
from postroom.web.api.wire.in_reply_to import IN_REPLY_TO
from postroom.web.api.wire.items import Done, body_of, read_items, success
from postroom.web.api.wire.linked_record import LINKED_RECORD
from postroom.web.api.wire.values import MailFormat, Opaque
from postroom.web.shape import NUMBER, OPAQUE, Json, Schemas

# Anything that could end a header line, or that no database and no reader of mail can hold.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
_FILE_ID: Final = re.compile(OPAQUE)


def _file_id(value: str, path: Path, faults: Faults) -> bytes | None:
    if _FILE_ID.fullmatch(value):
        return bytes.fromhex(value)
    faults.append(Fault(Reason.FILE_UNKNOWN, path))
    return None


def _template_id(value: object, path: Path, faults: Faults) -> int | None:
    number = read_number(value)
    if number is None:
        faults.append(Fault(Reason.RELATED_UNKNOWN, path))
    return number


def _mailbox(values: dict[str, Any]) -> Mailbox:
    return Mailbox(name=values["user_name"] or "", address=values["email"])


def _draft(values: dict[str, Any]) -> Draft:
    return Draft(
        sender=values["from"],
        to=values["to"],
        cc=values["cc"] or (),
        bcc=values["bcc"] or (),
        reply_to=values["reply_to"],
        in_reply_to=values["in_reply_to"],
        subject=values["subject"],
        content=values["content"],
        # W 14: the default is stated nowhere; composed mails are HTML.
        format=Format(values["mail_format"] or Format.HTML),
        attachments=values["attachments"],
        template_id=values["template"],
        through_org=values["org_email"] or False,
        scheduled_at=values["scheduled_time"],
        linked=values["linked_record"],
    )


_NAME: Final = forms.text(ADDRESS_CHARACTERS, _CONTROL)
_MAILBOX: Final = forms.structure(
    (
        Key(name="user_name", form=_NAME, means="The name that is shown beside the address."),
        Key(name="email", form=forms.address(ADDRESS_CHARACTERS), means="The address.", required=True),
    ),
    _mailbox,
)
_MAILBOXES: Final = forms.several(_MAILBOX, RECIPIENTS_PER_LIST)
FORMAT: Final = forms.choice(*(each.value for each in MailFormat))
_ATTACHMENT: Final = forms.structure(
    (
        Key(
            name="id",
            form=Form(json=str, schema={"type": "string", "pattern": OPAQUE}, read=_file_id),
            means="The id that the upload was answered with.",
            required=True,
        ),
    ),
    lambda values: values["id"],
)
SUBJECT: Final = forms.text(SUBJECT_CHARACTERS, _CONTROL)
CONTENT: Final = forms.text(CONTENT_CHARACTERS, _UNSTORABLE)
ATTACHMENTS: Final = forms.several(_ATTACHMENT, ATTACHMENTS_PER_MAIL)
_TEMPLATE: Final = forms.structure(
    (
        Key(
            name="id",
            form=Form(json=object, schema={"type": ["string", "integer"], "pattern": NUMBER}, read=_template_id),
            means="The template's id.",
            required=True,
        ),
    ),
    lambda values: values["id"],
)

# W 1.2: the mail object.
MAIL: Final = forms.structure(
    (
        Key(
            name="from",
            form=_MAILBOX,
            required=True,
            means="One of the caller's from addresses.",
            example={"user_name": "Order desk", "email": "desk@example.com"},
        ),
        Key(
            name="to",
            form=forms.several(_MAILBOX, RECIPIENTS_PER_LIST, at_least=1),
            required=True,
            means="Who gets it.",
            example=[{"user_name": "Rita Dahl", "email": "rita.dahl@example.net"}],
        ),
        Key(name="cc", form=_MAILBOXES, means="Who gets a copy."),
        Key(name="bcc", form=_MAILBOXES, means="Who gets a copy that the others do not see."),
        Key(name="reply_to", form=_MAILBOX, means="Where answers go."),
        IN_REPLY_TO,
        Key(
            name="subject",
            form=SUBJECT,
            means="The subject, without line ends.",
            example="Your order",
        ),
        Key(
            name="content",
            form=CONTENT,
            means="The mail itself.",
            example="<p>It is <b>on its way</b>.</p>",
        ),
        Key(name="mail_format", form=FORMAT, means="How `content` is meant; `html` where absent.", example="html"),
        Key(
            name="attachments",
            form=ATTACHMENTS,
            means=f"Files that were uploaded before; together {ATTACHMENT_OCTETS_PER_MAIL // MIB} MB at the most.",
        ),
        Key(
            name="template",
            form=_TEMPLATE,
            means="The template that subject, content and attachments are taken from where they are not given.",
        ),
        Key(
            name="scheduled_time",
            form=MOMENT,
            means=f"When it is sent: not in the past, at most {SCHEDULE_DAYS} days ahead. At once where absent.",
        ),
        Key(
            name="org_email",
            form=FLAG,
            means="Whether it leaves through the organisation's SMTP server, whatever the sender has.",
        ),
        Key(name="inventory_details", form=UNDONE, means="Not done by Postroom: refused."),
        LINKED_RECORD,
        Key(name="consent_email", form=CONSENT_EMAIL, means="Needs compliance settings: `true` is refused."),
        Key(name="data_subject_request", form=DATA_SUBJECT_REQUEST, means="Needs compliance settings: refused."),
    ),
    _draft,
)


def read_send(body: Any) -> list[Draft | tuple[Fault, ...]]:
    """One draft, or all its faults, for each object of ``data``. Raises ``Invalid`` where the whole body is wrong."""
    return [_read_item(item) for item in read_items(body, MAILS_PER_REQUEST)]


_TIME: Final = forms.structure(
    (Key(name="scheduled_time", form=MOMENT, means="When it is sent instead.", required=True),),
    lambda values: values["scheduled_time"],
)


def read_time(body: Any) -> tuple[int | None, Faults]:
    """The moment that a mail is moved to, or what is wrong with it. Raises ``Invalid`` where the body as a whole is."""
    (item,) = read_items(body, 1, "Emails")
    faults: Faults = []
    return _TIME.take(item, (), faults), faults


def time(_: Schemas) -> Json:
    """What ``read_time`` reads."""
    return body_of(_TIME.schema, 1, "Emails")


def schema(schemas: Schemas) -> Json:
    """What ``read_send`` reads."""
    return schemas.keep("Mails", body_of(schemas.keep("Mail", MAIL.schema), MAILS_PER_REQUEST))


def _read_item(item: Any) -> Draft | tuple[Fault, ...]:
    faults: Faults = []
    return MAIL.take(item, (), faults) or tuple(faults)


class BlockedAddress(Struct, frozen=True, kw_only=True):
    """A recipient who was left out, and why."""

    email: str
    reason: str


class Accepted(Struct, frozen=True, kw_only=True):
    """What an accepted mail is called from now on, and who is left out of it, if anybody is."""

    message_id: Opaque
    blocked_email_addresses: list[BlockedAddress] | UnsetType = UNSET


def accepted(message_id: bytes, left_out: Sequence[LeftOut], *, scheduled: bool) -> Done[Accepted]:
    """The success item (W 1.3)."""
    done = "scheduled" if scheduled else "sent"
    blocked = [BlockedAddress(email=str(each.address), reason=each.reason) for each in left_out]
    details = Accepted(message_id=message_id.hex(), blocked_email_addresses=blocked or UNSET)
    return success(f"Your mail has been {done} successfully.", details)
