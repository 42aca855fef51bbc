"""The README's commands, run as they are written, against a sandbox of their own."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.shape.source import ROOT

BLOCK: Final = re.compile(r"<!-- run -->\n```sh\n(.*?)```", re.DOTALL)
POSTROOM: Final = [sys.executable, "-m", "postroom"]
SECONDS: Final = 60


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the ``sandbox.env`` of a sandbox that runs."""
    # What a developer has set must not lead the commands elsewhere.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    sandbox = subprocess.Popen(
        [*POSTROOM, "sandbox", "--env-file", "sandbox.env"],
        cwd=tmp_path,
        env=clean,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert sandbox.stdout is not None
        # It prints its lines when it is ready; the last variable stands for all.
        assert any("POSTROOM_TO" in line for line in sandbox.stdout), "the sandbox did not start"
        yield tmp_path
    finally:
        sandbox.send_signal(signal.SIGTERM)
        sandbox.communicate(timeout=SECONDS)
    assert sandbox.returncode == 0


def test_the_quick_start_works_as_written(folder: Path) -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) == 4
    script = "\n".join(["set -euo pipefail", *blocks, 'echo "MAIL $mail"'])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    addresses, status = re.fullmatch(r"(\{.*?\]\})\s*(\[.*\])\s*MAIL [0-9a-f]{64}\s*", done.stdout, re.DOTALL).groups()
    assert json.loads(addresses)["from_addresses"][0]["email"]
    assert re.search(r"'type': '(queued|sending|sent)'", status)
