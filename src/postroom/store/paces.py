"""Limits on mail that leaves, as rows that all workers share; what they mean is told by ``mail.pace``."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from postroom.mail.pace import Pace, Scope
from postroom.store.tables import pace


def save(tx: Connection, new: Pace) -> None:
    """Set a limit, in the place of the one that was about the same."""
    remove(tx, new.org_id, new.scope, new.subject)
    values = {name: getattr(new, name) for name in Pace.__slots__ if name != "id"}
    tx.execute(insert(pace).values(values | {"scope": new.scope.value}))


def remove(tx: Connection, org_id: int | None, scope: Scope, subject: str) -> bool:
    """Remove a limit; False where there is none."""
    same = (pace.c.scope == scope.value) & (pace.c.subject == subject)
    whose = pace.c.org_id.is_(None) if org_id is None else pace.c.org_id == org_id
    return tx.execute(delete(pace).where(same, whose)).rowcount > 0


def listing(tx: Connection, org_id: int) -> list[Pace]:
    """The limits that hold for the organisation's mails, the operator's among them."""
    theirs = or_(pace.c.org_id.is_(None), pace.c.org_id == org_id)
    return [_from_row(row) for row in tx.execute(_ALL.where(theirs).order_by(pace.c.id))]


def everything(tx: Connection) -> list[Pace]:
    """All limits; for the worker, which serves every organisation."""
    return [_from_row(row) for row in tx.execute(_ALL)]


def of_connections(tx: Connection) -> list[Pace]:
    """All limits of connections at once; for the worker."""
    return [_from_row(row) for row in tx.execute(_OF_CONNECTIONS)]


def hold(tx: Connection, ids: Collection[int]) -> dict[int, int]:
    """When the next mail may start, of these limits; nobody else moves them on until the transaction ends.

    Those that somebody else holds are left out (PostgreSQL), so two workers never wait for each other.
    """
    return {row.id: row.free_at for row in tx.execute(_HOLD, {"ids_": list(ids)})} if ids else {}


def move(tx: Connection, moments: Mapping[int, int]) -> None:
    """Write when the next mail may start, of limits that are held; µs."""
    if moments:
        tx.execute(_MOVE, [{"id_": number, "free_": moment} for number, moment in moments.items()])


def domains(tx: Connection, asked: Collection[str]) -> Sequence[tuple[int | None, str]]:
    """Which of these domains of recipients have a limit, and whose."""
    return [(row.org_id, row.subject) for row in tx.execute(_DOMAINS, {"asked_": list(asked)})]


def _from_row(row: Row[Any]) -> Pace:
    return Pace(**{**row._mapping, "scope": Scope(row.scope)})


# Made once: to build a statement costs more than to run it.
_ALL: Final = select(*(pace.c[name] for name in Pace.__slots__))
_OF_CONNECTIONS: Final = _ALL.where(pace.c.connections.is_not(None))
_HOLD: Final = (
    select(pace.c.id, pace.c.free_at)
    .where(pace.c.id.in_(bindparam("ids_", expanding=True)))
    .with_for_update(skip_locked=True)
)
_MOVE: Final = update(pace).where(pace.c.id == bindparam("id_")).values(free_at=bindparam("free_"))
_DOMAINS: Final = select(pace.c.org_id, pace.c.subject).where(
    pace.c.scope == Scope.DOMAIN.value, pace.c.subject.in_(bindparam("asked_", expanding=True))
)
