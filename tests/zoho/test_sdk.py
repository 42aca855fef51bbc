"""Zoho's own SDK, unchanged, against a running ``postroom sandbox``: token, from addresses, upload, mail, Emails."""

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path

from tests.cli.boxed import boxed
from tests.cli.command import LONGEST, environment
from tests.shape.source import ROOT

PYTHON = ROOT / ".venv-zoho" / "bin" / "python"
FILE = bytes(range(256)) * 300


async def test_the_sdk_sends_a_mail_that_arrives(tmp_path: Path) -> None:
    assert (PYTHON.parents[1] / ".ready").exists(), "the SDK is not installed: make .venv-zoho/.ready"
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk" / "Übersicht 2026.bin").write_bytes(FILE)
    async with boxed(tmp_path) as box:
        client = await asyncio.create_subprocess_exec(
            *(PYTHON, ROOT / "tests" / "zoho" / "client.py", "Übersicht 2026.bin"),
            cwd=tmp_path / "sdk",
            env=environment(**box.variables, NO_PROXY="*"),
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await asyncio.wait_for(client.communicate(), LONGEST)
        assert client.returncode == 0, err.decode()
        (mail,) = await box.mails()
    said = json.loads(out)
    assert [(each["email"], each["default"]) for each in said["senders"]] == [
        (box.variables["POSTROOM_FROM"], True),
        (box.variables["POSTROOM_ORG_FROM"], False),
    ]
    assert said["emails"] == {
        "listed": [said["message_id"]],
        "subject": "Grüße from the SDK",
        "content": "<p>Sent by <b>Zoho's</b> own client</p>",
        "from": box.variables["POSTROOM_FROM"],
        "attachments": ["Übersicht 2026.bin"],
    }
    assert mail["from"] == f"Robin via SDK <{box.variables['POSTROOM_FROM']}>"
    assert mail["envelope"]["to"] == [box.variables["POSTROOM_TO"]]
    assert (mail["subject"], mail["html"]) == ("Grüße from the SDK", "<p>Sent by <b>Zoho's</b> own client</p>")
    assert [(each["name"], each["size"]) for each in mail["attachments"]] == [("Übersicht 2026.bin", len(FILE))]
