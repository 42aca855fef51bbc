"""A letter becomes the octets of a message: RFC 5322, MIME (RFC 2045 to 2049), related parts (RFC 2387).

1. ``pictures.placed`` takes the ``data:`` images out of the HTML and finds the attachments that it shows by ``cid:``.
2. ``_text`` makes a part with text, ``_file`` one of a file; ``_multipart`` puts them together.
3. ``header`` says who, when and what; ``compose`` adds all up.

Whatever is not in the letter itself comes from a hash of its ``mail_id``, so each attempt has the same octets, and who
writes a letter can neither know nor write what separates its parts.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final, TypeAlias

from msgspec import Struct

from postroom.mail.draft import FileRef, Format, Kind, Letter
from postroom.mail.encoding import Base64Lines, canonical, encoded_rows, encoded_size, encoded_text
from postroom.mail.header import date, mailboxes, media_type, parameter, structured, unstructured, words
from postroom.mail.limits import REFERENCES_PER_MAIL
from postroom.mail.pictures import Picture, may_show, placed
from postroom.mail.report import Parts
from postroom.mail.text import text_of

# All that whoever puts a message on the wire needs.
__all__ = ["Base64Lines", "Composed", "Segment", "compose", "encoded_size", "header", "message_id", "references"]

Segment: TypeAlias = bytes | FileRef
# Fields, a blank line, and content that a boundary may follow at once: it ends in CRLF or is empty.
_Part: TypeAlias = list[Segment]

_REPLIED: Final = "Auto-Submitted: auto-replied\r\n"
_GENERATED: Final = "Auto-Submitted: auto-generated\r\n"
_PLAIN: Final = "text/plain; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"
# RFC 2387 §3.1: the type of the root part is said once more. RFC 6522 §3: and of what a report is.
_MORE: Final = {"related": ' type="text/html";', "report": " report-type=delivery-status;"}


class Composed(Struct, frozen=True, kw_only=True):
    """A message as it goes on the wire, before dot-stuffing; it ends in CRLF.

    Each ``FileRef`` in ``segments`` stands for what ``Base64Lines`` makes of that file. ``size`` counts the octets
    of all (RFC 1870 §3). ``smtputf8``: the header needs RFC 6531, whoever it goes to.
    """

    segments: tuple[Segment, ...]
    size: int
    smtputf8: bool


def compose(letter: Letter, more: str = "") -> Composed:
    """The message of a letter: the same octets each time. Its header names everybody but those of ``Kind.BCC``.

    ``more`` are whole fields that only one piece of the mail has (``mail.piece``).
    """
    # Names and texts are encoded: nothing but a local part can be beyond ASCII here.
    fields = f"{header(letter)}{more}MIME-Version: 1.0\r\n"
    segments = _joined([fields.encode(), *_body(letter)])
    return Composed(
        segments=segments,
        size=sum([len(each) if isinstance(each, bytes) else encoded_size(each.size) for each in segments]),
        smtputf8=not fields.isascii(),
    )


def message_id(mail_id: bytes, domain: str) -> str:
    """The Message-ID of a mail (RFC 5322 §3.6.4), angle brackets included, from its id and its sender's domain."""
    return f"<{_hash(mail_id, b'message-id')}@{domain}>"


def references(before: Sequence[str], parent: str) -> tuple[str, ...]:
    """The references of an answer to a mail of this Message-ID, which itself has the references ``before``.

    Of too many the first and the newest stay: by these readers find the thread, and the place in it.
    """
    found = (*before, parent)
    return found if len(found) <= REFERENCES_PER_MAIL else (found[0], *found[1 - REFERENCES_PER_MAIL :])


def _hash(mail_id: bytes, purpose: bytes) -> str:
    return blake2b(mail_id, digest_size=16, person=purpose).hexdigest()


def header(letter: Letter) -> str:
    """The fields that say who, when and what; those about the body follow them in the message."""
    to = [each.mailbox for each in letter.recipients if each.kind is Kind.TO]
    cc = [each.mailbox for each in letter.recipients if each.kind is Kind.CC]
    # RFC 5322 §3.6.3: no field for blind copies, as all recipients get the same octets.
    return (
        f"{date(letter.dated_at)}{mailboxes('From', [letter.sender])}"
        f"{mailboxes('To', to) if to else ''}{mailboxes('Cc', cc) if cc else ''}"
        f"{mailboxes('Reply-To', [letter.reply_to]) if letter.reply_to else ''}"
        f"{unstructured('Subject', letter.subject)}"
        f"Message-ID: {message_id(letter.mail_id, letter.sender.address.domain)}\r\n"
        f"{_answered(letter.references)}"
        f"{_automatic(letter)}"
    )


def _automatic(letter: Letter) -> str:
    # RFC 3834 §5: machines do not answer what a machine wrote. Of a mail that a caller asked for nobody knows.
    if letter.format is Format.REPORT:
        return _REPLIED
    return _GENERATED if letter.is_own else ""


def _answered(found: Sequence[str]) -> str:
    # RFC 5322 §3.6.4: neither field stands in a mail that answers none.
    return words("In-Reply-To", found[-1:]) + words("References", found) if found else ""


def _body(letter: Letter) -> _Part:
    if letter.format is Format.REPORT:
        return _report(letter)
    return _plain(letter) if letter.format is Format.TEXT else _html(letter)


def _plain(letter: Letter) -> _Part:
    content = canonical(letter.content)
    if not letter.files:
        return [_text(_PLAIN, content, ends_message=True)]
    text = _text(_PLAIN, content)
    return _mixed(_unseen(letter.mail_id, [text]), [text], letter.files)


def _html(letter: Letter) -> _Part:
    content = canonical(letter.content)
    pictures: tuple[Picture, ...] = ()
    if may_show(content):
        content_id = f"{_hash(letter.mail_id, b'content-id')}@{letter.sender.address.domain}"
        content, pictures = placed(content, letter.files, content_id)
    plain, html = _text(_PLAIN, text_of(content)), _text(_HTML, content)
    seed = _unseen(letter.mail_id, [plain, html])
    shown: _Part = _multipart("related", seed, [[html], *map(_picture, pictures)]) if pictures else [html]
    body = _multipart("alternative", seed, [[plain], shown])
    sources = [picture.source for picture in pictures]
    return _mixed(seed, body, [file for file in letter.files if file not in sources])


def _report(letter: Letter) -> _Part:
    texts = [_text(kind, text) for kind, text in Parts.read(letter.content).typed()]
    return _multipart("report", _unseen(letter.mail_id, texts), [[text] for text in texts])


def _mixed(seed: str, body: _Part, files: Sequence[FileRef]) -> _Part:
    return _multipart("mixed", seed, [body, *[_file(file, "attachment") for file in files]]) if files else body


def _unseen(mail_id: bytes, texts: Sequence[bytes]) -> str:
    """What makes the boundaries of this mail its own: a hash that stands in none of its texts."""
    written = b"".join(texts)
    n = 0
    while (seed := _hash(mail_id, b"boundary %d" % n)).encode() in written:
        n += 1
    return seed


def _multipart(subtype: str, seed: str, parts: list[_Part]) -> _Part:
    # "=_" is in no quoted-printable line (RFC 2045 §6.7 (1)) and in none of base64, the seed in none of 7bit.
    boundary = f"=_{seed}.{subtype}"
    start = f"--{boundary}\r\n".encode()
    fields = f'Content-Type: multipart/{subtype};{_MORE.get(subtype, "")}\r\n boundary="{boundary}"\r\n\r\n'
    whole: _Part = [fields.encode()]
    for part in parts:
        whole += (start, *part)
    whole.append(f"--{boundary}--\r\n".encode())
    return whole


def _text(kind: str, content: str, *, ends_message: bool = False) -> bytes:
    encoding, octets = encoded_text(content)
    # A boundary belongs to the line end before it; a message ends in one anyway, and the text's own serves for it.
    closed = encoding == "base64" or (ends_message and octets.endswith(b"\r\n"))
    fields = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return fields.encode() + (octets if closed else octets + b"\r\n")


def _picture(picture: Picture) -> _Part:
    content_id, source = picture
    if isinstance(source, FileRef):
        return _file(source, "inline", content_id)
    fields = _file_fields(source.content_type, "inline", f"image.{source.extension}", content_id)
    return [fields, encoded_rows(source.octets)]


def _file(file: FileRef, disposition: str, content_id: str = "") -> _Part:
    return [_file_fields(media_type(file.content_type), disposition, file.name, content_id), file]


def _file_fields(kind: str, disposition: str, name: str, content_id: str) -> bytes:
    # RFC 2183 §2.3 names files in Content-Disposition; the older "name" is for programs that look there only.
    named = f"Content-ID: <{content_id}>\r\n" if content_id else ""
    fields = (
        f"{structured('Content-Type', kind, parameter('name', name))}"
        "Content-Transfer-Encoding: base64\r\n"
        f"{structured('Content-Disposition', disposition, parameter('filename', name))}"
        f"{named}\r\n"
    )
    return fields.encode()


def _joined(pieces: Iterable[Segment]) -> tuple[Segment, ...]:
    """The same octets with as few segments as the files allow."""
    segments: list[Segment] = []
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            run.append(piece)
        else:
            segments += (b"".join(run), piece)
            run.clear()
    return (*segments, b"".join(run))
