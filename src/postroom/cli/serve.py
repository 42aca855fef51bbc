"""``postroom serve``, ``postroom api`` and ``postroom worker``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from postroom.cli.options import with_settings
from postroom.config import Settings

if TYPE_CHECKING:
    import asyncio

    from postroom.app import App


def _listening(verb: Callable[..., Any]) -> Callable[..., Any]:
    verb = click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [8025]")(verb)
    return click.option("--host", help="The address to listen on.  [127.0.0.1]")(verb)


@click.command()
@_listening
@with_settings
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Run the API and the delivery worker in one process."""
    from postroom.cli import doors

    doors.run(_at(settings, host, port), [_api_of_somebody, _worker])


@click.command()
@_listening
@with_settings
def api(settings: Settings, host: str | None, port: int | None) -> None:
    """Run the API alone."""
    from postroom.cli import doors

    doors.run(_at(settings, host, port), [_api_alone])


@click.command()
@with_settings
def worker(settings: Settings) -> None:
    """Run the delivery worker alone."""
    from postroom.cli import doors

    doors.run(settings, [_worker_alone])


def _at(settings: Settings, host: str | None, port: int | None) -> Settings:
    from dataclasses import replace

    return replace(settings, host=settings.host if host is None else host, port=settings.port if port is None else port)


async def _api_of_somebody(app: "App", stop: "asyncio.Event") -> None:
    """The API; where nobody has made an organisation, with the first one made as ``init`` makes it."""
    from postroom.cli.founding import found

    founded = await found(app)
    if founded is not None:
        where = app.settings.data_dir
        click.echo(
            f"postroom: made {where} with organisation {founded.org.name} and user {founded.user.email}; "
            f"next: postroom client add --data-dir {where}"
        )
    await _api(app, stop)


async def _api_alone(app: "App", stop: "asyncio.Event") -> None:
    from postroom.cli.opening import nothing_yet
    from postroom.store import orgs

    # Several of these may start on one database at once: none of them founds anything.
    if await app.db.read(orgs.first) is None:
        click.echo(f"postroom: {nothing_yet(app.settings)}")
    await _api(app, stop)


async def _api(app: "App", stop: "asyncio.Event") -> None:
    from postroom.cli.doors import announce
    from postroom.web.run import serve

    settings = app.settings
    await serve(app, host=settings.host, port=settings.port, stop=stop, ready=announce)


async def _worker_alone(app: "App", stop: "asyncio.Event") -> None:
    click.echo("postroom: delivering")
    await _worker(app, stop)


async def _worker(app: "App", stop: "asyncio.Event") -> None:
    from postroom.worker.loop import work

    await work(app, stop)
