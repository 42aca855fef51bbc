"""The sandbox itself, as a context: entered when everything answers, left when everything has stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postroom.app import open_app
from postroom.cli.doors import side_by_side
from postroom.cli.sandbox import seed
from postroom.cli.sandbox.inbox import HOST, Inbox
from postroom.cli.sandbox.seed import Seed
from postroom.config import Settings
from postroom.errors import Unavailable
from postroom.web.run import serve
from postroom.worker.loop import work


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """A running sandbox; ``url`` is the API's and the accounts server's, without a slash at its end."""

    folder: Path
    url: str
    seed: Seed

    @property
    def mails(self) -> Path:
        """Where the inbox keeps what arrives."""
        return mails_of(self.folder)

    def variables(self) -> dict[str, str]:
        """What a client needs, under the names of environment variables."""
        return {
            "POSTROOM_API_URL": self.url,
            "POSTROOM_ACCOUNTS_URL": self.url,
            "POSTROOM_CLIENT_ID": self.seed.client_id,
            "POSTROOM_CLIENT_SECRET": self.seed.client_secret,
            "POSTROOM_REFRESH_TOKEN": self.seed.refresh_token,
            "POSTROOM_RECORD_ID": str(self.seed.contact_id),
            "POSTROOM_COMPANY_ID": str(self.seed.company_id),
            "POSTROOM_DEAL_ID": str(self.seed.deal_id),
            "POSTROOM_FROM": str(seed.FROM),
            "POSTROOM_ORG_FROM": str(seed.ORG_FROM),
            "POSTROOM_TO": str(seed.TO),
            "POSTROOM_SANDBOX": str(self.folder),
        }


def mails_of(folder: Path) -> Path:
    """Where the inbox of the sandbox in ``folder`` keeps what arrives."""
    return folder / "mails"


@asynccontextmanager
async def open_sandbox(folder: Path, *, port: int = 0, stop: asyncio.Event | None = None) -> AsyncIterator[Sandbox]:
    """Run a sandbox in ``folder`` (absolute), on a free port unless told.

    ``stop``, if given, is set when the sandbox ends by itself. Raises ``Misconfigured`` where the port is taken, and
    on leaving whatever ended it.
    """
    stop = stop or asyncio.Event()
    # Not from the environment: a POSTROOM_DATABASE meant for another server would be filled with demo data.
    settings = Settings(data_dir=folder / "data", host=HOST, port=port, hostname="sandbox.example", stop_seconds=5.0)
    with Inbox(mails_of(folder), (seed.SENDER, seed.ORGANISATION)) as inbox:
        async with open_app(settings) as app:
            planted = await seed.plant(app, inbox.ports)
            ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            web = serve(app, host=HOST, port=port, stop=stop, ready=ready.set_result)
            doors = asyncio.ensure_future(side_by_side(stop, [web, work(app, stop)]))
            first: set[asyncio.Future[Any]] = {doors, ready}
            try:
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
                if not ready.done():
                    await doors
                    raise Unavailable("the sandbox was stopped before it was ready")
                yield Sandbox(folder=folder, url=ready.result(), seed=planted)
            finally:
                stop.set()
                await doors
