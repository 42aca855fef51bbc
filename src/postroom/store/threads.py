"""Threads: a mail and its answers (wire reference 1.2)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, union

from postroom.store.tables import mail


@dataclass(frozen=True, slots=True)
class Wanted:
    """A mail id as one organisation may see it."""

    org_id: int
    mail_id: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Parent:
    """A mail that is answered: who sent it and from which domain, its thread, and the references in its header."""

    mail_id: bytes
    user_id: int
    domain: str
    thread_id: bytes
    references: tuple[str, ...]


def parents(tx: Connection, wanted: Sequence[Wanted]) -> Mapping[Wanted, Parent]:
    """The mails of these ids, each only within its organisation."""
    if not wanted:
        return {}
    return {
        Wanted(row.org_id, row.id): Parent(
            mail_id=row.id,
            user_id=row.user_id,
            domain=row.from_address.rpartition("@")[2],
            thread_id=row.thread_id or row.id,
            references=read_references(row.references),
        )
        for row in tx.execute(
            _PARENTS,
            {"orgs_": list({each.org_id for each in wanted}), "ids_": list({each.mail_id for each in wanted})},
        )
    }


def with_files(tx: Connection, org_id: int, thread_ids: Collection[bytes]) -> frozenset[bytes]:
    """Those of the organisation's threads in which some mail has files."""
    if not thread_ids:
        return frozenset()
    return frozenset(tx.execute(_WITH_FILES, {"org_": org_id, "threads_": list(thread_ids)}).scalars())


def read_references(stored: str | None) -> tuple[str, ...]:
    """References as the header has them, oldest first; none of a mail that answers none."""
    return tuple(stored.split()) if stored else ()


# Made once: to build a statement costs more than to run it.
_PARENTS = select(
    mail.c.id, mail.c.org_id, mail.c.user_id, mail.c.from_address, mail.c.thread_id, mail.c.references
).where(mail.c.org_id.in_(bindparam("orgs_", expanding=True)), mail.c.id.in_(bindparam("ids_", expanding=True)))
# A thread has the id of its first mail, in which the column is empty.
_WITH_FILES = union(
    *(
        select(column).where(
            org == bindparam("org_"),
            column.in_(bindparam("threads_", expanding=True)),
            mail.c.attachments > 0,
        )
        # + 0: SQLite would rather look through all mails of the organisation than for a hundred of them.
        for org, column in ((mail.c.org_id + 0, mail.c.id), (mail.c.org_id, mail.c.thread_id))
    )
)
