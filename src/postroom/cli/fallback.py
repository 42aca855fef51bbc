"""The words for what has the mails of a server while it is held or paused."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import click

from postroom.cli.kinds import HOST
from postroom.cli.options import secret
from postroom.cli.wayout import DIRECT, PORTS, WayOut, transport

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.db import Tx
    from postroom.store.transports import Transport

PASSWORD_VARIABLE: Final = "POSTROOM_FALLBACK_PASSWORD"  # noqa: S105 - a name, not a secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallback:
    """What stands in for a server from now on; without a way out, nothing does."""

    way_out: WayOut | None


def with_fallback(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options of a fallback, and the argument ``fallback`` (None: it stays as it is)."""
    import functools

    @click.option(
        "--fallback-host", type=HOST, help="The SMTP server that has the mails while the other is held or paused."
    )
    @click.option("--fallback-port", type=click.IntRange(1, 65535), help="Its port.  [default: as with --port]")
    @click.option("--fallback-tls", type=click.Choice(list(PORTS)), default="starttls", show_default=True)
    @click.option("--fallback-username", help=f"Sign in; the password comes from {PASSWORD_VARIABLE} or a prompt.")
    @click.option("--fallback-direct", is_flag=True, help="Meanwhile mails go to their recipients' own servers.")
    @click.option("--no-fallback", "none", is_flag=True, help="Meanwhile mails wait.")
    @functools.wraps(verb)
    def run(
        *args: Any,
        fallback_host: str | None,
        fallback_port: int | None,
        fallback_tls: str,
        fallback_username: str | None,
        fallback_direct: bool,
        none: bool,
        **words: Any,
    ) -> Any:
        if (fallback_host is not None) + fallback_direct + none > 1:
            raise click.UsageError("one of --fallback-host, --fallback-direct and --no-fallback")
        if fallback_host is None and (fallback_port or fallback_username):
            raise click.UsageError("--fallback-port and --fallback-username need --fallback-host")
        way_out = DIRECT if fallback_direct else None
        if fallback_host is not None:
            name = fallback_username
            password = secret("password of the fallback", PASSWORD_VARIABLE, flag=None) if name else None
            port = fallback_port or PORTS[fallback_tls]
            way_out = WayOut(host=fallback_host, port=port, tls=fallback_tls, username=name, password=password)
        fallback = Fallback(way_out=way_out) if way_out is not None or none else None
        return verb(*args, fallback=fallback, **words)

    return run


def that_of(tx: "Tx", way: "Transport | None") -> "Transport | None":
    """What stands in for a transport."""
    from postroom.store import transports

    (found,) = transports.find_many(tx, [(way and way.fallback_id) or 0])
    return found


def stand_in(app: "App", tx: "Tx", transport_id: int | None, fallback: Fallback) -> None:
    """Let it have the mails of a transport from now on."""
    from postroom.cli.wayout import lead
    from postroom.store import transports

    if transport_id is None:
        raise click.ClickException("there is no server yet for it to stand in for: name one with --host")
    (own,) = transports.find_many(tx, [transport_id])
    assert own is not None, "what is changed is stored"
    way = fallback.way_out
    number = None if way is None else lead(tx, own.fallback_id, transport(app, own.org_id, way))
    transports.save(tx, replace(own, fallback_id=number))
