"""Many rows by few statements."""

import pytest
from sqlalchemy import Connection, bindparam, delete, select

from postroom.store.db import Database
from postroom.store.many import GIVEN, insert_all, run, run_all, update_all
from postroom.store.tables import pace

THERE = range(1, 601)
FIND = select(pace.c.id, pace.c.scope).where(pace.c.id.in_(GIVEN))
BETWEEN = select(pace.c.id, pace.c.scope).where(
    pace.c.id.between(bindparam("low_"), bindparam("high_")), pace.c.id != bindparam("low_"), pace.c.scope == "org"
)
DELETE = delete(pace).where(pace.c.id.in_(GIVEN))


@pytest.mark.parametrize("many", [0, 1, 3, 64, 512, 513, 700])
async def test_a_statement_is_run_for_any_number_of_keys(db: Database, many: int) -> None:
    def work(tx: Connection) -> list[int]:
        insert_all(tx, pace, [{"id": n, "scope": "org", "subject": ""} for n in THERE])
        keys = range(101, 101 + many)
        found = run_all(tx, FIND, keys)
        assert sorted(found) == [(n, "org") for n in keys if n in THERE]
        assert run_all(tx, DELETE, keys) == []
        return [each.id for each in run_all(tx, FIND, THERE)]

    assert await db.write(work) == [n for n in THERE if not 101 <= n < 101 + many]


async def test_a_statement_has_values_by_name_and_some_of_its_own(db: Database) -> None:
    def work(tx: Connection) -> None:
        insert_all(tx, pace, [{"id": n, "scope": "org" if n % 2 else "server", "subject": ""} for n in THERE])
        assert sorted(run(tx, BETWEEN, {"low_": 3, "high_": 9, "unknown_": 1})) == [(n, "org") for n in (5, 7, 9)]
        with pytest.raises(KeyError, match="high_"):
            run(tx, BETWEEN, {"low_": 3})

    await db.write(work)


@pytest.mark.parametrize("many", [0, 1, 3, 128, 129, 300])
async def test_rows_are_changed_where_they_are_there(db: Database, many: int) -> None:
    def work(tx: Connection) -> None:
        insert_all(tx, pace, [{"id": n, "scope": "org", "subject": ""} for n in THERE])
        keys = range(501, 501 + many)
        rows = [{"id": n, "scope": "org" if n % 2 else "server", "subject": f"{n}", "seconds": None} for n in keys]
        known = [(n, "org") for n in keys if n in THERE and n % 2]
        assert sorted(update_all(tx, pace, 2, rows, tell=True)) == known
        assert update_all(tx, pace, 2, rows) == []
        changed = select(pace.c.id, pace.c.scope).where(pace.c.subject != "").order_by(pace.c.id)
        assert list(tx.execute(changed)) == known

    await db.write(work)
