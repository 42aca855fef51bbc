"""What Postfix and Exim say to us, as Debian ships them, and that what they take arrives."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import trustme

from postroom.mail.life import Outcome, Result, Stage, State, Why
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.mechanisms import BY_TOKEN
from postroom.smtp.probe import Step
from postroom.smtp.protocol import Envelope, SessionFailed
from postroom.smtp.route import Credentials, Route, Tls
from postroom.smtp.session import Session
from postroom.smtp.tokens import Tokens
from postroom.smtp.transaction import CHUNKED_OCTETS
from postroom.smtp.trust import Trust
from postroom.store import transports
from tests.cli.command import postroom, well
from tests.peers.dovecot import token
from tests.peers.mailserver import MailServer
from tests.peers.premises import ADA, SIZE_LIMIT, Premises
from tests.smtp.issuers import GRANT, Issuer
from tests.smtp.issuers import token as issued
from tests.smtp.letters import MESSAGE, envelope
from tests.smtp.peers import Authority, Inbox, Received, until
from tests.smtp.test_tokens import Store, tokens
from tests.test_send import box
from tests.worker.test_loop import post, worker

PATIENT = Deadlines.scaled(0.1)


@asynccontextmanager
async def beyond(ground: Premises) -> AsyncIterator[Inbox]:
    """The inbox to which each server sends on what it took."""
    inbox = Inbox()
    inbox.port = ground.onward
    async with inbox.listening():
        yield inbox


async def arrived(inbox: Inbox, *recipients: str) -> list[Received]:
    """The mails to these, once all have come; a server may still be sending on what another test gave it."""

    def found() -> list[Received]:
        return [mail for mail in inbox.mails if set(mail.recipients) & set(recipients)]

    await until(lambda: {each for mail in found() for each in mail.recipients} >= set(recipients))
    return found()


async def opened(route: Route, trust: Trust, tokens: Tokens | None = None) -> Session:
    return await Session.open(route, hostname="mail.example.com", trust=trust, deadlines=PATIENT, tokens=tokens)


async def sent(route: Route, ground: Premises, *mails: Envelope, message: bytes = MESSAGE) -> list[list[Outcome]]:
    """The outcomes of mails that go through one session."""
    session = await opened(route, ground.authority.client())
    try:
        return [await session.transmit(each, (message,)) for each in mails]
    finally:
        await session.close()


async def failure(route: Route, trust: Trust) -> Outcome:
    with pytest.raises(SessionFailed) as caught:
        await opened(route, trust)
    return caught.value.outcome


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
async def test_mails_go_on_as_they_are_through_one_session(server: MailServer, ground: Premises, tls: Tls) -> None:
    """To a domain that the server would let nobody send to who is not signed in."""
    to = f"bob@{tls.value}.elsewhere.example"
    async with beyond(ground) as inbox:
        outcomes = await sent(server.route(tls, ADA), ground, *[envelope(to)] * 3)
        assert [outcome.result for [outcome] in outcomes] == [Result.ACCEPTED] * 3
        await until(lambda: sum(mail.recipients == (to,) for mail in inbox.mails) == 3)
    for mail in [mail for mail in inbox.mails if mail.recipients == (to,)]:
        assert (mail.sender, mail.recipients) == ("ann@example.com", (to,))
        # The server puts lines of its own on top, and Postfix adds what this header lacks.
        before, _, body = mail.content.partition(b"\r\n\r\n")
        assert b"\r\nSubject: hello" in before
        assert body == MESSAGE.partition(b"\r\n\r\n")[2]
        assert b"from" in before[: before.index(b"\r\nSubject")].lower()


async def test_who_is_not_signed_in_sends_nowhere_else(server: MailServer, ground: Premises) -> None:
    [[outcome]] = await sent(server.route(), ground, envelope("bob@elsewhere.example"))
    assert (outcome.result, outcome.enhanced, outcome.why) == (Result.REJECTED, "5.7.1", Why.RELAY_DENIED)


async def test_a_wrong_password_is_the_transports_fault(server: MailServer, ground: Premises) -> None:
    wrong = Credentials(username="ada", password="pen")
    outcome = await failure(server.route(credentials=wrong), ground.authority.client())
    assert (outcome.result, outcome.stage, outcome.code) == (Result.DEFERRED, Stage.AUTH, 535)
    assert "pen" not in outcome.command


async def test_signing_in_is_offered_under_tls_only(server: MailServer, ground: Premises) -> None:
    outcome = await failure(server.route(Tls.NONE, ADA), ground.authority.client())
    assert (outcome.stage, outcome.code) == (Stage.AUTH, None)


async def test_a_certificate_of_nobody_we_trust_is_refused(server: MailServer) -> None:
    stranger = Authority(ca=trustme.CA())
    for tls in (Tls.STARTTLS, Tls.TLS):
        outcome = await failure(server.route(tls, ADA), stranger.client())
        assert (outcome.stage, outcome.result) == (Stage.TLS, Result.DEFERRED)


async def test_a_certificate_of_another_name_is_refused(server: MailServer, ground: Premises) -> None:
    outcome = await failure(replace(server.route(), host="127.0.0.2"), ground.authority.client())
    assert outcome.stage is Stage.CONNECT  # it listens at the one address only
    outcome = await failure(replace(server.route(), host="::ffff:127.0.0.1"), ground.authority.client())
    assert outcome.stage is Stage.TLS


async def test_each_recipient_has_an_outcome_of_its_own(server: MailServer, ground: Premises) -> None:
    names = ("later@inbox.example", "dora@inbox.example", "nobody@inbox.example", "cleo@inbox.example")
    async with beyond(ground) as inbox:
        [outcomes] = await sent(server.route(), ground, envelope(*names))
        mails = await arrived(inbox, "dora@inbox.example", "cleo@inbox.example")
    assert {each for mail in mails for each in mail.recipients} == {"dora@inbox.example", "cleo@inbox.example"}
    deferred, accepted, rejected, also = outcomes
    assert (deferred.result, deferred.enhanced) == (Result.DEFERRED, "4.2.1")
    assert (rejected.result, rejected.enhanced, rejected.why) == (Result.REJECTED, "5.1.1", Why.BAD_MAILBOX)
    assert (accepted.result, also) == (Result.ACCEPTED, accepted)


async def test_a_mail_of_refused_recipients_leaves_the_session_fit(server: MailServer, ground: Premises) -> None:
    [[refused], [late], [good]] = await sent(
        server.route(),
        ground,
        envelope("nobody@inbox.example"),
        envelope("later@inbox.example"),
        envelope("bob@inbox.example"),
    )
    assert (refused.result, late.result, good.result) == (Result.REJECTED, Result.DEFERRED, Result.ACCEPTED)


async def test_greylisted_at_first_and_taken_the_next_time(server: MailServer, ground: Premises) -> None:
    seen: list[str] = []

    async def judge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Postfix's policy protocol, which Exim's configuration asks with, too."""
        asked = (await reader.readuntil(b"\n\n")).decode()
        [who] = [line for line in asked.splitlines() if line.startswith("recipient=")]
        verdict = "dunno" if who in seen else "defer_if_permit Greylisted, try again in 5 seconds"
        seen.append(who)
        writer.write(f"action={verdict}\n\n".encode())
        await writer.drain()
        writer.close()

    mail = envelope("grey@inbox.example")
    async with await asyncio.start_server(judge, "127.0.0.1", ground.gate):
        [[first], [second]] = await sent(server.route(), ground, mail, mail)
    assert (first.result, first.why, first.retry_after) == (Result.DEFERRED, Why.GREYLISTED, 5)
    assert second.result is Result.ACCEPTED


async def test_a_large_mail_goes_by_chunks_and_the_session_stays_fit(server: MailServer, ground: Premises) -> None:
    large = MESSAGE + b"..chunks count octets\r\n.\r\n" * (CHUNKED_OCTETS // 25)
    mails = [envelope(f"{name}@inbox.example", size=len(large)) for name in ("nobody", "chunks", "pieces")]
    async with beyond(ground) as inbox:
        [[refused], [taken], [again]] = await sent(server.route(), ground, *mails, message=large)
        for mail in await arrived(inbox, "chunks@inbox.example", "pieces@inbox.example"):
            assert mail.content.endswith(large.partition(b"\r\n\r\n")[2])
    assert refused.result is Result.REJECTED
    for outcome in (taken, again):
        assert (outcome.result, outcome.command) == (Result.ACCEPTED, "BDAT LAST")


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
async def test_a_tls_session_is_taken_up_again(server: MailServer, ground: Premises, tls: Tls) -> None:
    trust, resumed = ground.authority.client(), []
    for _ in range(2):
        session = await opened(server.route(tls, ADA), trust)
        under = session._connection.tls
        assert under is not None
        resumed.append(under.session_reused)
        await session.close()
    assert resumed == [False, True]


async def test_what_is_too_big_is_not_tried(server: MailServer, ground: Premises) -> None:
    before = server.noted()
    big = b"x" * 998 + b"\r\n"
    count = SIZE_LIMIT // len(big) + 1
    [[outcome]] = await sent(
        server.route(Tls.NONE), ground, envelope("bob@inbox.example", size=count * len(big)), message=big * count
    )
    assert (outcome.result, outcome.why, outcome.code) == (Result.REJECTED, Why.TOO_BIG, None)
    assert str(SIZE_LIMIT) in outcome.line
    assert "bob@inbox.example" not in server.noted().removeprefix(before)


async def test_a_large_message_goes_in_chunks(server: MailServer, ground: Premises) -> None:
    """RFC 3030; each of them notes down that it came so."""
    before = server.noted()
    large = b"Subject: large\r\n\r\n" + (b"." + b"x" * 900 + b"\r\n") * (CHUNKED_OCTETS // 900)
    async with beyond(ground) as inbox:
        [[outcome]] = await sent(
            server.route(), ground, envelope("chunks@inbox.example", size=len(large)), message=large
        )
        assert outcome.result is Result.ACCEPTED
        [mail] = await arrived(inbox, "chunks@inbox.example")
        noted = {"postfix": r"bdat=\d", "exim": r"<= ann@example\.com .* K .*for chunks@"}[server.name]
        await until(lambda: re.search(noted, server.noted().removeprefix(before)) is not None)
    assert mail.content.endswith(large.partition(b"\r\n\r\n")[2])


async def test_names_of_all_the_world_go_on_as_they_are(server: MailServer, ground: Premises) -> None:
    async with beyond(ground) as inbox:
        [[outcome]] = await sent(server.route(), ground, envelope("bjørn@inbox.example", smtputf8=True))
        assert outcome.result is Result.ACCEPTED
        [mail] = await arrived(inbox, "bjørn@inbox.example")
    assert "SMTPUTF8" in mail.options


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2"])
async def test_each_way_to_sign_in(exim_server: MailServer, ground: Premises, mechanism: str) -> None:
    """Exim asks Dovecot; at each of these ports it offers one mechanism."""
    grant = replace(GRANT, username=ADA.username) if mechanism in BY_TOKEN else None
    way = replace(exim_server.route(), credentials=grant or ADA, port=exim_server.only[mechanism])
    async with Issuer(issued(token())).listening() as issuer:
        session = await opened(way, ground.authority.client(), tokens(issuer.url, Store(grant)))
        [outcome] = await session.transmit(envelope(f"{mechanism.lower()}@elsewhere.example"), (MESSAGE,))
        await session.close()
    assert outcome.result is Result.ACCEPTED
    assert f"A={mechanism.lower().replace('-', '_')}:ada" in exim_server.noted()


@pytest.mark.parametrize("mechanism", BY_TOKEN)
async def test_a_token_that_is_not_believed(exim_server: MailServer, ground: Premises, mechanism: str) -> None:
    way = replace(exim_server.route(), credentials=GRANT, port=exim_server.only[mechanism])
    async with Issuer(issued(token("ben")[:-9]), issued("another")).listening() as issuer:
        with pytest.raises(SessionFailed) as caught:
            await opened(way, ground.authority.client(), tokens(issuer.url))
    assert (caught.value.outcome.code, len(issuer.asked)) == (535, 2)
    assert "(status " in caught.value.outcome.line


async def test_it_is_tried_before_it_is_kept(exim_server: MailServer, ground: Premises, tmp_path: Path) -> None:
    await well("init", cwd=tmp_path)
    env = {"POSTROOM_SMTP_PASSWORD": ADA.password, "POSTROOM_CA_FILE": str(ground.trusted)}
    way = ("--host", "127.0.0.1", "--port", str(exim_server.port), "--username", ADA.username, "--test-mail", "--json")
    async with beyond(ground) as inbox:
        done = await well("sender", "add", "ada@tried.example", "--confirmed", *way, cwd=tmp_path, env=env)
        [mail] = await arrived(inbox, "ada@tried.example")
    assert [each["step"] for each in done.json["tried"] if each["passed"]] == [step.value for step in Step]
    assert message_from_bytes(mail.content, policy=policy.default)["From"] == "ada@tried.example"
    refused = await postroom(
        "sender", "add", "b@tried.example", *way, cwd=tmp_path, env={**env, "POSTROOM_SMTP_PASSWORD": "pen"}
    )
    assert (refused.code, refused.json["advice"].startswith("see whether user name")) == (1, True)


async def test_a_worker_sends_through_it(server: MailServer, ground: Premises, sqlite_url: str, tmp_path: Path) -> None:
    trusting = {"ca_file": str(ground.trusted)}
    async with beyond(ground) as inbox, post(tmp_path, sqlite_url, server.port, few=trusting) as office:
        password = office.app.vault.seal(ADA.password)
        signed_in = replace(office.world.transport, tls="starttls", username=ADA.username, password=password)
        await office.app.db.write(lambda tx: transports.save(tx, signed_in))
        async with worker(office.app):
            accepted = await office.accept("Grüße", cc=(box("nobody@inbox.example"),))
            filed = await office.reaches(accepted, State.SENT)
        [mail] = await arrived(inbox, "cleo@customer-of-org1.example")
    assert [delivery.state for delivery in filed.deliveries] == [State.SENT, State.FAILED]
    assert mail.recipients == ("cleo@customer-of-org1.example",)
    assert message_from_bytes(mail.content, policy=policy.default)["Subject"] == "Grüße"
