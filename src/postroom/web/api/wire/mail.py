"""Send mail's JSON and ours (wire reference 1): a request into drafts or their faults, a mail into an answer."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from msgspec import Struct

from postroom.errors import Fault, Reason
from postroom.mail.address import Address, BadAddress
from postroom.mail.draft import Draft, Format, Mailbox
from postroom.mail.limits import (
    ADDRESS_CHARACTERS,
    ATTACHMENTS_PER_MAIL,
    CONTENT_CHARACTERS,
    MAILS_PER_REQUEST,
    RECIPIENTS_PER_LIST,
    SUBJECT_CHARACTERS,
)
from postroom.web.api.wire.items import Done, read_items, success
from postroom.web.api.wire.values import Opaque

T = TypeVar("T")
Path = tuple[str | int, ...]

# The wire's names of JSON types (W 9.3, expected_data_type).
_TYPES: Final[Mapping[type, str]] = {dict: "jsonobject", list: "jsonarray", str: "string", bool: "boolean"}

# Anything that could end a header line, or that no database and no reader of mail can hold.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
_FILE_ID: Final = re.compile(r"[0-9a-fA-F]{64}")

# Keys of the CRM's page (W 1.2) that would change what is sent, and that Postroom does not do: refused, not ignored.
_NOT_DONE: Final = ("template", "in_reply_to", "data_subject_request", "inventory_details", "linked_record")


def read_send(body: Any) -> list[Draft | tuple[Fault, ...]]:
    """One draft, or all its faults, for each object of ``data``. Raises ``Invalid`` where the whole body is wrong."""
    return [_read_item(item) for item in read_items(body, MAILS_PER_REQUEST)]


def _read_item(item: Any) -> Draft | tuple[Fault, ...]:
    if not isinstance(item, dict):
        return (Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"}),)
    reader = _Reader(item)
    draft = reader.draft()
    return draft if not reader.faults else tuple(reader.faults)


class _Reader:
    """Walks one mail object and gathers its faults; a value with a fault reads as its default."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        self.item = item
        self.faults: list[Fault] = []

    def draft(self) -> Draft | Any:
        """The draft; of no use where there are faults."""
        sender = self._mailbox(self._get(self.item, ("from",), dict, required=True), ("from",))
        to = self._mailboxes("to", required=True)
        draft_format = self._text("mail_format", maximum=None)
        attachments = self._attachments()
        cc, bcc = self._mailboxes("cc"), self._mailboxes("bcc")
        reply_to = self._mailbox(self._get(self.item, ("reply_to",), dict), ("reply_to",))
        through_org = self._get(self.item, ("org_email",), bool) or False
        scheduled_at = self._moment("scheduled_time")
        subject = self._text("subject", maximum=SUBJECT_CHARACTERS, forbidden=_CONTROL)
        content = self._text("content", maximum=CONTENT_CHARACTERS, forbidden=_UNSTORABLE)
        if draft_format not in ("", "html", "text"):
            self._fault(Reason.WRONG_VALUE, ("mail_format",), supported_values=["html", "text"])
        self._refuse_undone()
        if self.faults or sender is None:
            return None
        return Draft(
            sender=sender,
            to=to,
            cc=cc,
            bcc=bcc,
            reply_to=reply_to,
            subject=subject,
            content=content,
            # W 14: the default is stated nowhere; composed mails are HTML.
            format=Format.TEXT if draft_format == "text" else Format.HTML,
            attachments=attachments,
            through_org=through_org,
            scheduled_at=scheduled_at,
        )

    def _fault(self, reason: Reason, path: Path, **details: object) -> None:
        self.faults.append(Fault(reason, path, details))

    def _get(self, source: Mapping[str, Any], path: Path, kind: type[T], *, required: bool = False) -> T | None:
        """The value under the path's last name; null is as good as absent (W 1.2)."""
        value = source.get(str(path[-1]))
        if value is None:
            if required:
                self._fault(Reason.MISSING, path)
            return None
        if not isinstance(value, kind):
            self._fault(Reason.WRONG_TYPE, path, expected_data_type=_TYPES[kind])
            return None
        return value

    def _text(self, name: str, *, maximum: int | None, forbidden: re.Pattern[str] = _UNSTORABLE) -> str:
        text = self._get(self.item, (name,), str) or ""
        if maximum is not None and len(text) > maximum:
            self._fault(Reason.TOO_LONG, (name,), maximum_length=maximum)
        elif forbidden.search(text):
            self._fault(Reason.WRONG_VALUE, (name,))
        return text

    def _mailboxes(self, name: str, *, required: bool = False) -> tuple[Mailbox, ...]:
        values: list[Any] | None = self._get(self.item, (name,), list, required=required)
        if values is None:
            return ()
        if not values and required:
            self._fault(Reason.MISSING, (name,))
        if len(values) > RECIPIENTS_PER_LIST:
            self._fault(Reason.TOO_MANY_ITEMS, (name,), maximum_length=RECIPIENTS_PER_LIST)
            return ()
        found = [self._element(value, (name, n)) for n, value in enumerate(values)]
        return tuple(mailbox for mailbox in found if mailbox is not None)

    def _element(self, value: Any, path: Path) -> Mailbox | None:
        if not isinstance(value, dict):
            self._fault(Reason.WRONG_TYPE, path, expected_data_type="jsonobject")
            return None
        return self._mailbox(value, path)

    def _mailbox(self, value: Mapping[str, Any] | None, path: Path) -> Mailbox | None:
        if value is None:
            return None
        name = self._get(value, (*path, "user_name"), str) or ""
        if len(name) > ADDRESS_CHARACTERS:
            self._fault(Reason.TOO_LONG, (*path, "user_name"), maximum_length=ADDRESS_CHARACTERS)
        elif _CONTROL.search(name):
            self._fault(Reason.WRONG_VALUE, (*path, "user_name"))
        address = self._address(self._get(value, (*path, "email"), str, required=True), (*path, "email"))
        return None if address is None else Mailbox(name=name, address=address)

    def _address(self, text: str | None, path: Path) -> Address | None:
        if text is None:
            return None
        if not text.strip():
            self._fault(Reason.MISSING, path)
        elif len(text) > ADDRESS_CHARACTERS:
            self._fault(Reason.TOO_LONG, path, maximum_length=ADDRESS_CHARACTERS)
        else:
            try:
                return Address.parse(text.strip(" "))
            except BadAddress:
                self._fault(Reason.WRONG_VALUE, path, expected_data_type="email")
        return None

    def _attachments(self) -> tuple[bytes, ...]:
        values: list[Any] = self._get(self.item, ("attachments",), list) or []
        if len(values) > ATTACHMENTS_PER_MAIL:
            self._fault(Reason.TOO_MANY_ITEMS, ("attachments",), maximum_length=ATTACHMENTS_PER_MAIL)
            return ()
        found: list[bytes] = []
        for n, value in enumerate(values):
            path: Path = ("attachments", n)
            if not isinstance(value, dict):
                self._fault(Reason.WRONG_TYPE, path, expected_data_type="jsonobject")
                continue
            file_id = self._get(value, (*path, "id"), str, required=True)
            if file_id is not None and not _FILE_ID.fullmatch(file_id):
                self._fault(Reason.FILE_UNKNOWN, (*path, "id"))
            elif file_id is not None:
                found.append(bytes.fromhex(file_id))
        return tuple(found)

    def _moment(self, name: str) -> int | None:
        """ISO 8601 with an offset, in ms since the epoch."""
        text = self._get(self.item, (name,), str)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None and "T" in text:
                return round(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            pass
        self._fault(Reason.WRONG_VALUE, (name,), expected_data_type="datetime")
        return None

    def _refuse_undone(self) -> None:
        for name in _NOT_DONE:
            if self.item.get(name) is not None:
                self._fault(Reason.NOT_SUPPORTED, (name,))
        if self._get(self.item, ("consent_email",), bool):
            self._fault(Reason.NOT_SUPPORTED, ("consent_email",))


class Accepted(Struct, frozen=True, kw_only=True):
    """What an accepted mail is called from now on."""

    message_id: Opaque


def accepted(message_id: bytes, *, scheduled: bool) -> Done:
    """The success item (W 1.3)."""
    done = "scheduled" if scheduled else "sent"
    return success(f"Your mail has been {done} successfully.", Accepted(message_id=message_id.hex()))
