"""Golden pairs: ``golden/NAME.json`` says what was asked, ``golden/NAME.eml`` what goes on the wire.

After a wanted change: ``.venv/bin/python -m tests.mail.test_golden`` writes all ``.eml`` again; read the difference.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from postroom.mail.draft import Letter, Mailbox
from tests.mail.letters import box, file_ref, letter, read, sent

CASES = sorted(Path(__file__).with_name("golden").glob("*.json"))


def mailbox(written: dict[str, str]) -> Mailbox:
    return box(written["email"], written.get("user_name", ""))


def asked(path: Path) -> tuple[Letter, list[bytes]]:
    """A letter and the contents of its files."""
    written: dict[str, Any] = json.loads(path.read_text("utf-8"))
    contents = [each["content"].encode() for each in written.get("attachments", ())]
    described = letter(
        written["content"],
        subject=written["subject"],
        as_text=written["mail_format"] == "text",
        sender=mailbox(written["from"]),
        to=tuple(map(mailbox, written["to"])),
        cc=tuple(map(mailbox, written.get("cc", ()))),
        bcc=tuple(map(mailbox, written.get("bcc", ()))),
        reply_to=mailbox(written["reply_to"]) if "reply_to" in written else None,
        references=tuple(written.get("references", ())),
        files=tuple(
            file_ref(each["name"], content, each["content_type"])
            for each, content in zip(written.get("attachments", ()), contents, strict=True)
        ),
    )
    return replace(described, mail_id=bytes.fromhex(written["message_id"])), contents


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_octets_are_those_on_file(path: Path) -> None:
    described, contents = asked(path)
    octets = sent(described, *contents)
    assert octets.decode() == path.with_suffix(".eml").read_bytes().decode()
    assert read(octets)["Subject"] == described.subject


def test_every_message_has_its_letter() -> None:
    assert {path.stem for path in CASES} == {path.stem for path in CASES[0].parent.glob("*.eml")}


if __name__ == "__main__":
    for case in CASES:
        described, contents = asked(case)
        case.with_suffix(".eml").write_bytes(sent(described, *contents))
