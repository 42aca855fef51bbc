"""Terms are taken away by their key: however many an organisation has, a change of one record costs the same."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, event, text

from postroom.store import terms
from postroom.store.db import Database
from tests.store.indexed import everything
from tests.world import World

# Either index names all of a term's columns.
WHOLE_KEYS = ("(place=? AND record_id=?)", "(record_id=? AND place=?)")
MANY = 2000


def plans(tx: Connection, gone: Sequence[tuple[int, tuple[int, bytes]]], org_id: int) -> str:
    """Take terms away, and explain each statement that did it."""
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    event.listen(tx, "before_cursor_execute", note)
    terms.remove(tx, org_id, gone)
    event.remove(tx, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if tx.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(line[-1]) for one, values in asked for line in tx.exec_driver_sql(explain + one, values))


async def test_each_term_is_looked_up_by_its_whole_key(db: Database, world: World) -> None:
    def work(tx: Connection) -> tuple[str, int]:
        own = [(n, (n % 7, b"k%d" % n)) for n in range(1, MANY + 1)]
        terms.add(tx, world.org.id, own)
        if not db.is_sqlite:
            tx.execute(text("ANALYZE term"))
        before = len(everything(tx))
        # 75 of them: statements of 32, 8, 2 and 1; and some that are not there.
        told = plans(tx, [*own[:75], (5, (1, b"nothing")), (MANY + 1, own[100][1])], world.org.id)
        return told, before - len(everything(tx))

    told, gone = await db.write(work)
    assert gone == 75
    searched = [line for line in told.splitlines() if "SEARCH term" in line or "Index Cond" in line or "Scan" in line]
    assert searched
    for line in searched:
        assert "Seq Scan" not in line, told
        if "SEARCH term" in line:
            assert any(key in line for key in WHOLE_KEYS), told
