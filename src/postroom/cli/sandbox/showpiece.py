"""What ``make demo`` shows: a sandbox, a client of its API, four mails, and how the receiving server got them.

1. A token, an uploaded file and a new contact, over HTTP as any client would.
2. ``_mails`` are sent, one after the other.
3. ``_arrived`` asks the API until each is sent, and finds it in the inbox.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
import uvloop
from rich.console import Console

from postroom.cli import logs
from postroom.cli.calling import Api, connect
from postroom.cli.sandbox import arrived
from postroom.cli.sandbox.arrived import Arrived
from postroom.cli.sandbox.box import Sandbox, open_sandbox
from postroom.cli.sandbox.showing import show

_DEADLINE_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_AHEAD: Final = timedelta(seconds=3)
# A red dot, 5 by 5.
_DOT: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO"
    "9TXL0Y4OHwAAAABJRU5ErkJggg=="
)
_GREETING: Final = f'<p>Dear Lena,</p><p>the <b>offer</b> is attached <img src="{_DOT}" alt="dot">.</p>'


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sent:
    """A mail that the API has taken."""

    what: str
    record: str
    message_id: str
    subject: str
    answer: str


def run() -> None:
    """Run the demo; raises ``ClickException`` where anything did not come as it should."""
    logs.configure(os.environ.get("POSTROOM_LOG_LEVEL", "error"))
    with (
        tempfile.TemporaryDirectory(prefix="postroom-demo-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_demo(Path(folder)))


async def _demo(folder: Path) -> None:
    console = Console()
    async with open_sandbox(folder) as box, connect(box.variables()) as api:
        console.print(f"[dim]sandbox at {box.url}, token granted[/]")
        (folder / "offer.csv").write_text("item;price\nGröße M;12,50 €\n", encoding="utf-8")
        (file_id,) = await api.upload([folder / "offer.csv"])
        contact = await api.add("Contacts", {"First_Name": "Lena", "Last_Name": "Müller", "Email": _TO["email"]})
        console.print(f"[dim]file {file_id[:16]}… uploaded, contact {contact} added[/]\n")
        sent = [await _send(api, f"Contacts/{contact}", what, mail) for what, mail in _mails(box, file_id).items()]
        for each in sent:
            status, mail = await _arrived(api, box, each)
            show(mail, ("API said", each.answer), ("API status", status), title=each.what)
        console.print(f"\nFour mails sent through {box.url}/bigin/v2 and received by SMTP.")


_TO: Final = {"user_name": "Lena Müller", "email": "lena.mueller@customer.example"}


def _mails(box: Sandbox, file_id: str) -> Mapping[str, dict[str, Any]]:
    variables = box.variables()
    robin = {"user_name": "Robin Ash", "email": variables["POSTROOM_FROM"]}
    office = {"user_name": "Sandbox Ltd", "email": variables["POSTROOM_ORG_FROM"]}
    later = (datetime.now(UTC) + _AHEAD).isoformat(timespec="seconds")
    return {
        "HTML with a picture, a file, Cc, Bcc and Reply-To": {
            "from": robin,
            "to": [_TO],
            "cc": [{"user_name": "Mary Poole", "email": variables["POSTROOM_TO"]}],
            "bcc": [{"email": "archive@sandbox.example"}],
            "reply_to": {"user_name": "Order desk", "email": "orders@sandbox.example"},
            "subject": "Your offer – Größe M",
            "content": _GREETING,
            "mail_format": "html",
            "attachments": [{"id": file_id}],
        },
        "Plain text": {
            "from": robin,
            "to": [_TO],
            "subject": "A short question",
            "content": "Dear Lena,\n\nshall we talk on Monday?\n\nRobin",
            "mail_format": "text",
        },
        "Through the organisation's server (org_email)": {
            "from": office,
            "to": [_TO],
            "org_email": True,
            "subject": "New opening hours",
            "content": "<p>We open at <i>eight</i>.</p>",
        },
        "Scheduled": {
            "from": robin,
            "to": [_TO],
            "subject": "A reminder",
            "content": "<p>This was written a few seconds ago.</p>",
            "scheduled_time": later,
        },
    }


async def _send(api: Api, record: str, what: str, mail: dict[str, Any]) -> _Sent:
    answer = await api.send(record, mail)
    return _Sent(
        what=what,
        record=record,
        message_id=answer["details"]["message_id"],
        subject=mail["subject"],
        answer=answer["message"],
    )


async def _arrived(api: Api, box: Sandbox, sent: _Sent) -> tuple[str, Arrived]:
    """The mail's status as the API tells it, and the mail as the inbox has it."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while (status := (await api.mail(sent.record, sent.message_id))["status"])[0]["type"] != "sent":
        if status[0]["type"] == "bounced" or time.monotonic() > deadline:
            raise click.ClickException(f"«{sent.subject}» has not arrived: {status}")
        await asyncio.sleep(_POLL_SECONDS)
    found = [each for each in arrived.read(box.mails) if each.headers["subject"] == sent.subject]
    if len(found) != 1:
        raise click.ClickException(f"«{sent.subject}» is sent, and the inbox has it {len(found)} times")
    return ", ".join(each["type"] for each in status), found[0]
