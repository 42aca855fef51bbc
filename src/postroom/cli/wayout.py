"""The words that describe an SMTP server, and the transport made of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import click

from postroom.cli import say
from postroom.cli.kinds import HOST, IP
from postroom.cli.oauth import HOSTS, with_oauth
from postroom.cli.options import secret

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.smtp.grant import Grant
    from postroom.store.db import Tx
    from postroom.store.orgs import Org
    from postroom.store.transports import Standing, Transport

PASSWORD_VARIABLE = "POSTROOM_SMTP_PASSWORD"  # noqa: S105 - a name, not a secret
# RFC 8314 §3.3 and RFC 6409 §3.1: where servers listen for submission; without TLS, RFC 5321's own port.
PORTS: Final = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, kw_only=True, slots=True)
class WayOut:
    """An SMTP server as an operator describes it; who signs in has a password or a grant.

    ``direct``: none, mails go to their recipients' own servers. ``source``: from which addresses of this machine.
    """

    host: str
    port: int
    tls: str
    username: str | None
    password: str | None
    grant: "Grant | None" = None
    direct: bool = False
    source: tuple[str, ...] = ()


DIRECT: Final = WayOut(host="", port=25, tls="none", username=None, password=None, direct=True)


def with_way_out(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options of a server, and the argument ``way_out`` (None where no host is named)."""
    import functools

    @click.option("--host", type=HOST, help="The SMTP server.  [default: with --oauth google or microsoft theirs]")
    @click.option("--port", type=click.IntRange(1, 65535), help="Its port.  [default: 587, with tls 465, with none 25]")
    @click.option(
        "--tls", type=click.Choice(list(PORTS)), default="starttls", show_default=True, help="Always verified."
    )
    @click.option("--username", help=f"Sign in; the password comes from stdin, {PASSWORD_VARIABLE} or a prompt.")
    @click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
    @click.option("--direct", is_flag=True, help="Have no server: mails go to their recipients' own (MX).")
    @click.option("--source", type=IP, multiple=True, help="An address of this machine to speak from; repeatable.")
    @with_oauth
    @functools.wraps(verb)
    def run(
        *args: Any,
        host: str | None,
        port: int | None,
        tls: str,
        username: str | None,
        password_stdin: bool,
        direct: bool,
        source: tuple[str, ...],
        server: str | None,
        grant: "Callable[[str], Grant] | None",
        **words: Any,
    ) -> Any:
        host = host or HOSTS.get(server or "")
        if host is None:
            if port or username or password_stdin or server:
                raise click.UsageError("--port, --username, --password-stdin and --oauth need --host")
            if source and not direct:
                raise click.UsageError("--source needs --host or --direct")
            return verb(*args, way_out=replace(DIRECT, source=source) if direct else None, **words)
        if direct:
            raise click.UsageError("a server or none: --host or --direct")
        password = agreed = None
        if grant is not None:
            agreed = grant(_name_for_tokens(username, tls, password_stdin=password_stdin))
        elif username:
            password = secret("SMTP password", PASSWORD_VARIABLE, from_stdin=password_stdin)
        way_out = WayOut(
            host=host,
            port=port or PORTS[tls],
            tls=tls,
            username=username,
            password=password,
            grant=agreed,
            source=source,
        )
        return verb(*args, way_out=way_out, **words)

    return run


def _name_for_tokens(username: str | None, tls: str, *, password_stdin: bool) -> str:
    if not username or password_stdin:
        raise click.UsageError("--oauth needs --username, and no password")
    if tls == "none":
        raise click.UsageError("an access token is shown to a server under TLS only: --tls starttls or tls")
    return username


def transport(app: "App", org_id: int, way_out: WayOut) -> "Transport":
    """The row of a new transport, its secrets sealed."""
    from postroom.store.transports import Transport

    return Transport(
        id=app.ids.number(),
        org_id=org_id,
        host=way_out.host,
        port=way_out.port,
        tls=way_out.tls,
        username=way_out.username,
        password=None if way_out.password is None else app.vault.seal(way_out.password),
        oauth=None if way_out.grant is None else app.vault.seal(way_out.grant.text),
        direct=way_out.direct,
        source=" ".join(way_out.source) or None,
        created_at=app.clock(),
    )


def lead(tx: "Tx", old_id: int | None, way: "Transport") -> int:
    """Put the new settings in the place of the old transport, so that mails waiting for it go the new way; its id.

    What stands in for it stays.
    """
    from postroom.store import transports

    (old,) = transports.find_many(tx, [old_id or 0])
    if old is None:
        transports.add(tx, way)
        return way.id
    transports.save(tx, replace(way, id=old.id, fallback_id=old.fallback_id))
    return old.id


async def set_held(app: "App", org: "Org", transport_id: int, *, held: bool) -> str:
    """Hold a transport, or release it and say so to the workers; what it is, and what has its mails meanwhile."""
    from postroom.store import transports

    await app.db.write(lambda tx: transports.hold(tx, org.id, transport_id, held=held))
    app.wake.ring()
    (way,) = await app.db.read(lambda tx: transports.find_many(tx, [transport_id]))
    if way is None or way.fallback_id is None or not held:
        return f"{described(way)} {'held' if held else 'released'}"
    (other,) = await app.db.read(lambda tx: transports.find_many(tx, [way.fallback_id or 0]))
    return f"{described(way)} held; its mails leave through {described(other)}"


def described(found: "Transport | None") -> str:
    """One transport as a table shows it."""
    if found is None:
        return "-"
    if found.direct:
        return f"direct{f' from {found.source}' if found.source else ''}"
    return f"{found.host}:{found.port} {found.tls}{' oauth' if found.oauth else ''}"


def stopped(found: "Standing | None") -> str | None:
    """Why and since when no mail leaves through a transport, in one line; None where mails do."""
    if found is None or found.stops is None or found.held:
        return None if found is None else found.stops
    return f"{found.stops} (since {say.moment(found.paused_since)}, again {say.moment(found.paused_until)})"
