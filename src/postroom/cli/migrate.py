"""``postroom migrate``."""

import click

from postroom.cli.options import make_data_dir, with_settings
from postroom.config import Settings


@click.command()
@with_settings
def migrate(settings: Settings) -> None:
    """Bring the database to this version's schema.

    Where there is none it is made. Programs of the version before keep working on it.
    """
    from postroom.store.migrate import head, pending
    from postroom.store.migrate import migrate as apply

    make_data_dir(settings)
    behind = pending(settings.database_url)
    apply(settings.database_url)
    click.echo(f"schema {head()}, {'brought up to date' if behind else 'nothing to do'}")
