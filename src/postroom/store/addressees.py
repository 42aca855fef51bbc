"""Recipients of mails as tokens name them (``mail.token``): who they are, and what they ask for."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select

from postroom.mail.address import Address
from postroom.mail.token import Addressee
from postroom.store import blocked
from postroom.store.blocked import UNSUBSCRIBED, Blocked
from postroom.store.many import insert_all
from postroom.store.tables import event, org, recipient


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A recipient of a mail, and whose mail it is; ``secret`` is what that organisation signs tokens with, sealed."""

    addressee: Addressee
    address: Address
    org_id: int
    org_name: str
    secret: bytes | None = field(repr=False)


def find(tx: Connection, addressee: Addressee) -> Found | None:
    """The recipient, of whichever organisation: the token that names it is yet to be held against the secret."""
    row = tx.execute(_FIND, {"mail_": addressee.mail_seq, "n_": addressee.n}).one_or_none()
    if row is None:
        return None
    local, _, domain = row.address.rpartition("@")
    return Found(
        addressee=addressee,
        address=Address(local, domain),
        org_id=row.org_id,
        org_name=row.name,
        secret=row.secret,
    )


def unsubscribe(tx: Connection, found: Found, now: int) -> None:
    """Let nothing of the organisation go to the address any more, and tell so in the mail's history; once is enough."""
    wish = Blocked(org_id=found.org_id, address=found.address.folded, reason=UNSUBSCRIBED, created_at=now)
    if blocked.add(tx, wish):
        insert_all(tx, event, [_event_row(found, now)])


def _event_row(found: Found, now: int) -> dict[str, object]:
    return {
        "org_id": found.org_id,
        "mail_seq": found.addressee.mail_seq,
        "n": found.addressee.n,
        "at": now,
        "what": UNSUBSCRIBED,
        "attempt": 0,
    }


# Made once: to build a statement costs more than to run it.
_FIND = (
    select(recipient.c.address, recipient.c.org_id, org.c.name, org.c.secret)
    .join_from(recipient, org, org.c.id == recipient.c.org_id)
    .where(recipient.c.mail_seq == bindparam("mail_"), recipient.c.n == bindparam("n_"))
)
