"""``postroom record``."""

from collections.abc import Sequence
from pathlib import Path

import click

from postroom.cli import say
from postroom.cli.kinds import ADDRESS
from postroom.cli.options import as_json, in_org
from postroom.config import Settings
from postroom.errors import Misconfigured
from postroom.mail.address import Address
from postroom.record import MODULES

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def record() -> None:
    """Import records."""


@record.command("import")
@click.argument("module", type=click.Choice([each.name for each in MODULES]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "renamed", multiple=True, metavar="COLUMN=FIELD", help="Repeatable; COLUMN= leaves one out.")
@click.option("--delimiter", default=",", show_default=True, help="What stands between two values.")
@click.option("--user", "email", type=ADDRESS, help="Who imports and owns them.  [default: the first user]")
@click.option("--refused", "refused_file", type=_FILE, help="Write the refused lines and their reasons there.")
@click.option("--again", is_flag=True, help="Import a file once more that is imported already.")
@click.option("--dry-run", is_flag=True, help="Judge every line and keep nothing.")
@as_json
@in_org
def import_(
    settings: Settings,
    *,
    module: str,
    file: Path,
    renamed: Sequence[str],
    delimiter: str,
    email: Address | None,
    refused_file: Path | None,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import a CSV file (UTF-8) whose first line holds the fields' API names.

    A line is imported whole or refused with its reasons. Some hundred lines are one transaction, which also notes how
    far the file came: the same command on the same file goes on where an earlier one stopped, however that ended. The
    exit code is 1 where a line was refused, 130 after Ctrl-C.
    """
    from postroom.app import App
    from postroom.cli import importing, refusedfile
    from postroom.cli.csvfile import Sheet
    from postroom.cli.importing import Summary
    from postroom.cli.opening import user_named, with_org
    from postroom.cli.taking import Errand, Keeper, Rehearsal
    from postroom.store.orgs import Org

    names = dict(_pair(each) for each in renamed)
    target = next(each for each in MODULES if each.name == module)
    _look(file, delimiter, refused_file)

    async def act(app: App, org: Org) -> Summary:
        user = await user_named(app, org, email)
        with file.open("rb") as octets:
            sheet = Sheet(octets, delimiter=delimiter, names=names, module=target)
            errand = Errand(app=app, user=user, sheet=sheet, again=again)
            summary = await importing.run(Rehearsal(errand) if dry_run else Keeper(errand), sheet, file.name)
            if refused_file is not None:
                refusedfile.write(refused_file, sheet, summary.refused)
        return summary

    summary = with_org(settings, act)
    if as_json:
        say.as_json(summary.as_object())
    else:
        for each in summary.refused if refused_file is None else ():
            click.echo(f"{file}:{each.line}: {each.reason}", err=True)
        click.echo(summary.sentence())
    if summary.standing.refused:
        click.get_current_context().exit(1)


def _look(file: Path, delimiter: str, refused_file: Path | None) -> None:
    """Find out before the import what would make it worthless."""
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise click.UsageError("--delimiter is one character, and neither a quotation mark nor the end of a line")
    if not file.is_file():
        raise Misconfigured(f"{file} is read several times; write what comes through a pipe into a file first")
    if refused_file is not None:
        if refused_file.exists() and refused_file.samefile(file):
            raise click.UsageError("--refused names the file that is imported")
        if not refused_file.parent.is_dir():
            raise Misconfigured(f"{refused_file}: there is no such folder")


def _pair(text: str) -> tuple[str, str]:
    column, equals, field = text.rpartition("=")
    if not equals:
        raise click.UsageError(f"--map {text}: COLUMN=FIELD is expected")
    return column, field
