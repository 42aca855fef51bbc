"""``postroom sandbox``."""

from pathlib import Path

import click

from postroom.cli import say
from postroom.cli.options import as_json


@click.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The API's port.  [default: a free one]")
@click.option("--env-file", type=click.Path(path_type=Path), help="Also write the variables here, when all is ready.")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The folder to use.  [default: a temporary one]")
@click.option("--keep", is_flag=True, help="Leave the folder behind at the end.")
@click.pass_context
def sandbox(ctx: click.Context, port: int, env_file: Path | None, folder: Path | None, keep: bool) -> None:
    """Run a throw-away server whose mails arrive in a local inbox.

    Prints what a client needs as NAME=value lines when everything answers, and runs until SIGTERM or Ctrl-C.
    """
    if ctx.invoked_subcommand is None:
        from postroom.cli.sandbox.running import run

        run(port=port, env_file=env_file, folder=folder, keep=keep or folder is not None)


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
    from postroom.cli.sandbox.box import mails_of

    found = arrived.read(mails_of(folder or _running()))
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
