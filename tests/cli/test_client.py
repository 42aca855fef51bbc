"""``postroom client``: clients of every kind, registered and changed; what a server on the same data makes of them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.command import postroom, running, well

BACK = "https://tracker.example/back"
SERVER = ("--type", "server", "--name", "Tracker & Sons", "--redirect-uri", BACK)
ID = "1000." + "AB12" * 7 + "XY"


async def added(home: Path, *words: str) -> dict[str, str]:
    made: dict[str, str] = (await well("client", "add", *words, "--json", cwd=home)).json
    return made


async def shown(home: Path, client_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await well("client", "show", client_id, "--json", cwd=home)).json
    return found


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ((), {"type": "self", "name": "self client", "redirect_uris": []}),
        (("--type", "device", "--name", "Wall display"), {"type": "device", "redirect_uris": []}),
        (
            (*SERVER, "--redirect-uri", "http://localhost:8080/", "--homepage", "https://tracker.example"),
            {"homepage": "https://tracker.example", "redirect_uris": [BACK, "http://localhost:8080/"]},
        ),
        (("--type", "mobile", "--redirect-uri", "com.example.app:/back"), {"redirect_uris": ["com.example.app:/back"]}),
        (
            ("--type", "client", "--redirect-uri", BACK, "--javascript-domain", "tracker.example"),
            {"javascript_domain": "tracker.example"},
        ),
    ],
    ids=["self", "device", "server", "mobile", "client"],
)
async def test_every_kind_is_registered(home: Path, words: tuple[str, ...], kept: dict[str, Any]) -> None:
    made = await added(home, *words)
    assert made.keys() == {"client_id", "client_secret"}
    found = await shown(home, made["client_id"])
    assert found.items() >= {**kept, "user": "admin@localhost", "state": "on"}.items()
    listed = (await well("client", "ls", "--json", cwd=home)).json
    assert [(each["client_id"], each["type"]) for each in listed] == [(made["client_id"], found["type"])]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--name", "a<b>"), "a name has 1 to 100 letters, digits and blanks, and no special characters but _ and &"),
        (("--type", "server"), "a client of the type server needs a redirect URI"),
        (
            ("--type", "server", "--redirect-uri", "javascript:alert(1)"),
            "the redirect URI 'javascript:alert(1)' is not an http or https URL without a fragment",
        ),
        (("--redirect-uri", BACK), "a client of the type self has no redirect URIs: no browser is sent back to it"),
        (("--homepage", "tracker"), "the homepage 'tracker' is not an http or https URL"),
        (("--id", "ABC"), "a client's id is 1000. and 30 capital letters or digits"),
        (("--user", "nobody@localhost"), "there is no user nobody@localhost; see: postroom user ls"),
    ],
)
async def test_what_cannot_be_registered_is_told_in_one_line(home: Path, words: tuple[str, ...], sentence: str) -> None:
    done = await postroom("client", "add", *words, cwd=home)
    assert (done.code, done.out, done.err) == (1, "", f"postroom: {sentence}\n")
    assert (await well("client", "ls", "--json", cwd=home)).json == []


async def test_a_client_of_another_data_centre_keeps_its_id(home: Path) -> None:
    assert (await added(home, *SERVER, "--id", ID))["client_id"] == ID
    again = await postroom("client", "add", "--id", ID, cwd=home)
    assert again.err == f"postroom: {ID} is registered in this data centre already\n"


async def test_it_belongs_to_whom_it_says(home: Path) -> None:
    await well("user", "add", "ben@localhost", "--name", "Ben Ito", cwd=home)
    made = await added(home, "--user", "BEN@localhost")
    assert (await shown(home, made["client_id"]))["user"] == "ben@localhost"


async def test_it_is_described_anew_but_for_what_is_not_named(home: Path) -> None:
    client_id = (await added(home, *SERVER, "--homepage", "https://tracker.example"))["client_id"]
    before = await shown(home, client_id)
    await well("client", "edit", client_id, "--redirect-uri", "https://a.example/", "--redirect-uri", BACK, cwd=home)
    after = await shown(home, client_id)
    assert after == {**before, "redirect_uris": ["https://a.example/", BACK]}
    done = await well("client", "edit", client_id, "--name", "Anew", "--homepage", "", cwd=home)
    assert done.out.split() == ["client_id", client_id, "name", "Anew"]
    assert await shown(home, client_id) == {**after, "name": "Anew", "homepage": ""}
    refused = await postroom("client", "edit", client_id, "--redirect-uri", "ftp://a.example/", cwd=home)
    assert refused.err.startswith("postroom: the redirect URI 'ftp://a.example/' is not")
    assert (await shown(home, client_id))["name"] == "Anew"


async def test_secrets_and_states_count_for_a_server_that_runs(home: Path) -> None:
    made = await added(home)
    refresh = (await well("token", "refresh", "--scope", "ZohoBigin.org.READ", "--json", cwd=home)).json
    async with running("api", "--port", "0", cwd=home) as api, httpx.AsyncClient(trust_env=False) as http:
        url = api.lines[-1].split()[-1]

        async def heard(**words: str) -> str:
            asked = {**made, **refresh, "grant_type": "refresh_token", **words}
            answer = (await http.post(f"{url}/oauth/v2/token", data=asked)).json()
            return str(answer.get("error", "granted"))

        assert await heard() == "granted"
        secret = (await well("client", "secret", made["client_id"], "--json", cwd=home)).json["client_secret"]
        assert [await heard(), await heard(client_secret=secret)] == ["invalid_client_secret", "granted"]
        assert "off" in (await well("client", "disable", made["client_id"], cwd=home)).out
        assert (await shown(home, made["client_id"]))["state"] == "off"
        assert await heard(client_secret=secret) == "invalid_client"
        made_code = await postroom("token", "code", "--scope", "ZohoBigin.org.READ", cwd=home)
        assert made_code.err == "postroom: the client is switched off\n"
        await well("client", "enable", made["client_id"], cwd=home)
        assert await heard(client_secret=secret) == "granted", "what its user allowed it still holds"
        await well("client", "rm", made["client_id"], "--yes", cwd=home)
        assert await heard(client_secret=secret) == "invalid_client"


async def test_it_is_removed_only_by_who_is_sure(home: Path) -> None:
    client_id = (await added(home))["client_id"]
    for answer in ("n\n", ""):
        assert (await postroom("client", "rm", client_id, cwd=home, stdin=answer)).code == 1
    await shown(home, client_id)
    done = await well("client", "rm", client_id, cwd=home, stdin="y\n")
    assert done.out == f"client {client_id} removed\n"
    assert (await well("client", "ls", cwd=home)).out == ""


@pytest.mark.parametrize("verb", ["show", "secret", "edit", "disable", "enable", "rm --yes"])
async def test_nobody_elses_client_is_touched(home: Path, verb: str) -> None:
    """Those of another organisation are as good as none."""
    await well("org", "add", "Second Ltd", "--email", "office@second.example", cwd=home)
    client_id = (await added(home, *SERVER))["client_id"]
    before = await shown(home, client_id)
    done = await postroom("client", *verb.split(), client_id, "--org", "Second Ltd", cwd=home)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"postroom: there is no client {client_id}; see: postroom client ls\n"
    assert await shown(home, client_id) == before


async def test_secrets_are_shown_once_and_not_kept(home: Path) -> None:
    first = (await added(home))["client_secret"]
    client_id = (await well("client", "ls", "--json", cwd=home)).json[0]["client_id"]
    second = (await well("client", "secret", client_id, cwd=home)).out.split()[-1]
    said = (await well("client", "show", client_id, cwd=home)).out + (await well("client", "ls", cwd=home)).out
    kept = b"".join(each.read_bytes() for each in (home / "data").glob("postroom.db*"))
    for secret in (first, second):
        assert secret not in said
        assert secret.encode() not in kept
