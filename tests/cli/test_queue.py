"""``postroom queue``, on the mails of a sandbox."""

import socket
from pathlib import Path

from postroom.store import mails
from postroom.store.db import Tx
from postroom.store.orgs import Org
from tests.cli.boxed import Boxed, boxed
from tests.cli.command import stored, well


async def test_a_mail_on_its_way_is_shown_and_taken_back(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        later = (await box.send("--subject", "Later", "--at", "2026-12-31T23:00:00Z")).out.strip()
        now = (await box.send("--subject", "Now")).out.strip()
        await box.sent(now)

        (waiting,) = (await box.queue("ls", "--json")).json
        assert (waiting["id"], waiting["state"], waiting["due"]) == (later, "scheduled", "2026-12-31T23:00:00Z")
        (sent,) = (await box.queue("ls", "--state", "sent", "--json")).json
        assert (sent["id"], sent["recipients"][0]["code"]) == (now, 250)

        assert now[:3] == later[:3]  # ids begin with the time
        assert (await box.queue("show", now[:3])).err == f"postroom: several mails begin with {now[:3]}\n"
        assert (await box.queue("show", "ffff")).err == "postroom: there is no mail ffff\n"

        assert (await box.queue("cancel", now[:20].upper())).out == "too late\n"
        cancelled = await box.queue("cancel", later)
        assert (cancelled.code, cancelled.out) == (0, "cancelled\n")
        again = await box.queue("cancel", later)
        assert (again.code, again.out) == (1, "too late\n")
        assert (await box.queue("retry", later)).out == "nothing to retry\n"

        shown = (await box.queue("show", later, "--json")).json
        assert (shown["state"], [each["what"] for each in shown["history"]]) == (
            "cancelled",
            ["scheduled", "cancelled"],
        )
        assert (await box.mail(later)).status == ("cancelled",)
        assert [each["subject"] for each in await box.mails()] == ["Now"]


async def test_a_mail_that_cannot_leave_says_why_and_is_tried_again(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # bound and not listening: whoever calls is refused
        async with boxed(tmp_path) as box:
            port = str(deaf.getsockname()[1])
            way = ("--host", "127.0.0.1", "--port", port, "--tls", "none")
            words = ("sender", "add", "deaf@x.example", "--confirmed", *way)
            await well(*words, "--data-dir", "box/data", cwd=tmp_path)
            mail = (await box.send("--from", "deaf@x.example", "--subject", "Hello")).out.strip()
            await _tried(box, mail, 1)
            shown = (await box.queue("show", mail)).out
            assert "queued" in shown
            assert f"127.0.0.1:{port} connect" in shown
            assert (await box.queue("retry", mail)).out == "queued\n"
            await _tried(box, mail, 2)
            listed = (await box.queue("ls")).out
            assert mail[:16] in listed
            assert "Hello" in listed


async def _tried(box: Boxed, mail: str, attempts: int) -> None:
    """Return once so many attempts have ended."""

    def events(tx: Tx, org: Org) -> list[str]:
        filed = mails.find(tx, org.id, bytes.fromhex(mail))
        assert filed is not None
        return [each.what for each in mails.history(tx, org.id, filed.seq)]

    while (await stored(box.home / "box" / "data", events)).count("deferred") < attempts:
        pass
