"""The README's commands, run as they are written, against a sandbox of their own."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.docs.shell import POSTROOM, bash, blocks, sandbox


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the ``sandbox.env`` of a sandbox that runs."""
    with sandbox(tmp_path) as running:
        yield running


def test_the_quick_start_works_as_written(folder: Path) -> None:
    commands = blocks("README.md")
    assert len(commands) == 4
    said = bash(folder, "\n".join([*commands, _UNTIL_SENT.format(commands[-1])]))
    addresses, end = json.JSONDecoder().raw_decode(said)
    assert addresses["from_addresses"][0]["email"] == "robin@sandbox.example"
    assert "[{'type': 'sent'}]" in said[end:]
    (mail,) = json.loads(
        bash(folder, f". ./sandbox.env; {shlex.join(POSTROOM)} sandbox mails --json --dir $POSTROOM_SANDBOX")
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
