"""Senders hear of their mails from a running worker, on both databases; the standard library reads what they get."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import update

from postroom.app import clock
from postroom.mail.life import Notices, State
from postroom.mail.retry import LATE
from postroom.store import orgs
from postroom.store.tables import job
from tests.smtp.peers import ANSWERS, Server, until
from tests.worker.test_loop import Post, post, worker


async def test_a_refused_mail_comes_back_to_its_sender(database_url: str, tmp_path: Path) -> None:
    server = once(b"550 5.1.1 no such mailbox\r\n")
    async with server.listening(), post(tmp_path, database_url, server.port) as office, worker(office.app):
        await want(office, Notices.FAILURES)
        accepted = await office.accept()
        message = await arrived(server)
        assert (message["To"], message["Subject"]) == ("Ada Byron <ada@org1.example>", "Not delivered: Hello")
        assert [line.split(" SIZE")[0] for line in server.heard if line.startswith("MAIL")][1:] == ["MAIL FROM:<>"]
        assert (await office.filed(accepted)).state is State.FAILED
        assert await office.events(accepted) == ["queued", "rejected", "told"]


async def test_a_mail_that_waits_for_hours_is_told_of(database_url: str, tmp_path: Path) -> None:
    moment = clock()
    server = once(b"451 4.3.0 later\r\n")
    async with server.listening(), post(tmp_path, database_url, server.port, clock=lambda: moment) as office:
        await want(office, Notices.DELAYS)
        async with worker(office.app):
            accepted = await office.accept()
            await office.reaches_event(accepted, "deferred")
        moment += LATE
        # It is not tried meanwhile.
        await office.app.db.write(lambda tx: tx.execute(update(job).values(due_at=moment + 1)))
        async with worker(office.app):
            message = await arrived(server)
        assert message["Subject"] == "Not delivered yet: Hello"
        assert await office.events(accepted) == ["queued", "deferred", "delayed", "told"]


def once(reply: bytes) -> Server:
    """A server that does not take the first recipient, and all others."""
    return Server({"RCPT": [reply, ANSWERS["RCPT"]], "DATA": [b"554 5.5.1 nobody to send to\r\n", ANSWERS["DATA"]]})


async def want(office: Post, what: Notices) -> None:
    await office.app.db.write(lambda tx: orgs.choose_notices(tx, office.world.org.id, what))


async def arrived(server: Server) -> EmailMessage:
    """The first message that the server takes."""
    await until(lambda: bool(server.messages))
    message = message_from_bytes(server.messages[0], policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message
