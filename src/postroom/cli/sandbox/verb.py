"""``postroom sandbox``."""

from pathlib import Path
from typing import Final

import click

from postroom.cli import say
from postroom.cli.options import as_json

MOST_CENTERS: Final = 4


def _centers(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(each.strip() for each in value.split(","))
    if len(names) > MOST_CENTERS or len(set(names)) < len(names):
        raise click.BadParameter(f"is 1 to {MOST_CENTERS} different names with commas between them")
    return names


@click.group(invoke_without_command=True)
@click.option(
    "--centers",
    default="us",
    show_default=True,
    callback=_centers,
    metavar="NAMES",
    help="The data centres to run side by side: us,eu or up to four names of your own.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The API's port; further data centres take the next ones.  [default: free ones]",
)
@click.option("--env-file", type=click.Path(path_type=Path), help="Also write the variables here, when all is ready.")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The folder to use.  [default: a temporary one]")
@click.option("--keep", is_flag=True, help="Leave the folder behind at the end.")
@click.pass_context
def sandbox(
    ctx: click.Context,
    *,
    centers: tuple[str, ...],
    port: int,
    env_file: Path | None,
    folder: Path | None,
    keep: bool,
) -> None:
    """Run a throw-away server whose mails arrive in a local inbox.

    Prints what a client needs as NAME=value lines when everything answers, and runs until SIGTERM or Ctrl-C. With
    several data centres each has a server, a database and an inbox of its own; the names end with the data centre then
    (POSTROOM_API_URL_EU), and without it they are the first one's.
    """
    if port + len(centers) - 1 > 65535:
        raise click.UsageError("--port leaves none for the other data centres")
    if ctx.invoked_subcommand is None:
        from postroom.cli.sandbox.running import run

        run(centers=centers, port=port, env_file=env_file, folder=folder, keep=keep or folder is not None)


@sandbox.command()
@click.option(
    "--dir",
    "folder",
    envvar="POSTROOM_SANDBOX",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The sandbox's folder.  [default: $POSTROOM_SANDBOX, or that of the one that runs]",
)
@as_json
def mails(folder: Path | None, as_json: bool) -> None:
    """Show what has arrived."""
    from postroom.cli.sandbox import arrived

    found = arrived.read_all(folder or _running())
    if as_json:
        say.as_json([each.as_object() for each in found])
    else:
        from postroom.cli.sandbox.showing import show

        for each in found:
            show(each)


def _running() -> Path:
    from postroom.cli.sandbox.whereabouts import running

    found = running()
    if len(found) != 1:
        raise click.ClickException(
            f"{len(found) or 'no'} sandboxes are running; name the folder of one with --dir or POSTROOM_SANDBOX"
        )
    return found[0]
