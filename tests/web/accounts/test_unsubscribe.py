"""The link of a mail: what mail programs post, what people see, and who can do nothing with it (RFC 8058)."""

import asyncio
from functools import partial
from pathlib import Path

import httpx

from postroom.access.terms import TEN_MINUTES
from postroom.mail.token import Use
from postroom.store import blocked, mails
from tests.store.unsubscribing import asking, link
from tests.web.accounts.stage import Stage, stage
from tests.world import NOW

WISH = {"List-Unsubscribe": "One-Click"}
NOBODY = "Nobody to unsubscribe"


async def mailed(here: Stage) -> tuple[int, str]:
    """A mail that can be unsubscribed from: its number, and where the link of its second recipient leads."""
    seq = await asking(here.at.house.app, here.at.house.world)
    return seq, link(seq, 1)


async def told(here: Stage, seq: int) -> tuple[list[tuple[str, str]], list[tuple[str, int | None]]]:
    """Who is blocked and why, and the history of the mail."""
    app, org_id = here.at.house.app, here.at.house.world.org.id
    closed = await app.db.read(partial(blocked.listing, org_id=org_id))
    history = await app.db.read(partial(mails.history, org_id=org_id, seq=seq))
    return [(each.address, each.reason) for each in closed], [(row.what, row.n) for row in history]


async def test_a_mail_program_unsubscribes_with_one_request(tmp_path: Path, database_url: str) -> None:
    server = database_url if database_url.startswith("postgresql") else ""
    async with stage(tmp_path, database=server) as here:
        seq, path = await mailed(here)
        async with httpx.AsyncClient(trust_env=False) as program:
            url = here.at.url(path)
            answers = await asyncio.gather(
                program.post(url, data=WISH),
                program.post(url, files={"List-Unsubscribe": (None, "One-Click")}),
                program.post(url, data=WISH, headers={"origin": "https://mail.example"}),
            )
            for each in (link(seq + 1, 0), link(2**48 - 1, 2**15 - 1), link(seq, 2**16 - 1)):
                assert (await program.post(here.at.url(each), data=WISH)).status_code == 404, each
        for answer in answers:
            assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)
        events = [("queued", None), ("unsubscribed", 1)]
        assert await told(here, seq) == ([("rita@example.net", "unsubscribed")], events)


async def test_a_person_presses_the_button_and_a_link_alone_does_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        seq, path = await mailed(here)
        page = await here.seat.open(path)
        assert (page.status, page.title, page.headers.get("set-cookie")) == (200, "Unsubscribe?", None)
        assert "Company at org1.example sends mail to Rita@example.net" in page.text
        assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "same-origin")
        assert await told(here, seq) == ([], [("queued", None)])
        for wrong in ({}, {"List-Unsubscribe": "Perhaps"}):
            refused = await here.seat.post(path, wrong)
            assert (refused.status, refused.title) == (400, "Nothing changed")
        assert (await told(here, seq))[0] == []
        page = await here.seat.press(page, "Unsubscribe")
        assert (page.status, page.title) == (200, "Unsubscribed")
        assert page.headers.get("set-cookie") is None
        assert "Company at org1.example sends no more mail to Rita@example.net." in page.text
        assert (await told(here, seq))[0] == [("rita@example.net", "unsubscribed")]


async def test_other_tokens_do_nothing_and_nobody_guesses_for_long(tmp_path: Path) -> None:
    now = NOW
    async with stage(tmp_path, clock=lambda: now) as here:
        seq, path = await mailed(here)
        wrong = (
            "/unsubscribe",
            "/unsubscribe?token=",
            path[:-1],
            f"{path}a",
            link(seq, 1, use=Use.RETURN_PATH),
            link(seq, 1, secret=bytes(32)),
            link(seq, 2),
            link(seq + 7, 0),
            link(2**48 - 1, 2**16 - 1),
        )
        for each in wrong:
            for answer in (await here.seat.open(each), await here.seat.post(each, WISH)):
                assert (answer.status, answer.title) == (404, NOBODY), each
        for _ in range(20 - 2 * len(wrong)):
            await here.seat.open(wrong[0])
        refused = await here.seat.open(wrong[0])
        assert (refused.status, refused.headers["retry-after"]) == (429, str(TEN_MINUTES // 1000))
        assert (await told(here, seq))[0] == []
        assert (await here.seat.open(path)).status == 200, "who has a link is no guesser"
        now += TEN_MINUTES
        assert (await here.seat.open(wrong[0])).status == 404


UNREADABLE = [
    (b"\xff=1", "application/x-www-form-urlencoded", 400),
    (b"&".join([b"a=1"] * 17), "application/x-www-form-urlencoded", 400),
    (b"a" * 9000, "application/x-www-form-urlencoded", 413),
    (b"--b\r\n", "multipart/form-data; boundary=b", 400),
    (b"", "multipart/mixed; boundary=b", 400),
    (b"List-Unsubscribe=One-Click", "", 200),
]


async def test_what_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        seq, path = await mailed(here)
        for content, content_type, status in UNREADABLE:
            assert (await told(here, seq))[0] == []
            said = {"content-type": content_type} if content_type else {}
            answer = await here.seat.http.post(here.at.url(path), content=content, headers=said)
            assert (answer.status_code, answer.headers.get("set-cookie")) == (status, None), content
