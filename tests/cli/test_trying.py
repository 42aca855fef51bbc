"""A server is tried before it is kept: ``sender add``, ``sender set``, ``org transport``."""

from pathlib import Path

import pytest
import trustme

from postroom.app import open_app
from postroom.config import load
from postroom.smtp.grant import Grant
from postroom.store import orgs, transports
from tests.cli.command import postroom, stored, typed, well
from tests.smtp.issuers import Issuer, token
from tests.smtp.peers import Authority, Inbox, Server, offers

WITH_TLS = offers("STARTTLS", "AUTH PLAIN")
SECRET = "pencil-9"
QUICK = {"POSTROOM_SMTP_PASSWORD": SECRET, "POSTROOM_SMTP_TIMEOUT_SCALE": "0.002"}
ADD = ("sender", "add", "ada@x.example", "--confirmed")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(ca=trustme.CA())


def way(port: int, tls: str = "none", *more: str, host: str = "127.0.0.1") -> tuple[str, ...]:
    return ("--host", host, "--port", str(port), "--tls", tls, *more)


@pytest.fixture
def trusting(authority: Authority, tmp_path: Path) -> dict[str, str]:
    authority.ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    return {**QUICK, "POSTROOM_CA_FILE": str(tmp_path / "ca.pem")}


async def ports(home: Path) -> list[int]:
    """Those of the servers that are kept."""
    return await stored(home / "data", lambda tx, org: sorted(each.port for each in transports.listing(tx, org.id)))


async def test_each_step_is_told_as_it_passes(home: Path, authority: Authority, trusting: dict[str, str]) -> None:
    server = Server({"EHLO": WITH_TLS}, tls=authority.server("127.0.0.1"))
    async with server.listening():
        words = (*ADD, *way(server.port, "starttls", "--username", "ada", "--test-mail", "--json"))
        done = await well(*words, cwd=home, env=trusting)
    told = done.json
    assert [(each["step"], each["passed"]) for each in told["tried"]] == [
        (step, True) for step in ("resolve", "connect", "greet", "tls", "sign in", "test mail")
    ]
    assert done.err.splitlines()[0] == "resolve    ok  127.0.0.1"
    [message] = server.messages
    assert b"\r\nTo: ada@x.example\r\n" in message
    assert SECRET not in done.err + done.out
    assert await ports(home) == [server.port]


async def test_the_step_that_fails_is_named_with_what_to_do_and_nothing_is_kept(
    home: Path, authority: Authority, trusting: dict[str, str]
) -> None:
    user = ("--username", "ada")
    refusing = Server({"EHLO": WITH_TLS, "AUTH": b"535 5.7.8 no\r\n"}, tls=authority.server("127.0.0.1"))
    stranger = Server({"EHLO": WITH_TLS}, tls=Authority(ca=trustme.CA()).server("127.0.0.1"))
    owner = Server({"MAIL": b"553 5.7.1 not your address\r\n", "EHLO": offers("AUTH PLAIN")})
    rows: tuple[tuple[Server, str, tuple[str, ...], str, str], ...] = (
        (refusing, "starttls", user, "sign in failed: 535 5.7.8 no", "user name and password"),
        (stranger, "starttls", user, "tls failed: the certificate is not to be trusted", "name that in ca_file"),
        (owner, "none", (*user, "--test-mail"), "test mail failed: 553 5.7.1", "may not send from this address"),
    )
    for server, tls, more, says, advises in rows:
        async with server.listening():
            done = await postroom(*ADD, *way(server.port, tls, *more), cwd=home, env=trusting)
        last = done.err.splitlines()[-1]
        assert (done.code, done.out) == (1, ""), (says, done)
        assert last.startswith(f"postroom: {says}"), done.err
        assert advises in last, done.err
        assert SECRET not in done.err
    assert await ports(home) == []


async def test_a_refresh_token_that_is_replaced_while_trying_is_the_one_kept(
    home: Path, authority: Authority, trusting: dict[str, str]
) -> None:
    server = Server({"EHLO": offers("STARTTLS", "AUTH XOAUTH2")}, tls=authority.server("127.0.0.1"))
    async with server.listening(), Issuer(token("access", refresh_token="second")).listening() as issuer:
        more = ("--username", "ada", "--oauth", issuer.url, "--client-id", "postroom")
        secrets = {**trusting, "POSTROOM_OAUTH_REFRESH_TOKEN": "first", "POSTROOM_OAUTH_CLIENT_SECRET": SECRET}
        await well(*ADD, *way(server.port, "starttls", *more), cwd=home, env=secrets)
    assert [asked["refresh_token"] for asked in issuer.asked] == ["first"]
    async with open_app(load(data_dir=home / "data")) as app:
        org = await app.db.read(orgs.first)
        assert org is not None
        [kept] = await app.db.read(lambda tx: transports.listing(tx, org.id))
        assert kept.oauth is not None
        assert Grant.read(app.vault.open_sealed(kept.oauth)).refresh_token == "second"


async def test_names_and_ports_that_nobody_has(home: Path) -> None:
    server = Server()
    async with server.listening():
        pass
    nobody = await postroom(*ADD, *way(server.port), "--json", cwd=home, env=QUICK)
    assert (nobody.code, [each["passed"] for each in nobody.json["tried"]]) == (1, [True, False])
    assert "nobody listens there" in nobody.json["advice"]
    nowhere = await postroom(*ADD, *way(25, host="no..such.invalid"), cwd=home, env=QUICK)
    assert (nowhere.code, nowhere.err.splitlines()[-1].startswith("postroom: resolve failed: ")) == (1, True)
    for words in (("--untried",), (*way(25), "--untried", "--test-mail")):
        assert (await postroom(*ADD, *words, cwd=home)).code == 2


async def test_a_server_that_fails_takes_no_place_of_one_that_works(home: Path) -> None:
    await well(*ADD, *way(25), "--untried", cwd=home)
    await well("org", "transport", *way(26), "--untried", cwd=home)
    busy = Server({"CONNECT": b"554 5.7.1 not you\r\n"})
    async with busy.listening():
        for words in (("sender", "set", "ada@x.example"), ("org", "transport")):
            assert "greet failed" in (await postroom(*words, *way(busy.port), cwd=home, env=QUICK)).err
        assert await ports(home) == [25, 26]
    async with Inbox().listening() as inbox:
        for words in (("sender", "set", "ada@x.example"), ("org", "transport")):
            await well(*words, *way(inbox.port), "--test-mail", cwd=home, env=QUICK)
        assert [mail.recipients for mail in inbox.mails] == [("ada@x.example",), ("admin@localhost",)]
    assert await ports(home) == [inbox.port] * 2


async def test_at_a_terminal_the_server_is_asked_for(home: Path) -> None:
    server = Server({"EHLO": offers("AUTH PLAIN")})
    async with server.listening():
        answers = [
            ("SMTP server [smtp.gmail.com]", "127.0.0.1"),
            ("Protection (tls, starttls, none) [starttls]", "none"),
            ("Port [25]", str(server.port)),
            ("User name (- for none) [ada@gmail.com]", ""),
            ("Smtp password", SECRET),
            ("Repeat for confirmation", SECRET),
            ("Send a test mail to ada@gmail.com?", "y"),
        ]
        done = await typed("sender", "add", "ada@gmail.com", "--confirmed", cwd=home, answers=answers)
    assert (done.code, "app password" in done.err, SECRET in done.err) == (0, True, False), done
    assert "test mail  ok  2.0.0 Ok: queued as 4711" in done.err
    assert done.out.startswith("sender ada@gmail.com added")
    assert len(server.messages) == 1


async def test_at_a_terminal_it_may_be_kept_all_the_same(home: Path) -> None:
    for word, code in (("n", 1), ("y", 0)):
        answers = [("Keep it all the same?", word)]
        done = await typed(*ADD, *way(1), cwd=home, answers=answers)
        assert (done.code, "connect    failed: " in done.err) == (code, True), done
    nothing = await typed("sender", "add", "o@x.example", "--confirmed", cwd=home, answers=[("SMTP server", "")])
    assert (nothing.code, "organisation's server" in nothing.err) == (0, True), nothing
    assert await ports(home) == [1]
