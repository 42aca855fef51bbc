"""``postroom demo``."""

import click


@click.command()
def demo() -> None:
    """Send four mails through a sandbox and show how they arrive.

    Each goes through the real API, database and SMTP conversation; nothing leaves this machine.
    """
    from postroom.cli.sandbox.showpiece import run

    run()
