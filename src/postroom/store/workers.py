"""Who is alive of the workers: each writes now and then that it is, and who has not for long is dead."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from postroom.store.tables import worker


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """One process that delivers mail, where it runs, since when, and when it last said so (ms since the epoch).

    ``over``: it has more connections than its part of some limit, until mails end that are being sent.
    """

    id: int
    host: str
    pid: int
    started_at: int
    seen_at: int
    over: bool = False


def refresh(tx: Connection, me: Worker) -> None:
    """Write that the worker is alive."""
    if not tx.execute(_SEEN, {"id_": me.id, "at_": me.seen_at, "over_": me.over}).rowcount:
        tx.execute(insert(worker).values(asdict(me)))


def living(tx: Connection, since: int) -> Sequence[Worker]:
    """Those that were seen since then, the oldest first."""
    return [Worker(**row) for row in tx.execute(_LIVING, {"since_": since}).mappings()]


def remove(tx: Connection, worker_id: int) -> None:
    """The worker has ended, and all its connections."""
    tx.execute(delete(worker).where(worker.c.id == worker_id))


def drop_unseen(tx: Connection, before: int) -> int:
    """Remove those that were not seen since then."""
    return tx.execute(delete(worker).where(worker.c.seen_at < before)).rowcount


# Made once: to build a statement costs more than to run it.
_SEEN: Final = (
    update(worker).where(worker.c.id == bindparam("id_")).values(seen_at=bindparam("at_"), over=bindparam("over_"))
)
_LIVING: Final = (
    select(worker).where(worker.c.seen_at >= bindparam("since_")).order_by(worker.c.started_at, worker.c.id)
)
