"""A running ``postroom sandbox``, and what a client does with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postroom.cli import envfile
from postroom.cli.calling import Api, connect
from tests.cli.command import Done, Running, postroom, running, well

READY = "POSTROOM_SANDBOX="  # the last of its lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Boxed:
    """A sandbox in ``home/box``, its variables in ``home/box.env``."""

    home: Path
    running: Running
    variables: dict[str, str]
    api: Api

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
        while (await self.api.mail(self.record, message_id))["status"][0]["type"] != "sent":
            pass  # each question is a wait

    async def mails(self) -> Any:
        """What has arrived."""
        return (await well("sandbox", "mails", "--json", "--dir", "box", cwd=self.home)).json


@asynccontextmanager
async def boxed(home: Path) -> AsyncIterator[Boxed]:
    """Start one and wait until it is ready."""
    words = ("sandbox", "--dir", "box", "--env-file", "box.env")
    async with running(*words, cwd=home, until=READY, env={"XDG_RUNTIME_DIR": str(home)}) as process:
        variables = envfile.read(home / "box.env")
        async with connect(variables) as api:
            yield Boxed(home=home, running=process, variables=variables, api=api)
