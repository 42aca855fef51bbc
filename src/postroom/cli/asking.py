"""A server asked for at a terminal, with the answers that are known beforehand."""

import sys

import click

from postroom.cli.oauth import agree
from postroom.cli.options import secret
from postroom.cli.providers import Provider, of_address, of_host
from postroom.cli.wayout import PASSWORD_VARIABLE, PORTS, WayOut
from postroom.mail.address import Address


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def ask_way_out(address: Address) -> WayOut | None:
    """The server of a from address; None: the organisation's."""
    provider = of_address(address.domain)
    if provider is None:
        click.echo("Empty: its mails leave through the organisation's server.", err=True)
    else:
        click.echo(f"{provider.name}: {provider.hint}.", err=True)
    host: str = click.prompt(
        "SMTP server", default=provider.host if provider else "", show_default=bool(provider), err=True
    )
    if not host.strip():
        return None
    known = of_host(host.strip())
    tls: str = click.prompt(
        "Protection", type=click.Choice(list(PORTS)), default=known.tls if known else "starttls", err=True
    )
    port: int = click.prompt("Port", type=click.IntRange(1, 65535), default=PORTS[tls], err=True)
    username: str = click.prompt("User name (- for none)", default=str(address), err=True)
    password = grant = None
    if username != "-" and known is not None and _by_tokens(known):
        grant = agree(username, server=known.issuer, client_id=click.prompt("Client id", err=True))
    elif username != "-":
        password = secret("SMTP password", PASSWORD_VARIABLE, from_stdin=False)
    return WayOut(
        host=host.strip(),
        port=port,
        tls=tls,
        username=None if username == "-" else username,
        password=password,
        grant=grant,
    )


def _by_tokens(provider: Provider) -> bool:
    if not provider.issuer:
        return False
    ways = click.Choice(["password", "oauth"])
    usual = "password" if provider.takes_passwords else "oauth"
    chosen: str = click.prompt("Sign in by", type=ways, default=usual, err=True)
    return chosen == "oauth"


def ask_test_mail(address: Address) -> bool:
    """Whether a mail may go to the address itself."""
    agreed: bool = click.confirm(f"Send a test mail to {address}?", default=True, err=True)
    return agreed
