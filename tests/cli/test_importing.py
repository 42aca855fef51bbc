"""An import is killed, interrupted, cut off and started twice: each line ends up in the records once."""

import asyncio
import fcntl
import os
import re
import signal
import struct
import termios
from functools import partial
from pathlib import Path

import psycopg
import pytest

from postroom.store.db import Database
from tests.cli.customers import FILE, LINES, NAMES, REFUSED, Office, drain, ended
from tests.world import World

KEPT = len(NAMES)
COUNTS = f"{KEPT:,} imported, {len(REFUSED)} refused"
REPORT = [f"{FILE}:{line}: Last_Name: is missing" for line in REFUSED]


@pytest.fixture
def office(database_url: str, db: Database, world: World, tmp_path: Path) -> Office:
    made = Office(folder=tmp_path, url=database_url, db=db, world=world)
    made.write()
    return made


only = partial(pytest.mark.parametrize, "database_url", indirect=True)


@only(argvalues=["sqlite"])
async def test_killed_again_and_again_it_goes_on_where_it_stood(office: Office) -> None:
    killed = []
    # Before the first batch is kept, and behind some of them.
    for line in (0, 800, 1600):
        process = await office.start()
        await office.beyond(process, line)
        if process.returncode is None:
            process.kill()
        killed.append((await ended(process)).code)
    assert killed == [-signal.SIGKILL] * 3
    stood = await office.standing()
    assert stood is not None

    done = await office.run("--json")
    assert done.code == 1
    assert (done.json["resumed_after"], done.json["imported"]) == (stood.line, KEPT)
    assert [each["line"] for each in done.json["refused"]] == REFUSED, "those of before the interruption too"
    counts = f"{stood.imported:,} imported, {stood.refused:,} refused"
    assert done.err == f"going on after line {stood.line:,}: {counts} before\n"
    assert await office.names() == NAMES


@only(argvalues=["sqlite"])
async def test_ctrl_c_ends_clean_and_says_how_to_go_on(office: Office) -> None:
    process = await office.start()
    await office.beyond(process, 500)
    process.send_signal(signal.SIGINT)
    done = await ended(process)
    stood = await office.standing()
    assert stood is not None
    counts = f"{stood.imported:,} imported, {stood.refused:,} refused"
    assert done.err == (
        f"postroom: interrupted after line {stood.line:,}: {counts}; the same command goes on where this one stopped\n"
    )
    assert (done.code, done.out) == (130, "")

    # Variables that make a file a terminal make no bar.
    rest = await office.run(env={"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"})
    assert (rest.code, rest.out) == (1, f"Contacts: {COUNTS}\n")
    assert rest.err.splitlines() == [f"going on after line {stood.line:,}: {counts} before", *REPORT]
    assert await office.names() == NAMES


@only(argvalues=["sqlite"])
async def test_of_two_at_once_none_doubles_a_line(office: Office) -> None:
    both = await asyncio.gather(office.run(), office.run())
    # One stops in time, or begins when all is done and has nothing to do.
    assert [done.code for done in both] == [1, 1]
    for done in both:
        assert (done.out == "") == ("another command imports this file" in done.err)
        assert not done.out or COUNTS in done.out
    assert any(done.out for done in both)
    assert await office.names() == NAMES


@only(argvalues=["postgresql"])
async def test_what_a_batch_had_written_when_it_was_cut_off_is_not_kept(office: Office) -> None:
    process = await office.start()
    await office.beyond(process, 500)
    with psycopg.connect(office.url) as other:
        other.execute("SELECT 1 FROM import FOR UPDATE")
        # The next batch has stored its records, and waits for us to write how far it came.
        waits = "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        while (waiting := other.execute(waits).fetchone()) is None:
            continue
        other.execute("SELECT pg_terminate_backend(%s)", waiting)
        done = await ended(process)
    told = "postroom: the database is away; the same command goes on where this one stopped"
    assert (done.code, done.err.splitlines()[-1]) == (1, told)
    stood = await office.standing()
    assert stood is not None
    assert (await office.run("--json")).json["resumed_after"] == stood.line
    assert await office.names() == NAMES


@only(argvalues=["sqlite"])
async def test_a_terminal_shows_how_far_it_is(office: Office) -> None:
    terminal, other_end = os.openpty()
    fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = await office.start("--refused", "refused.csv", stderr=other_end, env={"TERM": "xterm"})
    os.close(other_end)
    shown, done = await asyncio.gather(asyncio.to_thread(drain, terminal), ended(process))
    assert done.out == f"Contacts: {COUNTS}\n"
    assert re.search(rf"{FILE} .*\d/{LINES:,}  [\d,]+ lines/s .*0:00:\d\d", shown)
    # The bar is wiped away, and the cursor is there again.
    assert shown.endswith("\x1b[2K")
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert "…" not in shown, "all of it fits into 80 columns"
    refused = (office.folder / "refused.csv").read_text().splitlines()
    assert refused[0] == "Last_Name,Phone,Refused because"
    assert refused[1:] == [f",{line},Last_Name: is missing" for line in REFUSED]
