"""Schemathesis reads ``/openapi.json``, makes requests that fit it and requests that do not, and judges the answers."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests.web.api.guests import EVERYTHING
from tests.web.house import House, house

# What it would rather see, and the wire says otherwise.
OFF: Final = {
    "unsupported_method": "W 9.2: a method that is not served is 400 INVALID_REQUEST_METHOD, not 405",
    "positive_data_acceptance": "W 1.6: an id that nobody has is 400, however well it is written",
}
# W 7.5: where only some of the items are wrong, the others are done.
SETTINGS: Final = """
[checks.negative_data_rejection]
expected-statuses = ["207", "400", "401", "403", "404", "413", "415"]
"""
# What is derived from the document: its examples, each bound and kind, kept and broken; as much of it as the time lets.
DERIVED: Final = ("--phases", "examples,coverage", "--max-time", "3")
# What is drawn has a count instead of a time, in which a busy machine might not come to its first case.
DRAWN: Final = ("--phases", "fuzzing", "--max-examples", "1")
RECORDS: Final = "^contacts_(insert|listing|search|update|delete_many|send_mail)$"
# One module stands for all: they differ in nothing but their fields.
RUNS: Final = {
    "a module, rightly": ("--include-tag", "Contacts", "--mode", "positive", *DERIVED),
    "a module, wrongly": ("--include-operation-id-regex", RECORDS, "--mode", "negative", *DERIVED),
    "no module": ("--include-path-regex", "^/[a-z]", *DERIVED),
    "the fields of all": ("--include-operation-id-regex", "^[a-z]+_insert$", *DRAWN),
}


async def attacked(home: House, folder: Path, *chosen: str) -> tuple[int | None, str]:
    """How schemathesis ended, and what it said."""
    token = (await home.headers(EVERYTHING))["Authorization"]
    (folder / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{home.url}/openapi.json"),
        *("--header", f"Authorization: {token}", "--warnings", "off", "--no-shrink"),
        *("--exclude-checks", ",".join(OFF)),
        # As for Hypothesis: a run that decides about a change begins the same each time.
        *(("--seed", "1") if settings().derandomize else ()),
        *chosen,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode()


@pytest.mark.parametrize("run", RUNS)
async def test_it_finds_nothing(tmp_path: Path, run: str) -> None:
    async with house(tmp_path) as home:
        ended, said = await attacked(home, tmp_path, *RUNS[run])
    assert ended == 0, said
    assert "No issues found" in said


async def test_what_it_finds_would_be_seen(tmp_path: Path) -> None:
    never = ("--phases", "coverage", "--include-path", "/org", "--max-response-time", "0.000001")
    async with house(tmp_path) as home:
        ended, said = await attacked(home, tmp_path, *never)
    assert ended == 1, said
    assert "Response time limit exceeded" in said
