"""``postroom domain key``: the keys that a domain's mails are signed with (DKIM)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from postroom.cli import say
from postroom.cli.kinds import DOMAIN, LINE
from postroom.cli.options import as_json, in_org
from postroom.config import Settings

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.mail.dkim_key import Algorithm
    from postroom.store.keys import Key
    from postroom.store.orgs import Org

_NOW = "Sign with them from now on, whether or not the world can read their records yet."


@click.group()
def key() -> None:
    """Make, list, start, rotate and remove the keys that a domain's mails are signed with (DKIM)."""


@key.command()
@click.argument("domain", type=DOMAIN)
@click.option("--rsa", is_flag=True, help="Make an RSA key alone, which everybody can check.  [default: both kinds]")
@click.option("--ed25519", is_flag=True, help="Make an Ed25519 key alone: small and quick, and not known everywhere.")
@click.option("--selector", type=LINE, help="What the key is called in the DNS, if one kind is made.  [default: ours]")
@as_json
@in_org
def add(settings: Settings, *, domain: str, rsa: bool, ed25519: bool, selector: str | None, as_json: bool) -> None:
    """Make keys for a domain, and print the records to publish; they sign nothing before they are started."""
    from postroom.cli.opening import with_org
    from postroom.mail.dkim_key import Algorithm

    asked = {Algorithm.RSA: rsa, Algorithm.ED25519: ed25519}
    kinds = [kind for kind in Algorithm if asked[kind] or not any(asked.values())]
    if selector is not None and len(kinds) > 1:
        raise click.UsageError("each key has a selector of its own: --selector needs --rsa or --ed25519")

    async def act(app: "App", org: "Org") -> "list[Key]":
        return await _make(app, org, domain, kinds, selector)

    _print_made(with_org(settings, act), domain, as_json)


@key.command()
@click.argument("domain", type=DOMAIN, required=False)
@as_json
@in_org
def ls(settings: Settings, domain: str | None, as_json: bool) -> None:
    """List the keys of all domains, or of one."""
    from postroom.cli.opening import with_org
    from postroom.store import keys

    async def act(app: "App", org: "Org") -> "list[dict[str, str]]":
        found = await app.db.read(lambda tx: keys.listing(tx, org.id))
        return [_row(each, app.clock()) for each in found if domain in (None, each.domain)]

    say.listing(with_org(settings, act), as_json)


@key.command()
@click.argument("domain", type=DOMAIN)
@click.option("--now", "is_now", is_flag=True, help=_NOW)
@in_org
def publish(settings: Settings, domain: str, is_now: bool) -> None:
    """Print the records of a domain's keys once more; with --now, start those that sign nothing yet."""
    from postroom.cli.opening import with_org
    from postroom.store import keys

    async def act(app: "App", org: "Org") -> "tuple[list[Key], list[Key]]":
        found = await app.db.read(lambda tx: keys.of_domain(tx, org.id, domain))
        if not found:
            raise _none(domain)
        waiting = [each for each in found if each.signs_from is None]
        return found, await _start(app, org, domain, waiting) if is_now else []

    found, started = with_org(settings, act)
    if not is_now:
        _print_records(found)
    elif not started:
        raise click.ClickException(f"{domain} has no key that waits to be started; see: postroom domain key ls")
    else:
        _print_started(started)


@key.command()
@click.argument("domain", type=DOMAIN)
@click.option("--now", "is_now", is_flag=True, help=_NOW)
@as_json
@in_org
def rotate(settings: Settings, domain: str, is_now: bool, as_json: bool) -> None:
    """Make a key of each kind that signs, to take its place once it is started; the old one's record stays until then.

    And some days longer: mails that it signed are still read.
    """
    from postroom.cli.opening import with_org
    from postroom.mail.dkim_key import Algorithm
    from postroom.store import keys
    from postroom.store.keys import Standing

    async def act(app: "App", org: "Org") -> "tuple[list[Key], list[Key]]":
        found = await app.db.read(lambda tx: keys.of_domain(tx, org.id, domain))
        signing = {each.algorithm for each in found if each.standing(app.clock()) is Standing.SIGNING}
        if not signing:
            raise _none(domain, "that signs")
        made = await _make(app, org, domain, [kind for kind in Algorithm if kind in signing], None)
        return made, await _start(app, org, domain, made) if is_now else []

    made, started = with_org(settings, act)
    if as_json or not started:
        _print_made(started or made, domain, as_json)
    else:
        _print_records(started)
        _print_started(started)


@key.command()
@click.argument("domain", type=DOMAIN)
@click.argument("selector", type=LINE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_org
def rm(settings: Settings, domain: str, selector: str, yes: bool) -> None:
    """Remove a key for good; what it has signed can be checked for as long as its record stays."""
    from postroom.cli.opening import with_org
    from postroom.store import keys
    from postroom.store.keys import Standing

    async def act(app: "App", org: "Org") -> None:
        known = await app.db.read(lambda tx: keys.of_domain(tx, org.id, domain))
        found = next((each for each in known if each.selector == selector.lower()), None)
        if found is None:
            raise _none(domain, f"called {selector}")
        signs = found.standing(app.clock()) is Standing.SIGNING
        if not yes:
            what = "Mails leave without its signature then. " if signs else ""
            click.confirm(f"{what}Remove the key {selector} of {domain}?", abort=True, err=True)
        await app.db.write(lambda tx: keys.remove(tx, org.id, found.id))

    with_org(settings, act)
    click.echo(f"key {selector.lower()} of {domain} removed")


async def _make(app: "App", org: "Org", domain: str, kinds: "Sequence[Algorithm]", selector: str | None) -> "list[Key]":
    """New keys of these kinds. Raises ``ClickException``."""
    from postroom.access import keyring
    from postroom.access.keyring import Full, Taken, Wanted

    called = None if selector is None else selector.lower()
    wanted = [Wanted(org_id=org.id, domain=domain, algorithm=kind, selector=called) for kind in kinds]
    if not all(each.is_named_well for each in wanted):
        raise click.ClickException(f"{selector!r} is no selector: letters, digits and hyphens, with dots between them")
    try:
        return await keyring.add(app.db, app.vault, wanted, numbers=app.ids.number, now=app.clock())
    except (Full, Taken) as problem:
        raise click.ClickException(str(problem)) from None


async def _start(app: "App", org: "Org", domain: str, made: "Sequence[Key]") -> "list[Key]":
    from postroom.store import keys

    ids = [each.id for each in made]
    return await app.db.write(lambda tx: keys.start(tx, org.id, domain, ids, app.clock()))


def _none(domain: str, which: str = "") -> click.ClickException:
    return click.ClickException(f"{domain} has no key {which}".rstrip() + "; see: postroom domain key ls")


def _print_made(made: "Sequence[Key]", domain: str, in_json: bool) -> None:
    if in_json:
        say.as_json([_row(each, each.signs_from or each.created_at) | {"record": _text(each)} for each in made])
        return
    _print_records(made)
    click.echo(f"\npublish these records; whether they can be read: postroom domain check {domain}")
    click.echo(f"and then sign: postroom domain key publish {domain} --now")


def _print_records(found: "Sequence[Key]") -> None:
    """Each as a zone file has it (RFC 1035 §5.1), in strings of what one may hold."""
    from postroom.mail.dkim_key import record_name, strings

    for each in found:
        pieces = [f'"{piece}"' for piece in strings(_text(each))]
        click.echo(f"{record_name(each.selector, each.domain)}. IN TXT ( {' '.join(pieces)} )")


def _print_started(started: "Sequence[Key]") -> None:
    for each in started:
        click.echo(f"mails of {each.domain} are signed with {each.selector} from now on")


def _text(shown: "Key") -> str:
    from postroom.mail.dkim_key import record

    return record(shown.algorithm, shown.public)


def _row(shown: "Key", now: int) -> dict[str, str]:
    return {
        "domain": shown.domain,
        "selector": shown.selector,
        "algorithm": shown.algorithm.value,
        "standing": shown.standing(now).value,
        "made": say.moment(shown.created_at),
        "signs_from": say.moment(shown.signs_from),
        "signs_until": say.moment(shown.signs_until),
    }
