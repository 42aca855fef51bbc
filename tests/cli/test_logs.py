"""What the log tells of a fault, and what it must not."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from postroom.store.db import Database, Tx
from postroom.store.tables import org

FAULT = """
import sys, structlog
from postroom.cli import logs
sys.stderr.isatty = lambda: people
logs.configure("info")
def send(password):
    raise RuntimeError("it broke")
try:
    send("tOp-" + "SeCrEt")
except RuntimeError:
    structlog.get_logger().exception("bug")
"""


@pytest.mark.parametrize("people", [True, False])
def test_tracebacks_show_no_values(people: bool, tmp_path: Path) -> None:
    code = f"people = {people}\n{FAULT}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "it broke" in done.stderr
    assert "tOp-SeCrEt" not in done.stderr


async def test_database_errors_show_no_values(db: Database) -> None:
    def twice(tx: Tx) -> None:
        row = {"id": 1, "name": "tOp-SeCrEt", "primary_email": "a@b.example", "created_at": 0}
        tx.execute(insert(org), [row, row])

    with pytest.raises(DBAPIError) as error:
        await db.write(twice)
    assert "tOp-SeCrEt" not in str(error.value)
