"""Letters to compose, and what a stranger's parser makes of the octets: the standard library's is the oracle."""

from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256

from postroom.mail.address import Address
from postroom.mail.compose import Base64Lines, Composed, compose
from postroom.mail.draft import Draft, FileRef, Format, Letter, Mailbox

MAIL_ID = bytes(range(32))
DATED_AT = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC

# The standard library sees a raw UTF-8 header only through this policy.
POLICY = policy.SMTPUTF8


def box(address: str, name: str = "") -> Mailbox:
    """A mailbox."""
    return Mailbox(name=name, address=Address.parse(address))


def file_ref(name: str, octets: bytes, content_type: str = "application/octet-stream") -> FileRef:
    """A reference to a file that holds ``octets``; its id is that of its name and octets."""
    file_id = sha256(name.encode(errors="replace") + octets).digest()
    return FileRef(
        file_id=file_id, digest=sha256(octets).digest(), name=name, content_type=content_type, size=len(octets)
    )


def letter(
    content: str = "<p>Hello</p>",
    *,
    subject: str = "Hello",
    as_text: bool = False,
    sender: Mailbox | None = None,
    to: tuple[Mailbox, ...] = (),
    cc: tuple[Mailbox, ...] = (),
    bcc: tuple[Mailbox, ...] = (),
    reply_to: Mailbox | None = None,
    references: tuple[str, ...] = (),
    files: tuple[FileRef, ...] = (),
) -> Letter:
    """A letter as it is accepted: its recipients come from a draft."""
    sender = sender or box("ada@example.com", "Ada Byron")
    draft = Draft(sender=sender, to=to or (box("cleo@example.net"),), cc=cc, bcc=bcc)
    return Letter(
        mail_id=MAIL_ID,
        sender=sender,
        recipients=draft.recipients(),
        reply_to=reply_to,
        subject=subject,
        content=content,
        format=Format.TEXT if as_text else Format.HTML,
        files=files,
        dated_at=DATED_AT,
        references=references,
    )


def on_the_wire(composed: Composed, stored: Mapping[bytes, bytes]) -> bytes:
    """All octets of a message; ``stored`` holds the files by their digest. They come in pieces of odd sizes."""
    octets = b""
    for segment in composed.segments:
        if isinstance(segment, bytes):
            octets += segment
            continue
        lines, content = Base64Lines(), stored[segment.digest]
        octets += b"".join(lines.feed(content[at : at + 100]) for at in range(0, len(content), 100)) + lines.finish()
    return octets


def sent(written: Letter, *contents: bytes) -> bytes:
    """The octets of a letter, after a check of what holds for every message; ``contents`` are those of its files."""
    composed = compose(written)
    octets = on_the_wire(composed, {sha256(content).digest(): content for content in contents})
    assert composed == compose(written)
    assert composed.size == len(octets)
    assert octets.endswith(b"\r\n")
    assert b"\0" not in octets
    lines = octets.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    header = lines[: lines.index(b"")]
    assert composed.smtputf8 or all(line.isascii() for line in header)
    assert all(line.isascii() for line in lines[len(header) :])
    return octets


def read(octets: bytes) -> EmailMessage:
    """What the standard library reads, with nothing to complain of."""
    message = message_from_bytes(octets, policy=POLICY)
    assert isinstance(message, EmailMessage)
    assert [defect for part in message.walk() for defect in part.defects] == []
    return message


def texts(message: EmailMessage) -> dict[str, str]:
    """The text parts by their type, line ends as LF; attachments are not among them."""
    return {
        part.get_content_type(): part.get_content().replace("\r\n", "\n")
        for part in message.walk()
        if part.get_content_maintype() == "text" and part.get_content_disposition() is None
    }


def files(message: EmailMessage) -> list[tuple[str | None, str | None, bytes]]:
    """Disposition, name and octets of every file, in order."""
    return [
        (part.get_content_disposition(), part.get_filename(), bytes(part.get_payload(decode=True)))
        for part in message.walk()
        if part.get_content_disposition() is not None
    ]
