"""Lanes: what mails wait in. A mail is given one when it is accepted, and keeps it as long as limits stay the same."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, text, update

from postroom.store import paces
from postroom.store.tables import job, lane, recipient


@dataclass(frozen=True, slots=True)
class Key:
    """Which lane: of which transport, for what is urgent or for what may stand behind it.

    ``domain``: that of recipients, where it has a limit of its own.
    """

    org_id: int
    transport_id: int
    urgent: bool
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """What decides about a mail's lane; ``domains`` are those of its recipients, in order."""

    org_id: int
    transport_id: int
    urgent: bool
    domains: tuple[str, ...]


def numbers(tx: Connection, wanted: Iterable[Key]) -> dict[Key, int]:
    """The numbers of these lanes; those that are not there yet are made."""
    keys = set(wanted)
    found = _find(tx, keys)
    missing = keys - found.keys()
    if missing:
        # In order, so that two processes never wait for each other.
        for key in sorted(missing, key=lambda each: (each.transport_id, each.domain, each.urgent)):
            values = {"org": key.org_id, "transport": key.transport_id, "domain": key.domain, "urgent": key.urgent}
            tx.execute(_ADD, values)
        found = _find(tx, keys)
    return found


def of(tx: Connection, given: Sequence[Mail]) -> list[int]:
    """The numbers of the lanes of these mails, in order.

    Of a mail to several domains that have limits, the first in its order decides.
    """
    limited = set(paces.domains(tx, {domain for each in given for domain in each.domains}))
    keys = [_key(each, limited) for each in given]
    found = numbers(tx, keys)
    return [found[key] for key in keys]


def place(tx: Connection, seqs: Collection[int]) -> None:
    """Give waiting mails the lanes that they have by today's limits."""
    _place(tx, tx.execute(_GIVEN, {"seqs_": list(seqs)}).all())


def place_next(tx: Connection, after: int, *, at_most: int) -> int | None:
    """``place`` for so many mails after row number ``after``; the number of the last, None where there is none."""
    rows = tx.execute(_NEXT, {"after_": after, "most_": at_most}).all()
    _place(tx, rows)
    return rows[-1].mail_seq if rows else None


def _place(tx: Connection, rows: Sequence[Any]) -> None:
    domains: dict[int, list[str]] = {row.mail_seq: [] for row in rows}
    for each in tx.execute(_ADDRESSES, {"seqs_": list(domains)}):
        domains[each.mail_seq].append(each.address.rpartition("@")[2])
    wanted = of(tx, [Mail(row.org_id, row.transport_id, row.urgent, tuple(domains[row.mail_seq])) for row in rows])
    pairs = zip(rows, wanted, strict=True)
    moved = [{"seq_": row.mail_seq, "lane_": lane_id} for row, lane_id in pairs if lane_id != row.lane_id]
    if moved:
        tx.execute(_MOVE, moved)


def _key(each: Mail, limited: set[tuple[int | None, str]]) -> Key:
    own = (domain for domain in each.domains if (None, domain) in limited or (each.org_id, domain) in limited)
    return Key(each.org_id, each.transport_id, each.urgent, next(own, "") if limited else "")


def _find(tx: Connection, keys: set[Key]) -> dict[Key, int]:
    rows: Any = tx.execute(_OF_TRANSPORTS, {"ids_": list({key.transport_id for key in keys})})
    found = {Key(row.org_id, row.transport_id, row.urgent, row.domain): row.id for row in rows}
    return {key: found[key] for key in keys if key in found}


# Made once: to build a statement costs more than to run it.
_OF_TRANSPORTS: Final = select(lane).where(lane.c.transport_id.in_(bindparam("ids_", expanding=True)))
_ADD: Final = text(
    "INSERT INTO lane (org_id, transport_id, domain, urgent) VALUES (:org, :transport, :domain, :urgent)"
    " ON CONFLICT (transport_id, domain, urgent) DO NOTHING"
)
_WAITING = select(job.c.mail_seq, job.c.lane_id, lane.c.org_id, lane.c.transport_id, lane.c.urgent).join(
    lane, lane.c.id == job.c.lane_id
)
_GIVEN: Final = _WAITING.where(job.c.mail_seq.in_(bindparam("seqs_", expanding=True)))
_NEXT: Final = _WAITING.where(job.c.mail_seq > bindparam("after_")).order_by(job.c.mail_seq).limit(bindparam("most_"))
_ADDRESSES: Final = (
    select(recipient.c.mail_seq, recipient.c.address)
    .where(recipient.c.mail_seq.in_(bindparam("seqs_", expanding=True)))
    .order_by(recipient.c.mail_seq, recipient.c.n)
)
_MOVE: Final = update(job).where(job.c.mail_seq == bindparam("seq_")).values(lane_id=bindparam("lane_"))
