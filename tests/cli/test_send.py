"""``postroom send``, to a sandbox: what arrives is what the words said."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from postroom.store.db import Tx
from postroom.store.orgs import Org
from postroom.store.tables import token
from tests.cli.boxed import boxed
from tests.cli.command import postroom, stored, well
from tests.client.recorder import accepted, answer, recording, script


async def test_what_was_said_arrives(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>Grüße <b>aus</b> Köln</p>", encoding="utf-8")
    (tmp_path / "Übersicht.csv").write_bytes(b"a,b\n")
    async with boxed(tmp_path) as box:
        words = ("--subject", "Größe", "--html", "@page.html", "--attach", "Übersicht.csv")
        people = ("--cc", '"Poole, Mary" <mp@customer.example>', "--bcc", "b@x.example", "--reply-to", "r@x.example")
        first = (await box.send(*words, *people, "--json")).json
        assert first["message"] == "Your mail has been sent successfully."
        await box.sent(first["message_id"])
        second = await box.send("--from", box.variables["POSTROOM_ORG_FROM"], "--org-email", "--text", "-", stdin="Hi")
        await box.sent(second.out.strip())
        one, two = await box.mails()
    assert one["envelope"] == {
        "from": "robin@sandbox.example",
        "to": ["mary.poole@customer.example", "mp@customer.example", "b@x.example"],
    }
    assert (one["from"], one["cc"]) == ("Robin Ash <robin@sandbox.example>", '"Poole, Mary" <mp@customer.example>')
    assert (one["subject"], one["reply_to"], one["html"]) == (
        "Größe",
        "r@x.example",
        "<p>Grüße <b>aus</b> Köln</p>",
    )
    assert [(each["name"], each["size"], each["inline"]) for each in one["attachments"]] == [
        ("Übersicht.csv", 4, False)
    ]
    assert (one["way"], two["way"]) == ("sender", "organisation")
    assert (two["from"], two["text"], two["html"]) == ("Sandbox Ltd <office@sandbox.example>", "Hi\n", None)


async def test_a_templates_words_count_where_none_are_given_and_a_key_makes_two_one(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        words = ("template", "add", "Contacts", "T", "--subject", "Hello ${Contacts.First_Name}", "--content", "-")
        made = await well(*words, "--text", "--json", "--data-dir", "box/data", cwd=tmp_path, stdin="Of the template")
        said = ("--template", made.json["id"], "--key", "order-1")
        first = (await box.send(*said)).out
        assert (await box.send(*said)).out == first
        answer = (await box.send("--text", "", "--in-reply-to", first.strip())).out
        for sent in (first, answer):
            await box.sent(sent.strip())
        one, two = await box.mails()
        whole = (await box.mail(answer.strip())).whole
    assert (one["subject"], one["text"].strip()) == ("Hello Mary", "Of the template")
    assert (two["subject"], two["text"].strip()) == ("", "")
    assert whole["thread_id"] == first.strip()


async def test_eleven_at_once_ask_for_one_token(tmp_path: Path) -> None:
    """A refresh token gives ten in ten minutes (W 4.10)."""
    async with boxed(tmp_path) as box:
        before = await stored(tmp_path / "box" / "data", _access_tokens)
        sent = await asyncio.gather(*(box.send("--subject", str(n)) for n in range(11)))
        assert [each.err for each in sent] == [""] * 11
        assert await stored(tmp_path / "box" / "data", _access_tokens) == before + 1


async def test_a_token_that_was_revoked_is_replaced_once(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        assert (await box.send()).code == 0
        (kept,) = (box.cache / "postroom" / "tokens").iterdir()
        first = json.loads(kept.read_text())["access"]
        async with httpx.AsyncClient(base_url=box.variables["POSTROOM_ACCOUNTS_URL"], trust_env=False) as http:
            await http.post("/oauth/v2/token/revoke", params={"token": first})
            assert (await box.send()).code == 0
            second = json.loads(kept.read_text())["access"]
            assert second != first
            await http.post("/oauth/v2/token/revoke", params={"token": box.variables["POSTROOM_REFRESH_TOKEN"]})
        assert (await box.send()).err == "postroom: no token: invalid_code\n"


async def test_without_a_cache_folder_it_sends_all_the_same(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        assert (await box.send(XDG_CACHE_HOME="/proc/none")).code == 0
        assert (await box.send(XDG_CACHE_HOME="", HOME="")).code == 0
    assert not box.cache.exists()


def _access_tokens(tx: Tx, _: Org) -> int:
    return len(tx.execute(select(token.c.hash).where(token.c.kind == "access")).all())


async def test_refusals_are_one_line(tmp_path: Path) -> None:
    async with boxed(tmp_path) as box:
        stranger = await box.send("--to", "stranger@x.example")
        past = await box.send("--at", "2020-01-01T00:00:00Z")
        (tmp_path / "box.env").write_text(
            "".join(f"{name}={value}\n" for name, value in box.variables.items() if name != "POSTROOM_CLIENT_SECRET")
        )
        nobody = await box.send()
        (tmp_path / "box.env").write_text((tmp_path / "box.env").read_text() + "POSTROOM_CLIENT_SECRET=guess\n")
        guess = await box.send()
    for done in (stranger, past, nobody, guess):
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "$.data[0].to[1].email" in stranger.err
    assert "scheduled_time" in past.err
    assert "POSTROOM_CLIENT_SECRET is missing" in nobody.err
    assert guess.err == "postroom: no token: invalid_client_secret\n"


async def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    env = {f"POSTROOM_{name}": "x" for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")}
    env |= {"POSTROOM_API_URL": "http://127.0.0.1:9", "POSTROOM_ACCOUNTS_URL": "http://127.0.0.1:9"}
    done = await postroom("send", "--record", "Contacts/1", "--to", "a@x.example", cwd=tmp_path, env=env)
    assert done.code == 1
    assert done.err.startswith("postroom: http://127.0.0.1:9: ")


@pytest.mark.parametrize(
    "words",
    [
        ("--record", "Leads/1"),
        ("--record", "Contacts"),
        ("--record", "Contacts/1", "--at", "tomorrow"),
        ("--record", "Contacts/1", "--text", "a", "--html", "b"),
        ("--record", "Contacts/1", "--attach", "nothing.txt"),
        ("--record", "Contacts/1", "--key", "two words", "--url", "https://mail.x.example"),
        ("--record", "Contacts/1", "--key", "1", "--data-center", "eu"),
    ],
)
async def test_words_without_sense_send_nothing(words: tuple[str, ...], tmp_path: Path) -> None:
    done = await postroom("send", "--to", "a@x.example", *words, cwd=tmp_path)
    assert (done.code, done.err.count("\n")) == (2, 1)


async def test_a_rehearsal_shows_the_requests_and_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x" * 1234)
    words = ("send", "--record", "Contacts/7", "--to", "Rita <r@x.example>", "--text", "Hi", "--attach", "a.bin")
    shown = (await well(*words, "--data-center", "eu", "--dry-run", "--json", cwd=tmp_path)).json
    assert [(each["method"], each["url"].removeprefix("https://www.zohoapis.eu/bigin/v2")) for each in shown] == [
        ("GET", "/settings/emails/actions/from_addresses"),
        ("POST", "/files"),
        ("POST", "/Contacts/7/actions/send_mail"),
    ]
    assert shown[1]["files"] == [{"name": "a.bin", "size": 1234}]
    (mail,) = shown[2]["body"]["data"]
    assert (mail["to"], mail["attachments"]) == (
        [{"user_name": "Rita", "email": "r@x.example"}],
        [{"id": "<id of a.bin>"}],
    )
    said = (await well(*words, "--url", "https://mail.x.example", "--dry-run", cwd=tmp_path)).out
    assert "POST https://mail.x.example/bigin/v2/files\n  a.bin: 1,234 octets\nPOST https" in said
    assert "token" not in said


async def test_it_goes_where_it_is_told_with_what_nobody_else_can_read(tmp_path: Path) -> None:
    done = accepted(blocked_email_addresses=[{"email": "b@x.example", "reason": "hard bounce"}])
    with recording(script(answer({"from_addresses": [{"email": "a@x.example"}]}), done)) as here:
        env = {f"POSTROOM_{name}": "x" for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")}
        words = ("send", "--record", "Contacts/7", "--to", "r@x.example", "--url", here.url)
        sent = await well(*words, cwd=tmp_path, env=env)
        assert sent.out == f"{'ab' * 32}\n"
        assert sent.err == "postroom: b@x.example is blocked and gets nothing: hard bounce\n"
        assert [each.key is not None for each in here.heard] == [False, False, True]
        (tmp_path / "open.env").write_text("POSTROOM_CLIENT_ID=x\n")
        (tmp_path / "open.env").chmod(0o640)
        refused = await postroom(*words, "--env-file", "open.env", cwd=tmp_path, env=env)
        assert refused.err == "postroom: open.env: others can read it (its mode is 0640); chmod 600 it\n"
        for more, said in (
            (("--data-center", "moon"), "not both"),
            (("--url", "mail.x.example"), "'mail.x.example' is no URL of a server"),
        ):
            assert said in (await postroom(*words, *more, cwd=tmp_path, env=env)).err
        assert len(here.heard) == 3
    nowhere = ("send", "--record", "Contacts/7", "--to", "r@x.example", "--data-center", "moon")
    assert "there is no data centre 'moon'; there are us, eu" in (await postroom(*nowhere, cwd=tmp_path)).err
