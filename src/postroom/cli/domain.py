"""``postroom domain``."""

import click

from postroom.cli.domaincheck import check
from postroom.cli.domainkey import key


@click.group()
def domain() -> None:
    """Keep the keys of a domain, and check what it publishes about its mail."""


domain.add_command(key)
domain.add_command(check)
