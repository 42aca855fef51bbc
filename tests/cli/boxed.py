"""A running ``postroom sandbox``, and what a client does with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from postroom.cli import envfile
from postroom.cli.calling import connect
from postroom.client import AsyncClient, Email, mails
from tests.cli.command import Done, Running, postroom, running, well

READY = "POSTROOM_SANDBOX="  # the last of its lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Boxed:
    """A sandbox in ``home/box``, its variables in ``home/box.env``."""

    home: Path
    running: Running
    variables: dict[str, str]
    api: AsyncClient

    @property
    def record(self) -> str:
        return f"Contacts/{self.variables['POSTROOM_RECORD_ID']}"

    async def queue(self, *words: str) -> Done:
        """A verb of ``postroom queue``."""
        return await postroom("queue", *words, "--data-dir", "box/data", cwd=self.home)

    @property
    def cache(self) -> Path:
        """The user's cache folder, as far as ``send`` knows."""
        return self.home / "cache"

    async def send(self, *words: str, stdin: str = "", **env: str) -> Done:
        """``postroom send`` to Mary."""
        to = ("--record", self.record, "--to", self.variables["POSTROOM_TO"])
        env = {"XDG_CACHE_HOME": str(self.cache), **env}
        return await postroom("send", "--env-file", "box.env", *to, *words, cwd=self.home, stdin=stdin, env=env)

    async def sent(self, message_id: str) -> None:
        """Return once the API says so."""
        while (await self.mail(message_id)).status[0] != "sent":
            pass  # each question is a wait

    async def mail(self, message_id: str) -> Email:
        """What the API says of a mail."""
        return await self.api.do(mails.get("Contacts", self.variables["POSTROOM_RECORD_ID"], message_id))

    async def mails(self) -> Any:
        """What has arrived."""
        return (await well("sandbox", "mails", "--json", "--dir", "box", cwd=self.home)).json


async def bearer(variables: dict[str, str]) -> str:
    """A header with a new access token for these credentials."""
    shown = {name: variables[f"POSTROOM_{name.upper()}"] for name in ("client_id", "client_secret", "refresh_token")}
    async with httpx.AsyncClient(base_url=variables["POSTROOM_ACCOUNTS_URL"], trust_env=False) as http:
        answer = await http.post("/oauth/v2/token", data={"grant_type": "refresh_token", **shown})
    return f"Zoho-oauthtoken {answer.json()['access_token']}"


@asynccontextmanager
async def boxed(home: Path) -> AsyncIterator[Boxed]:
    """Start one and wait until it is ready."""
    words = ("sandbox", "--dir", "box", "--env-file", "box.env")
    async with running(*words, cwd=home, until=READY, env={"XDG_RUNTIME_DIR": str(home)}) as process:
        variables = envfile.read(home / "box.env")
        async with connect(variables) as api:
            yield Boxed(home=home, running=process, variables=variables, api=api)
