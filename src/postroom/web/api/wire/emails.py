"""Filed mails as the ``Emails`` list of a record shows them (wire reference 8.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from postroom.mail.draft import Kind, Mailbox
from postroom.mail.life import State
from postroom.store.mails import Delivery, Filed
from postroom.store.users import User
from postroom.web.api.wire.values import made_id, moment, person

EMAILS_PER_PAGE: Final = 10  # W 8.1

_SENT: Final = frozenset(State) - {State.SCHEDULED}
_SCHEDULED: Final = frozenset({State.SCHEDULED})
# W 8.1: what a client may ask for, and the states it is shown. Drafts do not exist here.
TYPES: Final[Mapping[str, frozenset[State]]] = {
    "sent_from_crm": _SENT,
    "user_emails": _SENT,
    "scheduled_in_crm": _SCHEDULED,
    "drafts": frozenset(),
    "all_contacts_sent_crm_emails": _SENT,
    "all_contacts_scheduled_crm_emails": _SCHEDULED,
    "all_contacts_draft_crm_emails": frozenset(),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What a mail's answer names beside the mail: its users and its record, in the words and the time of the caller."""

    users: Mapping[int, User]
    record_name: str
    module: str
    zone: tzinfo


def listing(found: Sequence[Filed], start: int, context: Context) -> dict[str, Any]:
    """One page, from mail number ``start`` on; ``found`` may hold one mail more, which tells that there are more."""
    page = found[:EMAILS_PER_PAGE]
    more = len(found) > EMAILS_PER_PAGE
    return {
        "Emails": [_entry(each, context) for each in page],
        "info": {
            "per_page": EMAILS_PER_PAGE,
            "count": len(page),
            "next_index": str(start + EMAILS_PER_PAGE) if more else None,
            "prev_index": str(max(0, start - EMAILS_PER_PAGE)),
            "more_records": more,
        },
    }


def whole(filed: Filed, context: Context) -> dict[str, Any]:
    """One mail with its content and attachments."""
    entry = _entry(filed, context) | {
        "content": filed.content,
        "mail_format": filed.format.value,
        "reply_to": filed.reply_to and _mailbox(filed.reply_to),
        "attachments": [{"id": ref.file_id.hex(), "name": ref.name, "size": str(ref.size)} for ref in filed.files],
        "sent_time": moment(filed.settled_at, context.zone) if filed.state is State.SENT and filed.settled_at else None,
        "editable": False,
        "thread_id": None,
        "activity_info": None,
    }
    return {"Emails": [entry]}


def _entry(filed: Filed, context: Context) -> dict[str, Any]:
    return {
        "message_id": filed.id.hex(),
        "subject": filed.subject,
        "from": _mailbox(filed.sender),
        "to": _list(filed, Kind.TO),
        "cc": _list(filed, Kind.CC),
        "bcc": _list(filed, Kind.BCC),
        "owner": person(context.users, filed.user_id),
        "time": moment(filed.dated_at, context.zone),
        "status": _status(filed, context.zone),
        "sent": filed.state is State.SENT,
        "read": True,
        "source": "individual",
        "has_attachment": filed.attachments > 0,
        "has_thread_attachment": filed.attachments > 0,
        "summary": None,
        "intent": None,
        "sentiment_info": None,
        "emotion": None,
        "related_to_record": True,
        "linked_record": {
            "module": {"api_name": context.module, "id": made_id("module", context.module)},
            "id": str(filed.record_id),
            "name": context.record_name,
        },
    }


def _list(filed: Filed, kind: Kind) -> list[dict[str, str]]:
    return [_mailbox(each.recipient.mailbox) for each in filed.deliveries if each.recipient.kind is kind]


def _mailbox(mailbox: Mailbox) -> dict[str, str]:
    return {"user_name": mailbox.name, "email": str(mailbox.address)}


def _status(filed: Filed, zone: tzinfo) -> list[dict[str, Any]]:
    """W 8.1 knows sent and bounced; queued, sending, scheduled and cancelled are ours, for what has not ended so."""
    refused = [each for each in filed.deliveries if each.state is State.FAILED]
    bounces = [_bounce(each, filed, zone) for each in refused]
    if filed.state is State.FAILED:
        return bounces
    return [{"type": filed.state.value}, *bounces]


def _bounce(refused: Delivery, filed: Filed, zone: tzinfo) -> dict[str, Any]:
    return {
        "type": "bounced",
        "email": str(refused.recipient.mailbox.address),
        "bounced_time": moment(filed.settled_at, zone) if filed.settled_at else None,
        "bounced_reason": " ".join(str(part) for part in (refused.code, refused.line) if part),
        "category": "Permanently blocked" if (refused.code or 0) >= 500 else "Temporarily blocked",
        "sub_category": refused.enhanced,
    }
