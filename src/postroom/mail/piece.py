"""A mail as pieces: each is what some of its recipients get in the same octets, from the same return path.

Most mails are one piece. Where the return path or the message names the recipient, each recipient has a piece alone; To
and Cc are shown in all of them as they were written.
"""

from dataclasses import dataclass, field
from html import escape

from msgspec import Struct, structs

from postroom.mail import feedback, unsubscribe, verp
from postroom.mail.address import Address
from postroom.mail.draft import Format, Letter, Recipient
from postroom.mail.token import Addressee, Use, token


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What an organisation's pieces are marked with: ``secret`` signs tokens, ``server`` is the URL of this server.

    ``server`` has no slash at its end.
    """

    secret: bytes = field(repr=False)
    server: str


class Piece(Struct, frozen=True, kw_only=True):
    """What ``recipients`` get: ``letter`` as they read it, from a return path (None: nowhere).

    ``fields`` are whole fields that only this header has.
    """

    letter: Letter
    recipients: tuple[Recipient, ...]
    return_path: Address | None
    fields: str = ""


def is_personal(letter: Letter) -> bool:
    """Whether each recipient of it gets a piece of their own, for which a stamp is needed."""
    # A notice comes from nowhere, and nobody has subscribed to it.
    return (letter.bounces is not None or letter.stream is not None) and letter.format is not Format.REPORT


def whole(letter: Letter, to: tuple[Recipient, ...]) -> Piece:
    """A mail that is nobody's in particular, to these of its recipients."""
    return Piece(letter=letter, recipients=to, return_path=letter.return_path)


def personal(letter: Letter, to: tuple[Recipient, ...], mail_seq: int, stamp: Stamp) -> list[Piece]:
    """A mail to these of its recipients, each alone; ``mail_seq`` is its number. The same for ever, like the letter."""
    return [_alone(letter, each, Addressee(mail_seq=mail_seq, n=each.n), stamp) for each in to]


def _alone(letter: Letter, to: Recipient, of: Addressee, stamp: Stamp) -> Piece:
    return_path = letter.return_path
    if letter.bounces is not None:
        return_path = verp.return_path(letter.bounces, token(of, Use.RETURN_PATH, stamp.secret))
    if letter.stream is None:
        return Piece(letter=letter, recipients=(to,), return_path=return_path)
    url = unsubscribe.link(stamp.server, token(of, Use.UNSUBSCRIBE, stamp.secret))
    shown = escape(url) if letter.format is Format.HTML else url
    return Piece(
        letter=structs.replace(letter, content=letter.content.replace(unsubscribe.PLACE, shown)),
        recipients=(to,),
        return_path=return_path,
        fields=unsubscribe.fields(url) + feedback.field(letter.stream, letter.sender.address.domain),
    )
