"""``postroom record``."""

from collections.abc import Sequence
from pathlib import Path

import click

from postroom.cli import say
from postroom.cli.kinds import ADDRESS
from postroom.cli.options import as_json, in_org
from postroom.config import Settings
from postroom.mail.address import Address


@click.group()
def record() -> None:
    """Import records."""


@record.command("import")
@click.argument("module", type=click.Choice(["Contacts", "Accounts", "Pipelines"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "renamed", multiple=True, metavar="COLUMN=FIELD", help="Repeatable; COLUMN= leaves one out.")
@click.option("--delimiter", default=",", show_default=True, help="What stands between two values.")
@click.option("--user", "email", type=ADDRESS, help="Who imports and owns them.  [default: the first user]")
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
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import a CSV file (UTF-8) whose first line holds the fields' API names.

    A line is imported whole or refused with its reasons; each hundred lines are one transaction. The exit code is 1
    where a line was refused.
    """
    from postroom.app import App
    from postroom.cli.importing import Import, Summary
    from postroom.cli.opening import user_named, with_org
    from postroom.record import MODULES
    from postroom.store.orgs import Org

    if len(delimiter) != 1:
        raise click.UsageError("--delimiter is one character")
    names = dict(_pair(each) for each in renamed)
    target = next(each for each in MODULES if each.name == module)

    async def act(app: App, org: Org) -> Summary:
        user = await user_named(app, org, email)
        return await Import(app=app, user=user, module=target, dry_run=dry_run).run(file, delimiter, names)

    summary = with_org(settings, act)
    if as_json:
        say.as_json(summary.as_object())
    else:
        for each in summary.refused:
            click.echo(f"{file}:{each.line}: {each.reason}", err=True)
        click.echo(summary.sentence())
    if summary.refused:
        click.get_current_context().exit(1)


def _pair(text: str) -> tuple[str, str]:
    column, equals, field = text.rpartition("=")
    if not equals:
        raise click.UsageError(f"--map {text}: COLUMN=FIELD is expected")
    return column, field
