"""From a new address to a first mail from it: commands, queue, SMTP, inbox, browser, API."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from postroom.cli.calling import connect
from postroom.cli.sandbox import arrived
from postroom.cli.sandbox.arrived import Arrived
from postroom.cli.sandbox.box import Sandbox, open_sandbox
from postroom.client import AsyncClient, CallFailed, Mail, Mailbox, Sent, mails
from tests.cli.command import Done, well
from tests.web.accounts.browser import Seat, browser

DESK, OFFICE, NEW = "desk@new.example", "press@new.example", "noor@new.example"
LINK = re.compile(r"http://\S+/confirm\?token=1000\.[0-9a-f]{32}\.[0-9a-f]{32}$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A sandbox, a client of its API, a browser, and the commands of its operator."""

    sandbox: Sandbox
    api: AsyncClient
    seat: Seat

    async def run(self, *words: str) -> Done:
        """A command that must work; the server is where the sandbox's is."""
        env = {"POSTROOM_PUBLIC_URL": self.sandbox.url, "POSTROOM_DATA_DIR": str(self.sandbox.folder / "data")}
        return await well(*words, cwd=self.sandbox.folder, env=env)

    async def link(self, to: str, n: int = 1) -> tuple[Arrived, str]:
        """The mail number ``n`` to that address, once it has arrived, and the link in it."""
        while len(found := [each for each in arrived.read(self.sandbox.mails) if each.envelope_to == (to,)]) < n:
            await self.api.do(mails.from_addresses())  # each question is a wait
        (url,) = LINK.findall(found[n - 1].text or "")
        assert url.startswith(self.sandbox.url)
        return found[n - 1], url

    async def send(self, sender: str, *, at: datetime | None = None) -> Sent:
        """Send a mail to the contact."""
        to = [Mailbox(email=self.sandbox.variables()["POSTROOM_TO"])]
        mail = Mail(to=to, sender=Mailbox(email=sender), subject=sender, scheduled_at=at)
        return await self.api.do(mails.send("Contacts", str(self.sandbox.seed.contact_id), mail))

    async def confirm(self, url: str) -> None:
        """Open a link, and press the button."""
        page = await self.seat.press(await self.seat.open(url), "Confirm")
        assert (page.status, page.title) == (200, "Confirmed")


@asynccontextmanager
async def box(folder: Path) -> AsyncIterator[Box]:
    async with (
        open_sandbox(folder) as sandbox,
        connect(sandbox.variables()) as api,
        browser(sandbox.url) as seat,
    ):
        yield Box(sandbox=sandbox, api=api, seat=seat)


async def test_a_new_address_sends_once_somebody_who_reads_its_mail_says_so(tmp_path: Path) -> None:
    async with box(tmp_path) as here:
        added = await here.run("sender", "add", DESK, "--name", "Order desk")
        assert "a link to confirm the address is on its way to it" in added.out
        with pytest.raises(CallFailed, match="Email Confirmation Required"):
            await here.send(DESK)
        mail, url = await here.link(DESK)
        assert mail.way == "organisation"
        assert mail.headers["from"] == "Sandbox Ltd <robin@sandbox.example>"
        assert mail.headers["subject"] == f"Please confirm {DESK}"
        assert "token" not in added.out
        (queued,) = (await here.run("queue", "ls", "--state", "sent", "--json")).json
        shown = (await here.run("queue", "show", queued["id"])).out
        assert f"Senders/{queued['record_id']}" in shown
        assert "token" not in shown
        # Whoever asks the API for the mail of some record is not shown the link.
        with pytest.raises(CallFailed, match="the related id given seems to be invalid"):
            await here.api.do(mails.get("Contacts", str(here.sandbox.seed.contact_id), queued["id"]))
        await here.confirm(url)
        assert (await here.send(DESK)).message_id
        again = await here.seat.open(url)
        assert (again.status, "confirmed already" in again.text) == (410, True)
        assert f"{DESK} is confirmed already" in (await here.run("sender", "confirm", DESK)).out


async def test_the_newest_link_is_the_good_one_and_an_operator_can_vouch(tmp_path: Path) -> None:
    async with box(tmp_path) as here:
        await here.run("sender", "add", OFFICE, "--org-email")
        await here.run("sender", "confirm", OFFICE, "--org-email")
        (_, older), (_, newer) = await here.link(OFFICE), await here.link(OFFICE, 2)
        assert (await here.seat.open(older)).status == 404
        await here.confirm(newer)
        await here.run("sender", "add", DESK, "--alias-of", here.sandbox.seed.resident.address.folded)
        _, url = await here.link(DESK)
        await here.run("sender", "confirm", DESK, "--vouch")
        page = await here.seat.open(url)
        assert (page.status, "confirmed already" in page.text) == (410, True)
        for address in (OFFICE, DESK):
            await here.send(address)
        await here.run("user", "add", NEW, "--unconfirmed")
        _, url = await here.link(NEW)
        assert [each["confirmed"] for each in (await here.run("user", "ls", "--json")).json] == ["yes", "no"]
        await here.confirm(url)
        assert [each["confirmed"] for each in (await here.run("user", "ls", "--json")).json] == ["yes", "yes"]
        assert f"{NEW} is confirmed already" in (await here.run("user", "confirm", NEW, "--vouch")).out


async def test_an_address_goes_with_its_aliases_and_links_and_what_waits_leaves_all_the_same(tmp_path: Path) -> None:
    async with box(tmp_path) as here:
        resident = here.sandbox.seed.resident.address.folded
        await here.run("sender", "add", DESK, "--alias-of", resident, "--confirmed")
        await here.run("sender", "add", NEW, "--alias-of", resident)
        _, url = await here.link(NEW)
        waiting = await here.send(DESK, at=datetime.now(UTC) + timedelta(hours=1))
        assert (await here.run("sender", "rm", resident, "--yes")).out == (
            f"sender {resident} with {DESK}, {NEW} removed\n"
        )
        assert [each["of"] for each in (await here.run("sender", "ls", "--json")).json] == ["organisation"]
        assert (await here.seat.open(url)).status == 404
        with pytest.raises(CallFailed):
            await here.send(DESK)
        contact = str(here.sandbox.seed.contact_id)
        await here.api.do(mails.send_now("Contacts", contact, waiting.message_id))
        while (await here.api.do(mails.get("Contacts", contact, waiting.message_id))).status[0] != "sent":
            pass  # each question is a wait
        (came,) = [each for each in arrived.read(here.sandbox.mails) if each.headers["subject"] == DESK]
        assert came.way == "sender"
