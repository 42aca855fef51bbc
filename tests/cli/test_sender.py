"""``postroom sender`` and ``postroom org``."""

import sqlite3
from contextlib import closing
from pathlib import Path

from postroom.access.secrets import Vault
from postroom.config import Settings
from postroom.smtp.grant import Grant
from postroom.store import transports
from tests.cli.command import postroom, stored, well


async def test_senders_have_servers_and_passwords_are_sealed(home: Path) -> None:
    words = (
        "sender",
        "add",
        "Ada@X.example",
        "--name",
        "Ada",
        "--host",
        "smtp.x.example",
        "--untried",
        "--username",
        "ada",
    )
    assert "POSTROOM_SMTP_PASSWORD" in (await postroom(*words, cwd=home)).err
    await well(*words, "--default", cwd=home, env={"POSTROOM_SMTP_PASSWORD": "tOp-SeCrEt"})
    office = ("sender", "add", "office@x.example", "--org-email", "--default")
    assert "no SMTP server could take a link to office@x.example" in (await postroom(*office, cwd=home)).err
    await well(*office, "--confirmed", cwd=home)
    await well(
        "sender", "add", "ada2@x.example", "--default", "--host", "h.example", "--untried", "--tls", "tls", cwd=home
    )
    listed = (await well("sender", "ls", "--json", cwd=home)).json
    assert [(each["email"], each["of"], each["default"], each["confirmed"], each["server"]) for each in listed] == [
        ("ada@x.example", "admin@localhost", "no", "no", "smtp.x.example:587 starttls"),
        ("office@x.example", "organisation", "yes", "yes", "-"),
        ("ada2@x.example", "admin@localhost", "yes", "no", "h.example:465 tls"),
    ]
    kept = b"".join(each.read_bytes() for each in (home / "data").glob("postroom.db*"))
    assert b"tOp-SeCrEt" not in kept
    assert "is a from address already" in (await postroom(*office, "--confirmed", cwd=home)).err


async def test_a_wrong_server_is_mended_in_its_place_so_that_waiting_mails_go_the_new_way(home: Path) -> None:
    await well("sender", "add", "ada@x.example", "--host", "wrong.example", "--untried", "--tls", "none", cwd=home)
    with closing(sqlite3.connect(home / "data" / "postroom.db")) as rows:
        before = rows.execute("SELECT transport_id FROM sender").fetchall()
    await well(
        "sender",
        "set",
        "ada@x.example",
        "--host",
        "right.example",
        "--untried",
        "--name",
        "Ada B.",
        "--default",
        cwd=home,
    )
    (listed,) = (await well("sender", "ls", "--json", cwd=home)).json
    assert (listed["name"], listed["default"], listed["server"]) == ("Ada B.", "yes", "right.example:587 starttls")
    with closing(sqlite3.connect(home / "data" / "postroom.db")) as rows:
        assert rows.execute("SELECT transport_id FROM sender").fetchall() == before
    for words, whose in ((("--name", "Bob"), "admin@localhost"), (("--org-email",), "the organisation")):
        unknown = await postroom("sender", "set", "bob@x.example", *words, cwd=home)
        said = f"postroom: there is no from address bob@x.example of {whose}; see: postroom sender ls\n"
        assert (unknown.code, unknown.err) == (1, said)


async def test_a_server_without_a_host_is_no_server(home: Path) -> None:
    done = await postroom("sender", "add", "a@x.example", "--port", "25", cwd=home)
    assert done.code == 2
    assert "need --host" in done.err


async def test_the_organisation_has_a_server_and_a_policy(home: Path) -> None:
    await well("org", "transport", "--host", "relay.x.example", "--untried", "--tls", "none", cwd=home)
    await well("org", "recipients", "any", cwd=home)
    shown = (await well("org", "show", "--json", cwd=home)).json
    assert (shown["name"], shown["recipients"], shown["server"]) == ("Postroom", "any", "relay.x.example:25 none")
    await well("org", "transport", "--none", cwd=home)
    assert (await well("org", "show", "--json", cwd=home)).json["server"] == "-"
    assert (await postroom("org", "transport", cwd=home)).code == 2


async def test_aliases_and_chosen_users_are_told_and_changed(home: Path) -> None:
    await well("user", "add", "ben@x.example", cwd=home)
    await well("sender", "add", "ada@x.example", "--host", "h.example", "--untried", cwd=home)
    await well("sender", "add", "desk@x.example", "--alias-of", "ada@x.example", "--confirmed", cwd=home)
    await well("sender", "add", "b@x.example", "--org-email", "--for", "ben@x.example", "--confirmed", cwd=home)

    async def listed() -> list[tuple[str, str, str]]:
        rows = (await well("sender", "ls", "--json", cwd=home)).json
        return [(each["alias_of"], each["for"], each["server"]) for each in rows]

    way = "h.example:587 starttls"
    assert await listed() == [("-", "-", way), ("ada@x.example", "-", way), ("-", "ben@x.example", "-")]
    await well("sender", "set", "b@x.example", "--org-email", "--for-all", cwd=home)
    assert (await listed())[2] == ("-", "-", "-")
    for words, said in (
        (("add", "c@x.example", "--alias-of", "desk@x.example"), "desk@x.example is an alias itself"),
        (
            ("set", "desk@x.example", "--host", "i.example", "--untried"),
            "desk@x.example is an alias: its mails leave through",
        ),
    ):
        refused = await postroom("sender", *words, cwd=home)
        assert (refused.code != 0, said in refused.err) == (True, True), refused


async def test_what_is_removed_is_named_first_and_only_if_it_is_there(home: Path) -> None:
    await well("sender", "add", "b@x.example", "--org-email", "--for", "admin@localhost", "--confirmed", cwd=home)
    unknown = await postroom("sender", "rm", "b@x.example", cwd=home)
    said = "postroom: there is no from address b@x.example of admin@localhost; see: postroom sender ls\n"
    assert (unknown.code, unknown.err) == (1, said)
    asked = await postroom("sender", "rm", "b@x.example", "--org-email", cwd=home, stdin="n\n")
    assert (asked.code, asked.err.startswith("Remove the from address b@x.example? [y/N]: ")) == (1, True)
    await well("sender", "rm", "b@x.example", "--org-email", cwd=home, stdin="y\n")
    assert (await well("sender", "ls", "--json", cwd=home)).json == []


async def test_what_mails_tell_machines_is_asked_for_and_taken_back(home: Path) -> None:
    async def listed() -> tuple[str, str]:
        (only,) = (await well("sender", "ls", "--json", cwd=home)).json
        return only["return_path"], only["one_click"]

    asked = ("--return-path", "Bounces@x.example", "--one-click")
    words = ("sender", "add", "ada@x.example", "--host", "h.example", "--untried", "--confirmed", *asked)
    refused = await postroom(*words, cwd=home, env={"POSTROOM_PUBLIC_URL": "http://post.x.example"})
    assert "public_url: mail programs unsubscribe at https:// only" in refused.err
    await well(*words, cwd=home, env={"POSTROOM_PUBLIC_URL": "https://post.x.example"})
    assert await listed() == ("bounces@x.example", "yes")
    await well("sender", "set", "ada@x.example", "--no-return-path", "--no-one-click", cwd=home)
    assert await listed() == ("-", "no")


async def test_who_signs_in_by_oauth_has_a_grant_and_no_secret_is_kept_open(home: Path) -> None:
    words = ("--username", "ada@x.example", "--client-id", "postroom")
    secrets = {"POSTROOM_OAUTH_REFRESH_TOKEN": "tOkEn", "POSTROOM_OAUTH_CLIENT_SECRET": "sEcReT"}
    add = ("sender", "add", "ada@x.example", "--untried", "--oauth", "google")
    assert "POSTROOM_OAUTH_REFRESH_TOKEN or use --refresh-token-stdin" in (await postroom(*add, *words, cwd=home)).err
    await well(*add, *words, cwd=home, env=secrets)
    url = "https://id.example/token"
    stdin = ("--refresh-token-stdin", "--client-secret-stdin")
    host = ("--host", "h.example", "--tls", "tls", "--untried")
    await well("org", "transport", "--oauth", url, *host, *words, *stdin, cwd=home, stdin="tOkEn2\nsEcReT2\n")
    await well("org", "transport", "--oauth", "microsoft", "--untried", *words, *stdin[:1], cwd=home, stdin="tOkEn3\n")
    (listed,) = (await well("sender", "ls", "--json", cwd=home)).json
    assert listed["server"] == "smtp.gmail.com:587 starttls oauth"
    assert (await well("org", "show", "--json", cwd=home)).json["server"] == "smtp.office365.com:587 starttls oauth"
    kept = b"".join(each.read_bytes() for each in (home / "data").glob("postroom.db*"))
    assert not [each for each in (b"tOkEn", b"sEcReT") if each in kept]
    vault = Vault.open(Settings(data_dir=home / "data"))
    ways = await stored(home / "data", lambda tx, org: transports.listing(tx, org.id))
    grants = [Grant.read(vault.open_sealed(each.oauth or b"")) for each in ways]
    assert [(each.server, each.refresh_token, each.client_secret, each.scope) for each in grants] == [
        ("google", "tOkEn", "sEcReT", ""),
        ("microsoft", "tOkEn3", "", "https://outlook.office.com/SMTP.Send offline_access"),
    ]


async def test_what_oauth_needs_is_said(home: Path) -> None:
    for words, said in (
        (("--oauth", "google", "--username", "a"), "--oauth needs --client-id"),
        (("--oauth", "google", "--client-id", "c"), "--oauth needs --username"),
        (("--oauth", "google", "--client-id", "c", "--username", "a", "--tls", "none"), "under TLS only"),
        (("--oauth", "http://id.example/", "--client-id", "c"), "neither google nor microsoft nor an https URL"),
        (("--oauth", "https://id.example/", "--client-id", "c"), "need --host"),
        (("--host", "h.example", "--client-id", "c"), "need --oauth"),
    ):
        refused = await postroom("org", "transport", *words, cwd=home)
        assert (refused.code, said in refused.err) == (2, True), refused
