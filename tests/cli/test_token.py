"""``postroom client`` and ``postroom token``: what they hand out is good at the token endpoint."""

from pathlib import Path

import httpx

from tests.cli.command import postroom, running, well


async def test_what_is_handed_out_gives_access_tokens(home: Path) -> None:
    client = (await well("client", "add", "--json", cwd=home)).json
    scope = ("--scope", "ZohoBigin.users.READ", "--scope", "ZohoBigin.org.READ,ZohoBigin.settings.READ")
    code = (await well("token", "code", *scope, "--minutes", "10", cwd=home)).out.strip()
    refresh = (await well("token", "refresh", *scope, "--json", cwd=home)).json["refresh_token"]
    async with running("api", "--port", "0", cwd=home) as api, httpx.AsyncClient(trust_env=False) as http:
        url = api.lines[-1].split()[-1]
        by_code = {"grant_type": "authorization_code", "code": code}
        by_refresh = {"grant_type": "refresh_token", "refresh_token": refresh}
        for given in (by_code, by_refresh):
            granted = (await http.post(f"{url}/oauth/v2/token", data={**client, **given})).json()
            assert granted["scope"] == "ZohoBigin.users.READ,ZohoBigin.org.READ,ZohoBigin.settings.READ"
            header = {"Authorization": f"Bearer {granted['access_token']}"}
            found = await http.get(f"{url}/bigin/v2/users?type=CurrentUser", headers=header)
            assert found.json()["users"][0]["email"] == "admin@localhost"


async def test_secrets_are_shown_once_and_clients_are_chosen(home: Path) -> None:
    words = ("token", "refresh", "--scope", "ZohoBigin.users.READ")
    assert "there is no such client" in (await postroom(*words, cwd=home)).err
    made = [(await well("client", "add", "--name", name, "--json", cwd=home)).json for name in ("one", "two")]
    listed = await well("client", "ls", cwd=home)
    assert all(each["client_id"] in listed.out and each["client_secret"] not in listed.out for each in made)
    assert "there are several self clients" in (await postroom(*words, cwd=home)).err
    await well(*words, "--client", made[1]["client_id"], cwd=home)
    bad = await postroom("token", "code", "--client", made[0]["client_id"], "--scope", "everything", cwd=home)
    assert bad.err == "postroom: 'everything' is not a scope: service.name.OPERATION is expected\n"
    database = b"".join(each.read_bytes() for each in (home / "data").glob("postroom.db*"))
    assert made[0]["client_secret"].encode() not in database


async def test_codes_are_for_the_self_client_of_the_organisation(home: Path) -> None:
    server = ("--type", "server", "--redirect-uri", "https://a.example/")
    web = (await well("client", "add", "--name", "web", *server, "--json", cwd=home)).json
    words = ("token", "code", "--scope", "ZohoBigin.org.READ")
    assert "there is no such client" in (await postroom(*words, cwd=home)).err
    await well("client", "add", cwd=home)
    await well(*words, cwd=home)  # the web client is not in the way
    refused = await postroom(*words, "--client", web["client_id"], cwd=home)
    assert refused.err == "postroom: a client of the type server gets its codes from its users\n"
    await well("org", "add", "Second Ltd", "--email", "office@second.example", cwd=home)
    for named in ((), ("--client", web["client_id"])):
        assert "there is no such client" in (await postroom(*words, *named, "--org", "Second Ltd", cwd=home)).err


async def test_a_self_client_speaks_for_each_organisation_of_its_owner(home: Path) -> None:
    await well("org", "add", "Second Ltd", "--email", "admin@localhost", cwd=home)
    await well("org", "add", "Third Ltd", "--email", "office@third.example", cwd=home)
    client = (await well("client", "add", "--json", cwd=home)).json
    words = ("token", "code", "--scope", "ZohoBigin.org.READ", "--client", client["client_id"])
    code = (await well(*words, "--org", "Second Ltd", cwd=home)).out.strip()
    assert "there is no such client" in (await postroom(*words, "--org", "Third Ltd", cwd=home)).err
    async with running("api", "--port", "0", cwd=home) as api, httpx.AsyncClient(trust_env=False) as http:
        url = api.lines[-1].split()[-1]
        exchange = {"grant_type": "authorization_code", "code": code, **client}
        granted = (await http.post(f"{url}/oauth/v2/token", data=exchange)).json()
        header = {"Authorization": f"Bearer {granted['access_token']}"}
        found = (await http.get(f"{url}/bigin/v2/org", headers=header)).json()
        assert found["org"][0]["company_name"] == "Second Ltd"
