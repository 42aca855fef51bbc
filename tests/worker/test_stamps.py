"""Mails that name their recipient, from the API to a mail program's button and the next mail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from click import ClickException

from postroom.cli.returned import returned
from postroom.config import Settings
from postroom.mail import verp
from postroom.mail.address import Address
from postroom.mail.life import State
from postroom.mail.token import Addressee, Use
from postroom.store import addressees, mails, orgs, senders, transports
from postroom.store.db import Tx
from postroom.web.run import bind, url_of
from tests.smtp.peers import Inbox, Received
from tests.web.house import House, house
from tests.worker.test_loop import worker

TO, CC, BCC = "cleo@customer-of-org1.example", "boss@x.example", "archive@x.example"


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """A house that delivers to ``inbox``, and whose sender asks for all that names a recipient."""

    home: House
    inbox: Inbox

    async def send(self, **changes: Any) -> tuple[int, dict[str, Any]]:
        """A mail to the contact and others; status and answer."""
        world = self.home.world
        mail = {"from": {"email": world.sender.email}, "to": [{"user_name": "Cleo", "email": TO}], "subject": "Hello"}
        mail |= {"content": "<p>Hello", "cc": [{"email": CC}], "bcc": [{"email": BCC}]} | changes
        url = f"{self.home.api}/Contacts/{world.contact.id}/actions/send_mail"
        answer = await self.home.http.post(url, json={"data": [mail]}, headers=await self.home.headers())
        (told,) = answer.json()["data"]
        return answer.status_code, told

    async def settled(self, mail_id: str, state: State) -> mails.Filed:
        """The mail, once it has come to this state."""
        look = partial(mails.find, org_id=self.home.world.org.id, mail_id=bytes.fromhex(mail_id))
        while (filed := await self.home.app.db.read(look)) is None or filed.state is not state:
            continue
        return filed

    async def history(self, seq: int) -> list[tuple[str, int | None]]:
        """What happened to a mail, and with whom."""
        rows = await self.home.app.db.read(partial(mails.history, org_id=self.home.world.org.id, seq=seq))
        return [(row.what, row.n) for row in rows]


@asynccontextmanager
async def office(folder: Path, database_url: str, **settings: Any) -> AsyncIterator[Office]:
    """It runs until the block ends, at a URL that its mails name."""
    listener = bind("127.0.0.1", 0)
    given = {"database": database_url, "public_url": url_of(listener), "hostname": "post.example", "stop_seconds": 2.0}
    chosen = Settings(**{"data_dir": folder, **given, **settings})
    async with Inbox().listening() as inbox, house(folder, settings=chosen, listener=listener) as home:
        world = home.world

        def ask(tx: Tx) -> None:
            transports.save(tx, replace(world.transport, port=inbox.port))
            senders.save(tx, replace(world.sender, return_path="bounces@org1.example", one_click=True))

        await home.app.db.write(ask)
        yield Office(home=home, inbox=inbox)


def read(mail: Received) -> EmailMessage:
    """What the standard library makes of a mail."""
    message = message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


async def test_each_gets_a_mail_alone_and_who_presses_the_button_gets_no_other(
    database_url: str, tmp_path: Path
) -> None:
    async with office(tmp_path, database_url) as at, worker(at.home.app):
        _, told = await at.send()
        filed = await at.settled(told["details"]["message_id"], State.SENT)
        arrived = {mail.recipients: mail for mail in at.inbox.mails}
        assert len(at.inbox.mails) == 3
        assert set(arrived) == {(TO,), (CC,), (BCC,)}

        sealed = await at.home.app.db.read(partial(orgs.secret, org_id=at.home.world.org.id))
        assert sealed is not None
        secret = at.home.app.vault.open_signing_secret(sealed)
        for n, address in enumerate((TO, CC, BCC)):
            mail = arrived[address,]
            token = verp.read(Address.parse(mail.sender))
            assert token is not None
            assert token.is_genuine(Use.RETURN_PATH, secret)
            assert (token.addressee.mail_seq, token.addressee.n) == (filed.seq, n)
            message = read(mail)
            assert (message["To"], message["Cc"], message["Bcc"]) == (f"Cleo <{TO}>", CC, None)
            assert message["Feedback-ID"].count(":") == 3
            about, to = await returned(at.home.app, at.home.world.org, Address.parse(mail.sender.upper()))
            assert (about.id, to) == (filed.id, address)
            with pytest.raises(ClickException, match="is no return path of a mail of"):
                await returned(at.home.app, at.home.world.org, Address.parse(mail.sender.replace("+a", "+b")))

        # As Gmail does it: a form, and nothing that says who asks.
        link = read(arrived[CC,])["List-Unsubscribe"].strip("<>")
        async with httpx.AsyncClient(trust_env=False) as program:
            pressed = await program.post(link, data={"List-Unsubscribe": "One-Click"})
        assert pressed.status_code == 200
        assert (await at.history(filed.seq))[-1] == ("unsubscribed", 1)

        _, told = await at.send(bcc=[])
        assert told["details"]["blocked_email_addresses"] == [{"email": CC, "reason": "unsubscribed"}]
        await at.settled(told["details"]["message_id"], State.SENT)
        assert [mail.recipients for mail in at.inbox.mails[3:]] == [(TO,)]
        status, told = await at.send(to=[{"email": CC}], cc=[], bcc=[])
        assert (status, told["code"]) == (400, "NOT_ALLOWED")


async def test_who_unsubscribes_gets_no_mail_that_waits(tmp_path: Path) -> None:
    async with office(tmp_path, "") as at:
        _, told = await at.send()
        filed = await at.settled(told["details"]["message_id"], State.QUEUED)

        def unsubscribe(tx: Tx) -> None:
            found = addressees.find(tx, Addressee(mail_seq=filed.seq, n=1))
            assert found is not None
            addressees.unsubscribe(tx, found, at.home.app.clock())

        await at.home.app.db.write(unsubscribe)
        async with worker(at.home.app):
            filed = await at.settled(told["details"]["message_id"], State.SENT)
        assert {mail.recipients for mail in at.inbox.mails} == {(TO,), (BCC,)}
        assert [each.state for each in filed.deliveries] == [State.SENT, State.FAILED, State.SENT]
        url = f"{at.home.api}/Contacts/{at.home.world.contact.id}/Emails/{filed.id.hex()}"
        shown = await at.home.http.get(url, headers=await at.home.headers("ZohoBigin.modules.ALL"))
        sent, bounced = shown.json()["Emails"][0]["status"]
        assert (sent["type"], bounced["type"], bounced["email"]) == ("sent", "bounced", CC)
        assert bounced["bounced_reason"] == "the recipient has unsubscribed meanwhile"
        assert (bounced["category"], bounced["sub_category"]) == ("Permanently blocked", "5.7.1")


async def test_without_a_url_that_others_can_call_a_mail_waits_and_says_why(tmp_path: Path) -> None:
    async with office(tmp_path, "", public_url="http://post.example") as at, worker(at.home.app):
        _, told = await at.send()
        filed = await at.settled(told["details"]["message_id"], State.QUEUED)
        while "deferred" not in {what for what, _ in await at.history(filed.seq)}:
            continue
        filed = await at.settled(told["details"]["message_id"], State.QUEUED)
        assert {each.line for each in filed.deliveries} == {
            "public_url: mail programs unsubscribe at https:// only, and this server is at http://post.example"
        }
        assert at.inbox.connections == 0
