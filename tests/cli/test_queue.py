"""``postroom queue``, on the mails of a sandbox."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from postroom.store import transports
from postroom.store.db import Tx
from postroom.store.orgs import Org
from tests.cli.boxed import Boxed, boxed
from tests.cli.command import stored, well


async def test_a_mail_on_its_way_is_shown_and_taken_back(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        at = _in_days(30)
        later = (await box.send("--subject", "Later", "--at", at)).out.strip()
        now = (await box.send("--subject", "Now")).out.strip()
        await box.sent(now)

        (waiting,) = (await box.queue("ls", "--json")).json
        assert (waiting["id"], waiting["state"], waiting["due"]) == (later, "scheduled", at)
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
            words = ("sender", "add", "deaf@x.example", "--confirmed", "--untried", *way)
            await well(*words, "--data-dir", "box/data", cwd=tmp_path)
            mail = (await box.send("--from", "deaf@x.example", "--subject", "Hello")).out.strip()
            await _tried(box, 1)
            shown = (await box.queue("show", mail)).out
            assert "queued" in shown
            assert f"127.0.0.1:{port} connect" in shown
            for verb in ("sender", "queue"):
                assert (
                    f"127.0.0.1:{port} connect" in (await well(verb, "ls", "--data-dir", "box/data", cwd=tmp_path)).out
                )
            assert (await box.queue("retry", mail)).out == "queued\n"
            await _tried(box, 2)
            listed = (await box.queue("ls")).out
            assert mail[:16] in listed
            alive = (await well("queue", "workers", "--json", "--data-dir", "box/data", cwd=tmp_path)).json
            assert [each["host"] for each in alive] == [socket.gethostname()]
            assert "Hello" in listed


async def test_mails_are_held_chosen_and_let_go(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        sender = (box.variables["POSTROOM_FROM"], "--data-dir", "box/data")
        await well("sender", "hold", *sender, cwd=tmp_path)
        later = ("--at", _in_days(30))
        first, now = [(await box.send("--subject", *words)).out.strip() for words in (("First", *later), ("Now",))]
        assert (await box.queue("hold", first)).out == "held\n"
        assert (await box.queue("hold", first, now)).out == "1 held, 1 as it was\n"
        assert (await box.queue("release")).code == 2
        dry = await box.queue("release", "--record", box.record, "--subject", "now", "--dry-run")
        assert dry.out == "1 mail (1 held)\n"
        asked = await box.queue("release", "--to", "nobody.example", "--transport", "127.0.0.1")
        assert (asked.code, asked.out) == (0, "no mail is meant\n")
        assert (await box.queue("move", "--at", _in_days(-1), first)).code == 2
        assert (await box.queue("move", "--at", _in_days(60), first)).out == "scheduled\n"
        (waits,) = (await box.queue("ls", "--due-since", _in_days(31), "--json")).json
        assert (waits["id"], waits["state"], waits["due"]) == (first, "scheduled", _in_days(60))
        asked = await box.queue("cancel", "--state", "scheduled")
        assert (asked.code, "Cancel 1 mail (1 scheduled)?" in asked.err) == (1, True)
        told = await box.queue("cancel", "--state", "scheduled", "--yes", "--json")
        assert told.json == {"done": 1, "as_it_was": 0, "being_sent": 0, "too_late": 0}
        assert "by operator" in (await box.queue("show", first)).out

        # Released, it waits for its server to be released too.
        assert (await box.queue("release", now)).out == "released\n"
        assert [each["subject"] for each in await box.mails()] == []
        await well("sender", "release", *sender, cwd=tmp_path)
        await box.sent(now)


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT23:00:00Z")


async def _tried(box: Boxed, times: int) -> None:
    """Return once a server has been tried in vain so many times."""

    def failures(tx: Tx, org: Org) -> list[int]:
        numbers = [each.id for each in transports.listing(tx, org.id)]
        return [each.failures for each in transports.standings(tx, numbers).values()]

    while max(await stored(box.home / "box" / "data", failures)) < times:
        pass
