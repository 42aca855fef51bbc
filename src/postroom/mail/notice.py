"""The mail that tells a sender what became of another one."""

from hashlib import blake2b

from postroom.mail.compose import header, message_id, references
from postroom.mail.draft import Format, Kind, Letter, Mailbox, Recipient
from postroom.mail.report import Report


def notice(report: Report, *, origin: Mailbox, at: int) -> Letter:
    """The letter from ``origin`` that tells the sender of a mail about it, dated ``at`` (ms since the epoch)."""
    about = report.letter
    # Without the fields about the body, which nobody needs to know a mail again: to have them, all of it is composed.
    parts = report.parts(header=header(about), reporter=origin.address.domain)
    return Letter(
        mail_id=_id(report, at),
        sender=origin,
        recipients=(Recipient(n=0, kind=Kind.TO, mailbox=about.sender),),
        reply_to=None,
        subject=report.subject,
        content=parts.written(),
        format=Format.REPORT,
        files=(),
        dated_at=at,
        is_own=True,
        references=references(about.references, message_id(about.mail_id, about.sender.address.domain)),
    )


def _id(report: Report, at: int) -> bytes:
    """An id like any other, its moment first; nobody is told at the same moment twice of the same."""
    said = " ".join([report.action, *(str(each.address) for each in report.missed)])
    return at.to_bytes(6) + blake2b(report.letter.mail_id + said.encode(), digest_size=26, person=b"notice").digest()
