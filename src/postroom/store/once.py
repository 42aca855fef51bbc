"""Requests that are done once, however often they are sent: the first one's answer stands for all (wire reference 1.8).

The answer is written in the transaction that stores the mails it tells of. So there are both or neither, and of several
callers with one key at the same moment one is first, whatever process it asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from postroom.store import mails
from postroom.store.mails import Accepted
from postroom.store.tables import answered


@dataclass(frozen=True, slots=True)
class Named:
    """A key, and whose it is."""

    org_id: int
    user_id: int
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: ``digest`` is the SHA-256 of what was asked, ``body`` JSON."""

    named: Named
    digest: bytes
    status: int
    body: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Deed:
    """An answer, and the mails it tells of, which are to be stored."""

    answer: Answer
    mails: tuple[Accepted, ...]


def find(tx: Connection, asked: Sequence[Named]) -> list[Answer | None]:
    """What was answered under each key."""
    return [_find(tx, each) for each in asked]


def do(tx: Connection, deeds: Sequence[Deed]) -> list[Answer]:
    """Store each answer with its mails, unless there is one under its key; answers which one holds."""
    first: list[Accepted] = []
    held: list[Answer] = []
    for deed in deeds:
        known = None if _is_first(tx, deed.answer) else _find(tx, deed.answer.named)
        first += () if known else deed.mails
        held.append(known or deed.answer)
    if first:
        mails.add(tx, first)
    return held


def drop_old(tx: Connection, before: int) -> int:
    """Remove answers that were given before that moment, ms since the epoch; their keys are new again."""
    return tx.execute(delete(answered).where(answered.c.created_at < before)).rowcount


def _is_first(tx: Connection, answer: Answer) -> bool:
    # PostgreSQL waits here for a transaction that has stored the same key and is not at its end.
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    row = {
        "org_id": answer.named.org_id,
        "user_id": answer.named.user_id,
        "key": answer.named.key,
        "digest": answer.digest,
        "status": answer.status,
        "body": answer.body,
        "created_at": answer.created_at,
    }
    claim = dialect.insert(answered).values(row).on_conflict_do_nothing().returning(answered.c.key)
    return tx.execute(claim).first() is not None


def _find(tx: Connection, named: Named) -> Answer | None:
    own = (answered.c.org_id == named.org_id) & (answered.c.user_id == named.user_id) & (answered.c.key == named.key)
    row = tx.execute(select(answered).where(own)).one_or_none()
    if row is None:
        return None
    return Answer(named, row.digest, row.status, row.body, row.created_at)
