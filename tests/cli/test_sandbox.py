"""``postroom sandbox``."""

import os
import shutil
import socket
from functools import partial
from pathlib import Path

import httpx
import pytest

from postroom.access.scope import parse, spelled
from postroom.access.secrets import verify_password
from postroom.cli import envfile
from postroom.cli.calling import connect
from postroom.cli.sandbox import arrived
from postroom.cli.sandbox.box import open_centers, open_sandbox, variables
from postroom.cli.sandbox.seed import RESIDENTS, SCOPES
from postroom.cli.sandbox.verb import MOST_CENTERS
from postroom.client import Mail, Mailbox, mails
from postroom.errors import Misconfigured
from postroom.store import accounts, clients
from postroom.store.accounts import Account
from postroom.store.clients import Client, ClientType
from postroom.store.db import Tx
from postroom.store.orgs import Org
from postroom.web.api.routes import ROUTES
from tests.cli.boxed import READY, bearer
from tests.cli.command import names, postroom, running, stored, well

NAMES = {
    "POSTROOM_API_URL",
    "POSTROOM_ACCOUNTS_URL",
    "POSTROOM_CLIENT_ID",
    "POSTROOM_CLIENT_SECRET",
    "POSTROOM_REFRESH_TOKEN",
    "POSTROOM_WEB_CLIENT_ID",
    "POSTROOM_WEB_CLIENT_SECRET",
    "POSTROOM_WEB_REDIRECT_URI",
    "POSTROOM_USER",
    "POSTROOM_PASSWORD",
    "POSTROOM_RECORD_ID",
    "POSTROOM_COMPANY_ID",
    "POSTROOM_DEAL_ID",
    "POSTROOM_TEMPLATE_ID",
    "POSTROOM_FROM",
    "POSTROOM_ORG_FROM",
    "POSTROOM_TO",
    "POSTROOM_SANDBOX",
}


async def test_it_says_what_a_client_needs_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    env = {"TMPDIR": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    # A database meant for another server stays what it is.
    env["POSTROOM_DATABASE"] = "postgresql://nowhere.invalid/"
    async with running("sandbox", "--env-file", "box.env", cwd=tmp_path, until=READY, env=env) as sandbox:
        said = dict(line.split("=", 1) for line in sandbox.lines)
        assert said.keys() == NAMES
        assert envfile.read(tmp_path / "box.env") == said
        assert (tmp_path / "box.env").stat().st_mode & 0o777 == 0o600
        assert said["POSTROOM_RECORD_ID"].isdigit()
        folder = Path(said["POSTROOM_SANDBOX"])
        assert folder.parent == tmp_path
        # Found without being named, for it is the only one.
        assert (await well("sandbox", "mails", "--json", cwd=tmp_path, env=env)).json == []
        sandbox.tell()
        assert await sandbox.ended() == 0
    assert names(tmp_path) == ["box.env", "run"]
    gone = await postroom("sandbox", "mails", cwd=tmp_path, env=env)
    assert gone.err.startswith("postroom: no sandboxes are running")
    assert list((tmp_path / "run").glob("*/*")) == []


async def test_what_a_killed_one_left_is_not_shown(tmp_path: Path) -> None:
    env = {"XDG_RUNTIME_DIR": str(tmp_path)}
    async with running("sandbox", "--dir", "box", cwd=tmp_path, until=READY, env=env) as sandbox:
        sandbox.process.kill()
        await sandbox.ended()
    assert "no sandboxes" in (await postroom("sandbox", "mails", cwd=tmp_path, env=env)).err
    # It is still there for whoever names it.
    assert (await well("sandbox", "mails", "--dir", "box", cwd=tmp_path, env=env)).out == ""


async def test_it_has_everything_a_first_mail_needs(tmp_path: Path) -> None:
    async with open_sandbox(tmp_path) as box, connect(box.variables()) as api:
        variables = box.variables()
        offered = await api.do(mails.from_addresses())
        assert [each.mailbox.email for each in offered if each.default] == [variables["POSTROOM_FROM"]]
        to = [Mailbox(email=variables["POSTROOM_TO"])]
        places = {"Contacts": "RECORD_ID", "Accounts": "COMPANY_ID", "Pipelines": "DEAL_ID"}
        for module, name in places.items():
            record = variables[f"POSTROOM_{name}"]
            sent = await api.do(mails.send(module, record, Mail(to=to, subject=module, content="<p>é</p>")))
            while (await api.do(mails.get(module, record, sent.message_id))).status != ("sent",):
                pass
        found = arrived.read(box.mails)
    assert [each.headers["subject"] for each in found] == list(places)
    assert {(each.way, each.envelope_to, each.html, each.text) for each in found} == {
        ("sender", (variables["POSTROOM_TO"],), "<p>é</p>", "é")
    }


def test_its_token_opens_every_call() -> None:
    granted = parse(SCOPES)
    assert [spelled(need) for route in ROUTES for need in route.needs if not granted.allow(need)] == []


async def test_two_centres_know_each_other_and_share_nothing(tmp_path: Path) -> None:
    env = {"XDG_RUNTIME_DIR": str(tmp_path)}
    words = ("sandbox", "--centers", "us,eu", "--dir", "box", "--env-file", "box.env")
    async with running(*words, cwd=tmp_path, until=READY, env=env) as sandbox:
        said = envfile.read(tmp_path / "box.env")
        us, eu = ({name: said[f"{name}_{center}"] for name in NAMES} for center in ("US", "EU"))
        assert {name: said[name] for name in NAMES} == us
        assert len(said) == 3 * len(NAMES)
        assert us["POSTROOM_WEB_CLIENT_ID"] == eu["POSTROOM_WEB_CLIENT_ID"]
        shared = {name for name in NAMES if us[name] == eu[name]}
        assert shared == {f"POSTROOM_{name}" for name in ("WEB_CLIENT_ID", "WEB_REDIRECT_URI", "ORG_FROM", "TO")}
        async with httpx.AsyncClient(trust_env=False) as http:
            for center in (us, eu):
                told = (await http.get(f"{center['POSTROOM_ACCOUNTS_URL']}/oauth/serverinfo")).json()
                known = {name: each["POSTROOM_ACCOUNTS_URL"] for name, each in (("us", us), ("eu", eu))}
                assert told == {"result": "success", "locations": known}
            await _strangers(http, us, eu)
            await _strangers(http, eu, us)
        await _send(eu, "from Europe")
        await _send(us, "from America")
        both = (await well("sandbox", "mails", "--json", "--dir", str(tmp_path / "box"), cwd=tmp_path)).json
        assert [(each["subject"], each["envelope"]["from"]) for each in both] == [
            ("from Europe", "maria@sandbox.example"),
            ("from America", "robin@sandbox.example"),
        ]
        (one,) = (await well("sandbox", "mails", "--json", "--dir", "box/eu", cwd=tmp_path)).json
        assert one["subject"] == "from Europe"
        # Found without being named: one sandbox runs, of two centres.
        assert (await well("sandbox", "mails", "--json", cwd=tmp_path, env=env)).json == both
        sandbox.tell()
        assert await sandbox.ended() == 0


async def _strangers(http: httpx.AsyncClient, home: dict[str, str], away: dict[str, str]) -> None:
    """What one centre gave opens nothing at the other (W 4.12)."""
    token = f"{away['POSTROOM_ACCOUNTS_URL']}/oauth/v2/token"
    mine = {"grant_type": "refresh_token", "refresh_token": home["POSTROOM_REFRESH_TOKEN"]}
    clients = [
        ("CLIENT_ID", home, "CLIENT_SECRET", home, "invalid_client"),
        ("CLIENT_ID", away, "CLIENT_SECRET", away, "invalid_code"),
        ("WEB_CLIENT_ID", home, "WEB_CLIENT_SECRET", home, "invalid_client_secret"),
    ]
    for id_name, one, secret_name, other, error in clients:
        shown = {"client_id": one[f"POSTROOM_{id_name}"], "client_secret": other[f"POSTROOM_{secret_name}"]}
        assert (await http.post(token, data={**mine, **shown})).json() == {"error": error}
    header = {"Authorization": await bearer(home)}
    for center, status in ((home, 200), (away, 401)):
        answer = await http.get(f"{center['POSTROOM_API_URL']}/bigin/v2/org", headers=header)
        assert answer.status_code == status
    assert answer.json()["code"] == "INVALID_TOKEN"


async def _send(variables: dict[str, str], subject: str) -> None:
    record = ("Contacts", variables["POSTROOM_RECORD_ID"])
    async with connect(variables) as api:
        mail = Mail(to=[Mailbox(email=variables["POSTROOM_TO"])], subject=subject, content="Hello")
        sent = await api.do(mails.send(*record, mail))
        while (await api.do(mails.get(*record, sent.message_id))).status != ("sent",):
            pass


async def test_each_centre_knows_where_people_live(tmp_path: Path) -> None:
    centers = ["us", "eu", "moon-base", "jp"]
    assert len(centers) == MOST_CENTERS == len(RESIDENTS)
    async with open_centers(tmp_path, centers) as boxes:
        assert [box.center for box in boxes] == centers
        assert [box.seed.resident for box in boxes] == list(RESIDENTS)
        for box in boxes:
            for center, resident in zip(centers, RESIDENTS, strict=True):
                account = await stored(box.folder / "data", partial(_account, email=resident.address.folded))
                at_home = center == box.center
                assert account.data_center == (None if at_home else center)
                assert at_home == verify_password(account.password_hash or "", box.seed.password)
            client = await stored(box.folder / "data", partial(_client, client_id=box.seed.web_client_id))
            assert (client.type, client.redirect_uris) == (ClientType.SERVER, ("http://localhost:8080/callback",))
    assert "POSTROOM_API_URL_MOON_BASE" in variables(boxes)


def _account(tx: Tx, _: Org, email: str) -> Account:
    found = accounts.find(tx, email)
    assert found is not None
    return found


def _client(tx: Tx, _: Org, client_id: str) -> Client:
    found = clients.find(tx, client_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--centers", "us,us"), "is 1 to 4 different names"),
        (("--centers", "a,b,c,d,e"), "is 1 to 4 different names"),
        (("--centers", "us,eu", "--port", "65535"), "leaves none for the other data centres"),
        (("--centers", "US"), "'US' is not a name"),
    ],
)
async def test_centres_that_cannot_be_are_told(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = await postroom("sandbox", "--dir", "box", *words, cwd=tmp_path)
    assert (done.out, said in done.err, done.err.count("\n")) == ("", True, 1)
    assert names(tmp_path) == []


async def test_a_folder_in_use_is_told(tmp_path: Path) -> None:
    async with open_sandbox(tmp_path):
        pass
    with pytest.raises(Misconfigured, match="holds an organisation already"):
        async with open_sandbox(tmp_path):
            pass


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match="cannot listen"):
            async with open_sandbox(tmp_path, port=port):
                pass
        done = await postroom("sandbox", "--port", str(port), "--env-file", "e", cwd=tmp_path)
    assert done.code == 1
    assert done.err.startswith("postroom: host and port: cannot listen on")
    assert not (tmp_path / "e").exists()


async def test_leaving_it_ends_it(tmp_path: Path) -> None:
    async with open_sandbox(tmp_path) as box:
        url = box.url
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(url)
    shutil.rmtree(tmp_path / "data")


async def test_another_users_folder_of_pointers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"postroom-sandboxes-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    done = await postroom("sandbox", "mails", cwd=tmp_path, env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert "belongs to another user" in done.err
