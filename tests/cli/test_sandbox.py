"""``postroom sandbox``."""

import os
import shutil
import socket
from pathlib import Path

import httpx
import pytest

from postroom.cli import envfile
from postroom.cli.calling import connect
from postroom.cli.sandbox import arrived
from postroom.cli.sandbox.box import open_sandbox
from postroom.errors import Misconfigured
from tests.cli.boxed import READY
from tests.cli.command import names, postroom, running, well

NAMES = {
    "POSTROOM_API_URL",
    "POSTROOM_ACCOUNTS_URL",
    "POSTROOM_CLIENT_ID",
    "POSTROOM_CLIENT_SECRET",
    "POSTROOM_REFRESH_TOKEN",
    "POSTROOM_RECORD_ID",
    "POSTROOM_COMPANY_ID",
    "POSTROOM_DEAL_ID",
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
        sender = await api.default_sender()
        assert sender["email"] == variables["POSTROOM_FROM"]
        to = [{"email": variables["POSTROOM_TO"]}]
        places = {"Contacts": "RECORD_ID", "Accounts": "COMPANY_ID", "Pipelines": "DEAL_ID"}
        for module, name in places.items():
            record = f"{module}/{variables[f'POSTROOM_{name}']}"
            answer = await api.send(record, {"from": sender, "to": to, "subject": module, "content": "<p>é</p>"})
            while (await api.mail(record, answer["details"]["message_id"]))["status"] != [{"type": "sent"}]:
                pass
        found = arrived.read(box.mails)
    assert [each.headers["subject"] for each in found] == list(places)
    assert {(each.way, each.envelope_to, each.html, each.text) for each in found} == {
        ("sender", (variables["POSTROOM_TO"],), "<p>é</p>", "é")
    }


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
