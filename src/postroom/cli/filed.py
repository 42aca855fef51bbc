"""Mails as the command line shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postroom.cli.say import moment
from postroom.cli.wayout import stopped
from postroom.mail.draft import Kind, Mailbox
from postroom.store.mails import Delivery, Filed


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """One line of a mail's history.

    ``n`` is the recipient's place, None for the mail as a whole; ``by`` is who did it, where it was a person.
    """

    at: int
    what: str
    n: int | None
    attempt: int
    detail: Mapping[str, Any] | None
    by: str | None

    def as_object(self) -> dict[str, object]:
        """For machines."""
        return {
            "at": moment(self.at),
            "what": self.what,
            "recipient": self.n,
            "attempt": self.attempt,
            "detail": self.detail,
            "by": self.by,
        }

    def as_row(self, mail: Filed) -> tuple[str, ...]:
        """For people."""
        who = "" if self.n is None else str(mail.deliveries[self.n].recipient.mailbox.address)
        detail = self.detail or {}
        shown = ("server", "stage", "code", "why", "line", "notice")
        reply = " ".join(str(detail[key]) for key in shown if detail.get(key))
        if self.by is not None:
            reply = f"by {self.by}"
        return moment(self.at), self.what, str(self.attempt or ""), who, reply


def happening(row: Any, people: Mapping[str, str]) -> Happening:
    """A row of the history; ``people`` are the addresses of users by their ids."""
    by: str | None = (row.detail or {}).get("by")
    name = None if by is None else people.get(by, by)
    return Happening(at=row.at, what=row.what, n=row.n, attempt=row.attempt, detail=row.detail, by=name)


def as_object(mail: Filed) -> dict[str, object]:
    """A mail for machines; moments in ISO 8601, None where there is none."""
    return {
        "id": mail.id.hex(),
        "state": mail.state.value,
        "in_doubt": mail.in_doubt,
        "attempt": mail.attempt,
        "stage": mail.stage and mail.stage.value,
        "begun": None if mail.begun_at is None else moment(mail.begun_at),
        "due": None if mail.due_at is None else moment(mail.due_at),
        "settled": None if mail.settled_at is None else moment(mail.settled_at),
        "waits_for": waits_for(mail),
        "module": mail.module,
        "record_id": str(mail.record_id),
        "from": str(mail.sender.address),
        "subject": mail.subject,
        "attachments": mail.attachments,
        "recipients": [
            {
                "address": str(each.recipient.mailbox.address),
                "kind": each.recipient.kind.value,
                "state": each.state.value,
                "code": each.code,
                "enhanced": each.enhanced,
                "line": each.line,
                "why": each.why and each.why.value,
            }
            for each in mail.deliveries
        ],
    }


def as_row(mail: Filed, digits: int) -> tuple[str, ...]:
    """A mail as one line of a table, its id cut to ``digits``."""
    to = [each.recipient.mailbox.address for each in mail.deliveries if each.recipient.kind is Kind.TO]
    more = f" +{len(mail.deliveries) - 1}" if len(mail.deliveries) > 1 else ""
    return (
        mail.id.hex()[:digits],
        _standing(mail),
        str(mail.attempt),
        moment(mail.due_at),
        str(mail.sender.address),
        f"{to[0]}{more}",
        mail.subject[:60],
        (waits_for(mail) or "")[:60],
    )


def as_facts(mail: Filed) -> list[tuple[str, str]]:
    """A mail's own values, for people."""
    return [
        ("id", mail.id.hex()),
        ("state", _standing(mail)),
        ("attempt", str(mail.attempt)),
        ("due", moment(mail.due_at)),
        ("waits for", waits_for(mail) or "-"),
        ("settled", moment(mail.settled_at)),
        ("record", f"{mail.module}/{mail.record_id}"),
        ("from", _shown(mail.sender)),
        ("subject", mail.subject),
        ("attachments", ", ".join(f"{each.name} ({each.size} octets)" for each in mail.files) or "-"),
    ]


def waits_for(mail: Filed) -> str | None:
    """Why a mail does not leave although it is due; None where nothing is in its way."""
    return stopped(mail.standing)


def as_line(delivery: Delivery) -> tuple[str, ...]:
    """One recipient as a line of a table."""
    why = delivery.why and delivery.why.value
    reply = " ".join(str(part) for part in (delivery.code, delivery.enhanced, why, delivery.line) if part)
    return _shown(delivery.recipient.mailbox), delivery.recipient.kind.value, delivery.state.value, reply


def _standing(mail: Filed) -> str:
    """The state, and what there is to it: an attempt of unknown end, or one that goes on, since when and how far."""
    if mail.in_doubt:
        return f"{mail.state.value}, unknown"
    if mail.begun_at is None:
        return mail.state.value
    stage = f", {mail.stage.value}" if mail.stage else ""
    return f"{mail.state.value}{stage} since {moment(mail.begun_at)}"


def _shown(mailbox: Mailbox) -> str:
    return f"{mailbox.name} <{mailbox.address}>" if mailbox.name else str(mailbox.address)
