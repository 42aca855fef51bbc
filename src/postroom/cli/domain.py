"""``postroom domain``."""

import click

from postroom.cli.domainkey import key


@click.group()
def domain() -> None:
    """Keep the keys that the mails of a domain are signed with."""


domain.add_command(key)
