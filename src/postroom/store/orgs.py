"""Organisations: everything else belongs to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from postroom.mail.life import Notices, Unknown
from postroom.store.tables import org


class RecipientPolicy(Enum):
    """Which addresses the ``to`` of a mail may hold."""

    RECORD = "record"  # those of the record in the URL
    KNOWN = "known"  # those of any record, user or sender of the organisation
    ANY = "any"


@dataclass(frozen=True, kw_only=True, slots=True)
class Org:
    """One organisation. ``time_zone`` is an IANA name; ``transport_id`` its own way out, if it has one.

    ``mails_per_day``: 0 is as many as it likes, None as many as the server gives. ``unknown``: what becomes of mails
    that a server may have taken; ``notices``: what senders are told by mail.
    """

    id: int
    name: str
    primary_email: str
    time_zone: str = "UTC"
    recipients: RecipientPolicy = RecipientPolicy.KNOWN
    transport_id: int | None = None
    created_at: int
    mails_per_day: int | None = None
    unknown: Unknown = Unknown.RETRY
    notices: Notices = Notices.NONE


def add(tx: Connection, new: Org) -> None:
    """Store a new organisation."""
    tx.execute(
        insert(org).values(
            id=new.id,
            name=new.name,
            primary_email=new.primary_email,
            time_zone=new.time_zone,
            recipients=new.recipients.value,
            transport_id=new.transport_id,
            created_at=new.created_at,
            mails_per_day=new.mails_per_day,
            unknown=new.unknown.value,
            notices=new.notices.value,
        )
    )


def find_many(tx: Connection, org_ids: Sequence[int]) -> list[Org | None]:
    """The organisations of these numbers, in order."""
    rows = tx.execute(_BY_ID, {"ids_": list(set(org_ids))}).mappings()
    found = {row["id"]: _from_row(row) for row in rows}
    return [found.get(each) for each in org_ids]


# Made once: to build a statement costs more than to run it. What tokens are signed with is nobody's business but
# ``secret``'s.
_ORGS = select(*(column for column in org.c if column.name != "secret"))
_BY_ID = _ORGS.where(org.c.id.in_(bindparam("ids_", expanding=True)))


def hold(tx: Connection, org_id: int) -> None:
    """Wait for other processes that write records or fields of the organisation, until the transaction ends.

    FOR NO KEY UPDATE, so that rows which merely refer to the organisation (mails, tokens) are not kept waiting. SQLite
    has one writer at a time anyway.
    """
    tx.execute(select(org.c.id).where(org.c.id == org_id).with_for_update(key_share=True))


def find(tx: Connection, org_id: int) -> Org | None:
    """The organisation of that number."""
    return find_many(tx, [org_id])[0]


def first(tx: Connection) -> Org | None:
    """The oldest organisation: the one the command line means where none is named."""
    oldest = tx.execute(select(org.c.id).order_by(org.c.id).limit(1)).scalar()
    return None if oldest is None else find(tx, oldest)


def listing(tx: Connection) -> Sequence[Org]:
    """All organisations of this server, oldest first."""
    return [_from_row(row) for row in tx.execute(_ORGS.order_by(org.c.id)).mappings()]


def choose_recipients(tx: Connection, org_id: int, policy: RecipientPolicy) -> None:
    """Set the policy for ``to``."""
    tx.execute(update(org).where(org.c.id == org_id).values(recipients=policy.value))


def choose_transport(tx: Connection, org_id: int, transport_id: int | None) -> None:
    """Set the organisation's own way out."""
    tx.execute(update(org).where(org.c.id == org_id).values(transport_id=transport_id))


def choose_allowance(tx: Connection, org_id: int, mails_per_day: int | None) -> None:
    """Set how many mails it may send in a day."""
    tx.execute(update(org).where(org.c.id == org_id).values(mails_per_day=mails_per_day))


def choose_unknown(tx: Connection, org_id: int, unknown: Unknown) -> None:
    """Set what becomes of mails that a server may have taken."""
    tx.execute(update(org).where(org.c.id == org_id).values(unknown=unknown.value))


def choose_notices(tx: Connection, org_id: int, notices: Notices) -> None:
    """Set what senders are told by mail."""
    tx.execute(update(org).where(org.c.id == org_id).values(notices=notices.value))


def secret(tx: Connection, org_id: int) -> bytes | None:
    """What tokens in its mails are signed with, sealed; None where none is signed yet."""
    found: bytes | None = tx.execute(select(org.c.secret).where(org.c.id == org_id)).scalar_one()
    return found


def keep_secret(tx: Connection, org_id: int, sealed: bytes) -> None:
    """Sign with this one for ever, unless there is one already: tokens are read for years."""
    tx.execute(update(org).where(org.c.id == org_id, org.c.secret.is_(None)).values(secret=sealed))


def _from_row(row: RowMapping) -> Org:
    return Org(
        **{
            **row,
            "recipients": RecipientPolicy(row["recipients"]),
            "unknown": Unknown(row["unknown"]),
            "notices": Notices(row["notices"]),
        }
    )
