"""``python -m bench.importing``: how fast ``postroom record import`` takes a file of contacts, and in how much memory.

Each round imports the same file into a fresh database, by the command as people run it, its start included. It counts
only if there are as many records as the file has lines.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
from sqlalchemy import func, select
from tests.world import found

from bench import disk
from bench.databases import Databases
from postroom.config import Settings
from postroom.store.db import Database
from postroom.store.migrate import migrate
from postroom.store.tables import record

_HEAD = ("First_Name", "Last_Name", "Email", "Phone", "Title", "Mailing_City", "Mailing_Country", "Email_Opt_Out")
_DOMAINS = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One import: seconds on the clock and of processor, octets resident at most."""

    seconds: float
    cpu_seconds: float
    peak_octets: int


def measure(settings: Settings, file: Path, lines: int) -> Run:
    """Import the file into a fresh database. Raises ``AssertionError`` where a line is missing or doubled."""
    migrate(settings.database_url)
    database = Database(settings.database_url)
    try:
        with database.engine.begin() as tx:
            found(tx)
        run = _import(settings, file, lines)
        with database.engine.begin() as tx:
            count = tx.execute(select(func.count()).where(record.c.email.like("customer%"))).scalar_one()
        assert count == lines, f"{count} records of {lines} lines"
    finally:
        database.close_now()
    return run


def _import(settings: Settings, file: Path, lines: int) -> Run:
    words = ("record", "import", "Contacts", str(file), "--data-dir", str(settings.data_dir), "--json")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    start = time.perf_counter()
    with subprocess.Popen(
        (sys.executable, "-m", "postroom", *words),
        env={**environment, "POSTROOM_DATABASE": settings.database},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    assert msgspec.json.decode(said)["imported"] == lines, said
    return Run(seconds=seconds, cpu_seconds=used.ru_utime + used.ru_stime, peak_octets=used.ru_maxrss * 1024)


def _rows(lines: int) -> Iterator[tuple[str, ...]]:
    yield _HEAD
    for n in range(lines):
        address = f"customer{n}@company{n % _DOMAINS}.example"
        yield (f"Zoë {n}", f"Müller-{n}", address, f"+49 30 {n:07}", "Head of Purchasing", "Berlin", "Germany", "no")


def main() -> None:
    """Run as the command line says, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.importing", description="The import of many contacts.")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    words = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="postroom-import-", dir=disk.folder()) as name,
        Databases(words.database, disk.folder()) as databases,
    ):
        file = Path(name) / "contacts.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(_rows(words.lines))
        runs = []
        for number in range(words.rounds):
            settings = Settings(data_dir=Path(name) / f"data-{number}", database=databases.new())
            settings.data_dir.mkdir()
            runs.append(measure(settings, file, words.lines))
            print(_line(words.lines, runs[-1]))
        middle = median(run.seconds for run in runs)
    print(f"median: {words.lines / middle:,.0f} lines/s, on {words.database}")


def _line(lines: int, run: Run) -> str:
    rate, cost = lines / run.seconds, run.cpu_seconds / lines * 1e6
    return f"{run.seconds:7.1f} s  {rate:7,.0f} lines/s  {cost:4.0f} µs of CPU a line  {run.peak_octets / 1e6:4.0f} MB"


if __name__ == "__main__":
    main()
