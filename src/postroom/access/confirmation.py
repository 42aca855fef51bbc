"""An address is confirmed by whoever reads its mail: a link goes there, and the button behind it is pressed (W 1.5, 2).

1. ``ask`` stores a link, in place of the one before, and queues the mail that carries it. Of its token only the hash is
   kept, but for that mail.
2. ``look_up`` tells what a link is about, for the page; ``confirm`` is the button. A link is good for one press, for 15
   days, and until the next one is mailed.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from postroom.access import secrets
from postroom.access.terms import TEN_MINUTES
from postroom.mail.address import Address
from postroom.mail.draft import Format, Kind, Letter, Mailbox, Recipient
from postroom.mail.life import State
from postroom.mail.retry import DAY
from postroom.store import confirmations, mails, throttles
from postroom.store.confirmations import Confirmation, Found
from postroom.store.db import Database, Tx
from postroom.store.mails import Accepted
from postroom.store.orgs import Org
from postroom.store.senders import Sender
from postroom.store.users import User

DAYS: Final = 15  # W 8.3: as long as CRM's mail about a domain is good
_GUESSES: Final = 20  # of 256 random bits, by one browser in ten minutes
# Under which the queue shows the mails: they belong to no record, and no record has such a module.
SENDERS, USERS = "Senders", "Users"


class Refusal(Enum):
    """Why a link confirms nothing."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    THROTTLED = "throttled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is to be confirmed: the address of ``sender``, or where that is None the user's own.

    Of an organisation's address, ``user`` is any of its users.
    """

    org: Org
    user: User
    sender: Sender | None = None

    @property
    def address(self) -> Address:
        """Where the link goes."""
        return Address.parse(self.user.email if self.sender is None else self.sender.email)

    @property
    def transport_id(self) -> int | None:
        """The way of the mail; None where there is none.

        The organisation's before the sender's own: a server that was named together with the address proves less.
        """
        return self.org.transport_id or (self.sender.transport_id if self.sender else None)

    @property
    def origin(self) -> Mailbox:
        """From whom the mail is: the organisation, where the way is its own, or else no address but this very one."""
        own_way = self.org.transport_id is not None
        return Mailbox(name=self.org.name, address=Address.parse(self.org.primary_email) if own_way else self.address)


def ask(tx: Tx, of: Subject, *, token: str, mail_id: bytes, accounts: str, now: int) -> None:
    """Mail a new link; the ones before it end. ``accounts`` is the URL of the accounts server.

    The subject has a way for the mail.
    """
    assert of.transport_id is not None, "without a way nothing is asked"
    link = Confirmation(
        hash=secrets.digest(token),
        org_id=of.org.id,
        sender_id=None if of.sender is None else of.sender.id,
        user_id=of.user.id if of.sender is None else None,
        created_at=now,
        expires_at=now + DAYS * DAY,
    )
    confirmations.replace(tx, link)
    mail = Accepted(
        letter=_letter(of, f"{accounts}/confirm?token={token}", mail_id=mail_id, now=now),
        org_id=of.org.id,
        user_id=of.user.id,
        module=SENDERS if of.sender else USERS,
        record_id=link.sender_id or of.user.id,
        transport_id=of.transport_id,
        state=State.QUEUED,
        due_at=now,
        created_at=now,
    )
    mails.add(tx, [mail])


def _letter(of: Subject, url: str, *, mail_id: bytes, now: int) -> Letter:
    wish = "would like to send mail from" if of.sender else "has made an account for"
    without = "is sent from it" if of.sender else "is sent by it"
    return Letter(
        mail_id=mail_id,
        sender=of.origin,
        recipients=(Recipient(n=0, kind=Kind.TO, mailbox=Mailbox(name="", address=of.address)),),
        reply_to=None,
        subject=f"Please confirm {of.address}",
        content=(
            f"{of.org.name} {wish} {of.address}.\n\n"
            f"If that is right, open this page within {DAYS} days and press its button:\n\n{url}\n\n"
            f"If you know nothing of it, do nothing: no mail {without} unless you confirm it.\n"
        ),
        format=Format.TEXT,
        files=(),
        dated_at=now,
        is_own=True,
    )


async def look_up(db: Database, token: str, *, guesser: str, now: int) -> Found | Refusal:
    """What the link is about, while it is good; THROTTLED after too many that are not. ``guesser`` is who asks."""
    return await db.write(lambda tx: _find(tx, token, guesser, now))


async def confirm(db: Database, token: str, *, guesser: str, now: int) -> Found | Refusal:
    """Confirm what the link is about, which it does once; the rest is as for ``look_up``."""

    def use(tx: Tx) -> Found | Refusal:
        found = _find(tx, token, guesser, now)
        if isinstance(found, Found) and not confirmations.use(tx, found.link, now):
            return Refusal.USED
        return found

    return await db.write(use)


def _find(tx: Tx, token: str, guesser: str, now: int) -> Found | Refusal:
    key = secrets.digest(f"confirmation {guesser}")
    found = confirmations.find(tx, secrets.digest(token))
    if found is None:
        guesses = throttles.take(tx, key, window=TEN_MINUTES, now=now)
        return Refusal.THROTTLED if guesses > _GUESSES else Refusal.UNKNOWN
    # Who has a link that was mailed is no guesser.
    throttles.reset(tx, key)
    if found.link.used_at is not None:
        return Refusal.USED
    return Refusal.EXPIRED if found.link.expires_at <= now else found
