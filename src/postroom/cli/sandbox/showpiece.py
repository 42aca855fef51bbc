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
from typing import Final

import click
import uvloop
from rich.console import Console

from postroom.cli import calling, logs
from postroom.cli.sandbox import arrived
from postroom.cli.sandbox.arrived import Arrived
from postroom.cli.sandbox.box import Sandbox, open_sandbox
from postroom.cli.sandbox.showing import show
from postroom.client import AsyncClient, Email, Mail, Mailbox, files, mails, records

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

    contact: str
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
    with calling.told():
        async with open_sandbox(folder) as box, calling.connect(box.variables()) as api:
            await _show_all(folder, box, api)


async def _show_all(folder: Path, box: Sandbox, api: AsyncClient) -> None:
    console = Console()
    console.print(f"[dim]sandbox at {box.url}[/]")
    (folder / "offer.csv").write_text("item;price\nGröße M;12,50 €\n", encoding="utf-8")
    (file_id,) = await api.do(files.upload([folder / "offer.csv"]))
    lena = {"First_Name": "Lena", "Last_Name": "Müller", "Email": _TO.email}
    contact = (await api.do(records.insert("Contacts", lena))).id
    console.print(f"[dim]token granted, file {file_id[:16]}… uploaded, contact {contact} added[/]\n")
    sent = {what: await _send(api, contact, mail) for what, mail in _mails(box, file_id).items()}
    for what, each in sent.items():
        status, mail = await _arrived(api, box, each)
        show(mail, ("API said", each.answer), ("API status", status), title=what)
    console.print(f"\nFour mails sent through {box.url}/bigin/v2 and received by SMTP.")


_TO: Final = Mailbox(name="Lena Müller", email="lena.mueller@customer.example")


def _mails(box: Sandbox, file_id: str) -> Mapping[str, Mail]:
    variables = box.variables()
    robin = Mailbox(name="Robin Ash", email=variables["POSTROOM_FROM"])
    return {
        "HTML with a picture, a file, Cc, Bcc and Reply-To": Mail(
            sender=robin,
            to=[_TO],
            cc=[Mailbox(name="Mary Poole", email=variables["POSTROOM_TO"])],
            bcc=[Mailbox(email="archive@sandbox.example")],
            reply_to=Mailbox(name="Order desk", email="orders@sandbox.example"),
            subject="Your offer – Größe M",
            content=_GREETING,
            attachments=[file_id],
        ),
        "Plain text": Mail(
            sender=robin,
            to=[_TO],
            subject="A short question",
            content="Dear Lena,\n\nshall we talk on Monday?\n\nRobin",
            format="text",
        ),
        "Through the organisation's server (org_email)": Mail(
            sender=Mailbox(name="Sandbox Ltd", email=variables["POSTROOM_ORG_FROM"]),
            to=[_TO],
            org_email=True,
            subject="New opening hours",
            content="<p>We open at <i>eight</i>.</p>",
        ),
        "Scheduled": Mail(
            sender=robin,
            to=[_TO],
            subject="A reminder",
            content="<p>This was written a few seconds ago.</p>",
            scheduled_at=datetime.now(UTC) + _AHEAD,
        ),
    }


async def _send(api: AsyncClient, contact: str, mail: Mail) -> _Sent:
    sent = await api.do(mails.send("Contacts", contact, mail))
    return _Sent(contact=contact, message_id=sent.message_id, subject=mail.subject or "", answer=sent.message)


async def _arrived(api: AsyncClient, box: Sandbox, sent: _Sent) -> tuple[str, Arrived]:
    """The mail's status as the API tells it, and the mail as the inbox has it."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while (email := await _asked(api, sent)).status[0] != "sent":
        if email.status[0] == "bounced" or time.monotonic() > deadline:
            raise click.ClickException(f"«{sent.subject}» has not arrived: {email.whole['status']}")
        await asyncio.sleep(_POLL_SECONDS)
    found = [each for each in arrived.read(box.mails) if each.headers["subject"] == sent.subject]
    if len(found) != 1:
        raise click.ClickException(f"«{sent.subject}» is sent, and the inbox has it {len(found)} times")
    return ", ".join(email.status), found[0]


async def _asked(api: AsyncClient, sent: _Sent) -> Email:
    return await api.do(mails.get("Contacts", sent.contact, sent.message_id))
