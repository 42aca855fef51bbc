"""Mails that are chosen by what they are, to do something to all of them (wire reference 8.5)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Struct

from postroom.errors import Fault, Reason
from postroom.mail.address import Address, BadAddress
from postroom.mail.life import FINDS, State, Verb
from postroom.mail.limits import ADDRESS_CHARACTERS, MAILS_PER_HAND
from postroom.web.api.wire import forms
from postroom.web.api.wire.forms import Faults, Form, Key, Path
from postroom.web.api.wire.items import body_of, read_items
from postroom.web.api.wire.mail import SUBJECT
from postroom.web.api.wire.values import Opaque
from postroom.web.shape import OPAQUE, Json, Schemas


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """What a caller says of the mails that are meant; ``index`` is the id of the last one met before.

    ``due_at`` is where they are moved to. Moments are in ms since the epoch.
    """

    states: frozenset[State]
    sender: Address | None
    recipient: Address | str | None
    record_id: int | None
    user_id: int | None
    accepted_since: int | None
    accepted_before: int | None
    due_since: int | None
    due_before: int | None
    subject: str | None
    index: bytes | None
    dry_run: bool
    due_at: int | None


class Met(Struct, frozen=True, kw_only=True):
    """How many mails it was done to, and to how many not; whether there are more, and behind which mail."""

    count: int
    being_sent: int
    too_late: int
    more_records: bool
    next_index: Opaque | None


def read(body: Any, verb: Verb) -> tuple[Chosen | None, Faults]:
    """What is chosen, or what is wrong with it. Raises ``Invalid`` where the body as a whole is."""
    (item,) = read_items(body, 1)
    faults: Faults = []
    return _FORMS[verb].take(item, (), faults), faults


def schema(verb: Verb) -> Callable[[Schemas], Json]:
    """What ``read`` reads."""

    def shape(_: Schemas) -> Json:
        return body_of(_FORMS[verb].schema, 1)

    return shape


def _read_mailboxes(value: str, path: Path, faults: Faults) -> Address | str | None:
    try:
        return Address.parse(value) if "@" in value else Address.parse(f"somebody@{value}").domain
    except BadAddress:
        faults.append(Fault(Reason.WRONG_VALUE, path, {"expected_data_type": "email"}))
        return None


def _read_index(value: str, path: Path, faults: Faults) -> bytes | None:
    if re.fullmatch(OPAQUE, value):
        return bytes.fromhex(value)
    faults.append(Fault(Reason.WRONG_VALUE, path))
    return None


def _make(values: dict[str, Any]) -> Chosen:
    return Chosen(
        states=frozenset(State(each) for each in values["state"] if each),
        sender=values["from"],
        recipient=values["to"],
        record_id=values["record_id"],
        user_id=values["user_id"],
        accepted_since=values["accepted_since"],
        accepted_before=values["accepted_before"],
        due_since=values["due_since"],
        due_before=values["due_before"],
        subject=values["subject"],
        index=values["index"],
        dry_run=bool(values["dry_run"]),
        due_at=values.get("scheduled_time"),
    )


def _form(verb: Verb) -> Form[Chosen]:
    words = [each.value for each in State if each in FINDS[verb]]
    states = forms.several(forms.choice(*words), len(words), at_least=1)
    state = Key(name="state", form=states, required=True, means="Mails in one of these states.", example=words[:1])
    return forms.structure((state, *_KEYS, *(_TIME if verb is Verb.MOVE else ())), _make)


_MAILBOXES: Final[Form[Address | str]] = Form(
    json=str, schema={"type": "string", "maxLength": ADDRESS_CHARACTERS}, read=_read_mailboxes
)
_INDEX: Final[Form[bytes]] = Form(json=str, schema={"type": "string", "pattern": OPAQUE}, read=_read_index)
_KEYS: Final = (
    Key(name="from", form=forms.address(ADDRESS_CHARACTERS), means="Only mails from this address."),
    Key(name="to", form=_MAILBOXES, means="Only mails to this address, or to any of this domain."),
    Key(name="record_id", form=forms.ID, means="Only mails that are filed under this record."),
    Key(name="user_id", form=forms.ID, means="Only mails of this user; only an Administrator may name another one."),
    Key(name="accepted_since", form=forms.MOMENT, means="Only mails accepted from then on."),
    Key(name="accepted_before", form=forms.MOMENT, means="Only mails accepted before."),
    Key(name="due_since", form=forms.MOMENT, means="Only mails due from then on."),
    Key(name="due_before", form=forms.MOMENT, means="Only mails due before."),
    Key(name="subject", form=SUBJECT, means="Only mails with this in their subject."),
    Key(
        name="index",
        form=_INDEX,
        means=f"The `next_index` of the call before: up to {MAILS_PER_HAND} mails are met, the oldest first.",
    ),
    Key(name="dry_run", form=forms.FLAG, means="Whether they are counted alone, all of them at once."),
)
_TIME: Final = (
    Key(
        name="scheduled_time",
        form=forms.MOMENT,
        means="When they are sent instead.",
        required=True,
        example="2027-01-31T09:00:00+01:00",
    ),
)
_FORMS: Final = {verb: _form(verb) for verb in Verb}
