"""Imports: how far a file came into an organisation's records, and which of its lines were refused.

Where an import stands moves in the transaction that keeps the records of its lines (``advance``), and only from where
its caller thinks it stands: whatever dies at whatever moment, and however many run at once, no line is kept twice and
none is left out.
"""

from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, select, text, update

from postroom.store.many import insert_all
from postroom.store.tables import import_, refused_line


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """One file on its way. ``digest`` is the SHA-256 of the file and of how it is read.

    ``line`` is the last line that is imported or refused (0: none yet), ``imported`` and ``refused`` count them.
    """

    id: int
    org_id: int
    digest: bytes
    line: int = 0
    imported: int = 0
    refused: int = 0
    started_at: int
    finished_at: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A line (the number where it begins in the file) that was not imported, and why."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What came of the next lines of a file, up to and with ``line``."""

    line: int
    imported: int
    refused: tuple[Refusal, ...] = ()


# One statement, so that of two who begin at once neither fails; both databases understand it.
_BEGIN = text(
    "INSERT INTO import (id, org_id, digest, line, imported, refused, started_at)"
    " VALUES (:id, :org_id, :digest, 0, 0, 0, :started_at) ON CONFLICT (org_id, digest) DO NOTHING"
)


def begin(tx: Connection, new: Import) -> Import:
    """Store a new import, unless there is one of the same digest; the one that is stored."""
    values = {"id": new.id, "org_id": new.org_id, "digest": new.digest, "started_at": new.started_at}
    tx.execute(_BEGIN, values)
    found = find(tx, new.org_id, new.digest)
    assert found is not None, "it was stored, or was there"
    return found


def find(tx: Connection, org_id: int, digest: bytes) -> Import | None:
    """The organisation's import of that digest."""
    query = select(import_).where(import_.c.org_id == org_id, import_.c.digest == digest)
    row = tx.execute(query).mappings().one_or_none()
    return None if row is None else Import(**row)


def advance(tx: Connection, current: Import, step: Step) -> Import | None:
    """Write a step, in the transaction that keeps its records; None where the import stands elsewhere by now.

    Then another process has taken the step, and the caller's transaction must be undone.
    """
    moved = moved_by(current, step)
    values = {"line": moved.line, "imported": moved.imported, "refused": moved.refused}
    if not _change(tx, current, values):
        return None
    common = {"import_id": current.id, "org_id": current.org_id}
    insert_all(tx, refused_line, [{**common, "line": each.line, "reason": each.reason} for each in step.refused])
    return moved


def moved_by(current: Import, step: Step) -> Import:
    """Where an import stands after a step."""
    imported, refused = current.imported + step.imported, current.refused + len(step.refused)
    return replace(current, line=step.line, imported=imported, refused=refused)


def finish(tx: Connection, current: Import, now: int) -> Import | None:
    """Write that no line is left; None where the import stands elsewhere by now."""
    return replace(current, finished_at=now) if _change(tx, current, {"finished_at": now}) else None


def refusals(tx: Connection, of: Import) -> list[Refusal]:
    """The lines that were refused, in order."""
    query = select(refused_line.c.line, refused_line.c.reason).where(
        refused_line.c.import_id == of.id, refused_line.c.org_id == of.org_id
    )
    return [Refusal(line=row.line, reason=row.reason) for row in tx.execute(query.order_by(refused_line.c.line))]


def forget(tx: Connection, old: Import) -> None:
    """Remove an import, so that its file may be imported once more; the records stay."""
    tx.execute(delete(refused_line).where(refused_line.c.import_id == old.id, refused_line.c.org_id == old.org_id))
    tx.execute(delete(import_).where(import_.c.id == old.id, import_.c.org_id == old.org_id))


def drop_refusals(tx: Connection, before: int) -> int:
    """Remove the refused lines of imports that finished before that moment; how many were refused stays known."""
    finished = select(import_.c.id).where(import_.c.finished_at < before, import_.c.refused > 0)
    return tx.execute(delete(refused_line).where(refused_line.c.import_id.in_(finished))).rowcount


def _change(tx: Connection, current: Import, values: dict[str, int]) -> bool:
    """Compare and set: two who stand at the same line cannot both move on from it."""
    where = (
        import_.c.id == current.id,
        import_.c.org_id == current.org_id,
        import_.c.line == current.line,
        import_.c.finished_at.is_(None),
    )
    return tx.execute(update(import_).where(*where).values(values)).rowcount == 1
