"""``postroom migrate``."""

import click

from postroom.cli.options import with_settings
from postroom.config import Settings


@click.command()
@with_settings
def migrate(settings: Settings) -> None:
    """Bring the database to this version's schema, making it where there is none."""
    from postroom.store.migrate import head, pending
    from postroom.store.migrate import migrate as apply

    if not settings.database:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    behind = pending(settings.database_url)
    apply(settings.database_url)
    click.echo(f"schema {head()}, {'brought up to date' if behind else 'nothing to do'}")
