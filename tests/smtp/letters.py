"""Envelopes and messages to send."""

from postroom.mail.address import Address
from postroom.mail.draft import Kind, Mailbox, Recipient
from postroom.smtp.protocol import Envelope

MESSAGE = b"Subject: hello\r\n\r\nfirst\r\n.second\r\n..third\r\n.\r\nlast\r\n"


def envelope(
    *recipients: str, sender: str | None = "ann@example.com", size: int = len(MESSAGE), smtputf8: bool = False
) -> Envelope:
    named = recipients or ("bob@example.net",)
    return Envelope(
        sender=None if sender is None else Address.parse(sender),
        recipients=tuple(
            Recipient(n=n, kind=Kind.TO, mailbox=Mailbox(name="", address=Address.parse(name)))
            for n, name in enumerate(named)
        ),
        size=size,
        smtputf8=smtputf8,
    )
