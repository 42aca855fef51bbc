"""The README's commands, run as they are written, against a sandbox of their own."""

import json
import os
import re
import shlex
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
        [*POSTROOM, "sandbox", "--env-file", "sandbox.env"], cwd=tmp_path, env=clean, stdout=subprocess.PIPE, text=True
    )
    try:
        assert sandbox.stdout is not None
        # It says where everything is when everything is there.
        assert any(line.startswith("POSTROOM_SANDBOX=") for line in sandbox.stdout), "the sandbox did not start"
        yield tmp_path
    finally:
        sandbox.send_signal(signal.SIGTERM)
        sandbox.communicate(timeout=SECONDS)
    assert sandbox.returncode == 0


def test_the_quick_start_works_as_written(folder: Path) -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) == 4
    said = _bash(folder, "\n".join([*blocks, _UNTIL_SENT.format(blocks[-1])]))
    addresses, end = json.JSONDecoder().raw_decode(said)
    assert addresses["from_addresses"][0]["email"] == "robin@sandbox.example"
    assert "[{'type': 'sent'}]" in said[end:]
    (mail,) = json.loads(
        _bash(folder, f". ./sandbox.env; {shlex.join(POSTROOM)} sandbox mails --json --dir $POSTROOM_SANDBOX")
    )
    assert mail["subject"] == "Your order"
    assert [each["name"] for each in mail["attachments"]] == ["order.txt"]
    assert "on its way" in mail["text"]
    assert "<b>on its way</b>" in mail["html"]


# The last block asks what became of the mail: asked again and again, it must say so in the end.
_UNTIL_SENT: Final = """
ask() {{
{}
}}
until ask | grep "'sent'"; do :; done
"""


def _bash(folder: Path, script: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
