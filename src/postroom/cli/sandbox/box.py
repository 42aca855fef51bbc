"""The sandbox itself, as a context: entered when everything answers, left when everything has stopped."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postroom.access import centers, secrets
from postroom.app import open_app
from postroom.cli.doors import side_by_side
from postroom.cli.sandbox import seed
from postroom.cli.sandbox.arrived import mails_of
from postroom.cli.sandbox.inbox import HOST, Inbox
from postroom.cli.sandbox.seed import RESIDENTS, Seed, Soil
from postroom.config import Settings
from postroom.errors import Unavailable
from postroom.web.run import bind, serve_on, url_of
from postroom.worker.loop import work


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """A running sandbox; ``url`` is the API's and the accounts server's, without a slash at its end."""

    center: str
    folder: Path
    url: str
    seed: Seed

    @property
    def mails(self) -> Path:
        """Where the inbox keeps what arrives."""
        return mails_of(self.folder)

    def variables(self) -> dict[str, str]:
        """What a client and its user need, under the names of environment variables."""
        return {
            "POSTROOM_API_URL": self.url,
            "POSTROOM_ACCOUNTS_URL": self.url,
            "POSTROOM_CLIENT_ID": self.seed.client_id,
            "POSTROOM_CLIENT_SECRET": self.seed.client_secret,
            "POSTROOM_REFRESH_TOKEN": self.seed.refresh_token,
            "POSTROOM_WEB_CLIENT_ID": self.seed.web_client_id,
            "POSTROOM_WEB_CLIENT_SECRET": self.seed.web_client_secret,
            "POSTROOM_WEB_REDIRECT_URI": seed.WEB_REDIRECT_URI,
            "POSTROOM_USER": str(self.seed.resident.address),
            "POSTROOM_PASSWORD": self.seed.password,
            "POSTROOM_RECORD_ID": str(self.seed.contact_id),
            "POSTROOM_COMPANY_ID": str(self.seed.company_id),
            "POSTROOM_DEAL_ID": str(self.seed.deal_id),
            "POSTROOM_TEMPLATE_ID": str(self.seed.template_id),
            "POSTROOM_FROM": str(self.seed.resident.address),
            "POSTROOM_ORG_FROM": str(seed.ORG_FROM),
            "POSTROOM_TO": str(seed.TO),
            "POSTROOM_SANDBOX": str(self.folder),
        }


def variables(boxes: Sequence[Sandbox]) -> dict[str, str]:
    """The first one's variables; of several, all of them before that, with the data centre at the end of the name."""
    marked = {
        f"{name}_{box.center.upper().replace('-', '_')}": value
        for box in boxes
        for name, value in box.variables().items()
    }
    return {**(marked if len(boxes) > 1 else {}), **boxes[0].variables()}


@asynccontextmanager
async def open_sandbox(folder: Path, *, port: int = 0, stop: asyncio.Event | None = None) -> AsyncIterator[Sandbox]:
    """Run a sandbox in ``folder`` (absolute), on a free port unless told.

    ``stop``, if given, is set when the sandbox ends by itself. Raises ``Misconfigured`` where the port is taken, and
    on leaving whatever ended it.
    """
    async with open_centers(folder, ("us",), port=port, stop=stop) as (box,):
        yield box


@asynccontextmanager
async def open_centers(
    folder: Path, names: Sequence[str], *, port: int = 0, stop: asyncio.Event | None = None
) -> AsyncIterator[list[Sandbox]]:
    """Run a sandbox for each data centre, side by side: each knows the others, and shares nothing with them.

    One has the folder for itself, each of several a folder below it. The first is at ``port``, the others at the ports
    after that. All end when one does; the rest is as for ``open_sandbox``.
    """
    stop = stop or asyncio.Event()
    with ExitStack() as bound:
        # Each server tells where the others are, so all addresses are taken before one of them starts.
        listeners = {name: bound.enter_context(bind(HOST, port + n if port else 0)) for n, name in enumerate(names)}
        urls = {name: url_of(listener) for name, listener in listeners.items()}
        homes = {name: folder / name if len(names) > 1 else folder for name in names}
        settings = {name: _settings(homes[name] / "data", name, urls) for name in names}
        web_client_id = secrets.make_client_id()
        async with AsyncExitStack() as opened:
            boxes = []
            for n, name in enumerate(names):
                soil = Soil(resident=RESIDENTS[n], elsewhere=_elsewhere(names, name), web_client_id=web_client_id)
                one = _open(settings[name], homes[name], soil, listener=listeners[name], stop=stop)
                boxes.append(await opened.enter_async_context(one))
            yield boxes


def _settings(data: Path, name: str, urls: Mapping[str, str]) -> Settings:
    """Not from the environment: a POSTROOM_DATABASE meant for another server would be filled with demo data."""
    settings = Settings(
        data_dir=data,
        host=HOST,
        data_center=name,
        data_centers=" ".join(f"{other}={url}" for other, url in urls.items() if other != name),
        hostname="sandbox.example",
        stop_seconds=5.0,
    )
    # A name that is none is told before anything is made.
    centers.read(settings, urls[name])
    return settings


def _elsewhere(names: Sequence[str], own: str) -> Mapping[str, str]:
    people = zip(names, RESIDENTS, strict=False)
    return {resident.address.folded: name for name, resident in people if name != own}


@asynccontextmanager
async def _open(
    settings: Settings, folder: Path, soil: Soil, *, listener: socket.socket, stop: asyncio.Event
) -> AsyncIterator[Sandbox]:
    with Inbox(mails_of(folder), (seed.SENDER, seed.ORGANISATION)) as inbox:
        async with open_app(settings) as app:
            planted = await seed.plant(app, soil, inbox.ports)
            ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            web = serve_on(listener, app, stop=stop, ready=ready.set_result)
            doors = asyncio.ensure_future(side_by_side(stop, [web, work(app, stop)]))
            first: set[asyncio.Future[Any]] = {doors, ready}
            try:
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
                if not ready.done():
                    await doors
                    raise Unavailable("the sandbox was stopped before it was ready")
                yield Sandbox(center=settings.data_center, folder=folder, url=ready.result(), seed=planted)
            finally:
                stop.set()
                await doors
