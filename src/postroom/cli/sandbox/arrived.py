"""What the inbox received, as the standard library reads it."""

import json
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from postroom.cli.say import moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """An attached file, or (``content_id``) one that the HTML shows; ``size`` counts octets, decoded."""

    name: str
    content_type: str
    size: int
    content_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """One received mail. ``way`` is the server it came through; header values are decoded texts, empty where absent."""

    file: Path
    way: str
    received_at: int
    envelope_from: str
    envelope_to: tuple[str, ...]
    headers: dict[str, str]
    text: str | None
    html: str | None
    parts: tuple[Part, ...]

    def as_object(self) -> dict[str, object]:
        """For machines."""
        return {
            "file": str(self.file),
            "received": moment(self.received_at),
            "way": self.way,
            "envelope": {"from": self.envelope_from, "to": list(self.envelope_to)},
            **self.headers,
            "text": self.text,
            "html": self.html,
            "attachments": [
                {
                    "name": each.name,
                    "content_type": each.content_type,
                    "size": each.size,
                    "content_id": each.content_id,
                    "inline": each.content_id is not None,
                }
                for each in self.parts
            ],
        }


_HEADERS = ("from", "to", "cc", "reply-to", "subject", "date", "message-id")


def mails_of(sandbox: Path) -> Path:
    """Where the inbox of the sandbox in that folder keeps what arrives."""
    return sandbox / "mails"


def read_all(sandbox: Path) -> list[Arrived]:
    """Everything in a sandbox, that of all its data centres, in the order of arrival."""
    one = mails_of(sandbox)
    inboxes = [one] if one.is_dir() else sandbox.glob(f"*/{one.name}")
    return sorted((mail for inbox in inboxes for mail in read(inbox)), key=lambda mail: (mail.received_at, mail.file))


def read(folder: Path) -> list[Arrived]:
    """Everything in an inbox's folder, in the order of arrival."""
    return [_read(envelope) for envelope in sorted(folder.glob("*.json"))]


def _read(envelope: Path) -> Arrived:
    facts = json.loads(envelope.read_text(encoding="utf-8"))
    file = envelope.with_suffix(".eml")
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(file.read_bytes())
    return Arrived(
        file=file,
        way=facts["way"],
        received_at=facts["received_at"],
        envelope_from=facts["from"],
        envelope_to=tuple(facts["to"]),
        headers={name.replace("-", "_"): str(message.get(name, "")) for name in _HEADERS},
        text=_body(message, "plain"),
        html=_body(message, "html"),
        parts=tuple(_part(each) for each in message.walk() if _is_file(each)),
    )


def _body(message: EmailMessage, kind: str) -> str | None:
    found = message.get_body((kind,))
    return None if found is None else str(found.get_content()).replace("\r\n", "\n")


def _is_file(part: EmailMessage) -> bool:
    return not part.is_multipart() and (part.get_filename() is not None or "content-id" in part)


def _part(part: EmailMessage) -> Part:
    payload = part.get_payload(decode=True)
    content_id = part.get("content-id")
    return Part(
        name=part.get_filename() or "",
        content_type=part.get_content_type(),
        size=len(payload) if isinstance(payload, bytes) else 0,
        content_id=None if content_id is None else str(content_id).strip("<>"),
    )
