"""What a reader of a page does: types its commands into a shell, beside a sandbox of their own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.shape.source import ROOT

BLOCK: Final = re.compile(r"<!-- run -->\n```sh\n(.*?)```", re.DOTALL)
POSTROOM: Final = [sys.executable, "-m", "postroom"]
SECONDS: Final = 60


def blocks(page: str) -> list[str]:
    """The commands of a page that are to work as they stand."""
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


@contextmanager
def sandbox(folder: Path, *words: str) -> Iterator[Path]:
    """Let one run; its variables are in ``sandbox.env`` in the folder."""
    # What a developer has set must not lead the commands elsewhere.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    process = subprocess.Popen(
        [*POSTROOM, "sandbox", *words, "--env-file", "sandbox.env"],
        cwd=folder,
        env=clean,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        # It says where everything is when everything is there.
        assert any(line.startswith("POSTROOM_SANDBOX=") for line in process.stdout), "the sandbox did not start"
        yield folder
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def bash(folder: Path, script: str) -> str:
    """What a script says; it must work."""
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
