"""The table of verbs, and how mistakes are told."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import click
import pytest

from postroom.cli.main import VERBS
from postroom.cli.main import postroom as table
from tests.cli.command import environment, postroom, well


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_says_of_itself_what_the_table_says(name: str) -> None:
    verb = table.get_command(click.Context(table), name)
    assert verb is not None
    assert verb.name == name
    assert verb.get_short_help_str(limit=200) == VERBS[name][1]


async def test_help_loads_nothing_that_takes_time(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "importtime", "-m", "postroom", "--help"),
        cwd=tmp_path,
        env=environment(),
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = (each.decode() for each in await process.communicate())
    loaded = {line.rpartition("|")[2].strip() for line in err.splitlines()}
    assert all(name in out for name in VERBS)
    assert {name for name in loaded if name.startswith("postroom")} == {
        "postroom",
        "postroom.cli",
        "postroom.cli.main",
    }
    assert not loaded & {"asyncio", "sqlalchemy", "structlog", "httpx", "rich", "cryptography"}


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("--nonsense",), ("queue", "show"), ("queue", "show", "xyz"), ("org", "recipients", "none")],
)
async def test_words_that_cannot_be_understood_are_one_line_and_2(words: tuple[str, ...], tmp_path: Path) -> None:
    done = await postroom(*words, cwd=tmp_path)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("postroom: ")
    assert done.err.count("\n") == 1
    assert "--help)" in done.err


async def test_no_words_are_answered_with_help(tmp_path: Path) -> None:
    done = await postroom(cwd=tmp_path)
    assert done.code == 2
    assert "Commands:" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "ls"), "holds no organisation yet; make one: postroom init"),
        (("migrate", "--config", "bad.toml"), "there is no setting 'colour'"),
        (("serve", "--config", "loud.toml"), "log_level must be one of"),
        (("migrate", "--data-dir", "bad.toml"), "data_dir: bad.toml: File exists"),
    ],
)
async def test_a_problem_is_one_line_and_1(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("colour = 'red'\n")
    (tmp_path / "loud.toml").write_text("log_level = 'loud'\n")
    done = await postroom(*words, cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("postroom: ")
    assert done.err.count("\n") == 1
    assert said in done.err


async def test_a_reader_that_has_gone_is_no_bug(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "postroom", "--help"), cwd=tmp_path, env=environment(), stdout=writing, stderr=PIPE
    )
    os.close(writing)
    _, err = await process.communicate()
    assert (process.returncode, err) == (1, b"")


async def test_settings_come_from_the_file_of_this_folder_or_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "postroom.toml").write_text("log_level = 'loud'\n")
    assert "log_level" in (await postroom("serve", "--data-dir", "one", cwd=tmp_path)).err
    (tmp_path / "postroom.toml").write_text("data_dir = 'two'\n")
    await well("migrate", cwd=tmp_path)
    assert (tmp_path / "two" / "postroom.db").exists()
