"""Requests that are done once, however often they are sent: the first one's answer stands for all (wire reference 1.8).

The answer is written in the transaction that stores the mails it tells of. So there are both or neither, and of several
callers with one key at the same moment one is first, whatever process it asks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from postroom.failpoint import reach
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
    """An answer, and the mails it tells of, which are to be stored.

    ``retell`` makes the answer anew where some of them are too many for the day: it is given which are stored.
    """

    answer: Answer
    mails: tuple[Accepted, ...]
    retell: Callable[[Sequence[bool]], Answer]


def find(tx: Connection, asked: Sequence[Named]) -> list[Answer | None]:
    """What was answered under each key."""
    orgs, users, keys = {each.org_id for each in asked}, {each.user_id for each in asked}, {each.key for each in asked}
    rows = tx.execute(_OF_KEYS, {"orgs_": list(orgs), "users_": list(users), "keys_": list(keys)})
    held = {each.named: each for each in map(_from_row, rows)}
    return [held.get(each) for each in asked]


def do(tx: Connection, deeds: Sequence[Deed]) -> list[Answer]:
    """Store each answer with its mails, unless there is one under its key; answers which one holds."""
    first: list[Deed] = []
    held: list[Answer] = []
    for deed in deeds:
        known = None if _is_first(tx, deed.answer) else find(tx, [deed.answer.named])[0]
        first += () if known else (deed,)
        held.append(known or deed.answer)
    reach("answer-stored")
    stored = iter(mails.add(tx, [mail for deed in first for mail in deed.mails]))
    amended: dict[Named, Answer] = {}
    for deed in first:
        if not all(which := [next(stored) for _ in deed.mails]):
            amended[deed.answer.named] = _amend(tx, deed.retell(which), keep=any(which))
    return [amended.get(each.named, each) for each in held]


def _amend(tx: Connection, answer: Answer, *, keep: bool) -> Answer:
    """Put another answer in the place of the one that was stored; one that accepted no mail is not kept."""
    named = answer.named
    here = (answered.c.org_id == named.org_id, answered.c.user_id == named.user_id, answered.c.key == named.key)
    if keep:
        tx.execute(update(answered).where(*here).values(status=answer.status, body=answer.body))
    else:
        tx.execute(delete(answered).where(*here))
    return answer


def drop_old(tx: Connection, before: int) -> int:
    """Remove answers that were given before that moment, ms since the epoch; their keys are new again."""
    return tx.execute(delete(answered).where(answered.c.created_at < before)).rowcount


def _is_first(tx: Connection, answer: Answer) -> bool:
    named = answer.named
    row = {
        "org_id": named.org_id,
        "user_id": named.user_id,
        "key": named.key,
        "digest": answer.digest,
        "status": answer.status,
        "body": answer.body,
        "created_at": answer.created_at,
    }
    # PostgreSQL waits here for a transaction that has stored the same key and is not at its end.
    return tx.execute(_CLAIMS[tx.dialect.name], row).first() is not None


def _from_row(row: Row[Any]) -> Answer:
    return Answer(Named(row.org_id, row.user_id, row.key), row.digest, row.status, row.body, row.created_at)


# Made once: to build a statement costs more than to run it.
_OF_KEYS: Final = select(answered).where(
    answered.c.org_id.in_(bindparam("orgs_", expanding=True)),
    answered.c.user_id.in_(bindparam("users_", expanding=True)),
    answered.c.key.in_(bindparam("keys_", expanding=True)),
)
_CLAIMS: Final = {
    name: dialect.insert(answered).on_conflict_do_nothing().returning(answered.c.key)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
