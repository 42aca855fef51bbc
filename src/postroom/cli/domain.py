"""``postroom domain``."""

import click

from postroom.cli.domainkey import key


@click.group()
def domain() -> None:
    """Keep what the world is told of the domains that mails are from."""


domain.add_command(key)
