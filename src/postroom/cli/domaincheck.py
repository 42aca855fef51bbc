"""``postroom domain check``: what a domain publishes about its mail, and what is missing there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from postroom.cli import say
from postroom.cli.kinds import DOMAIN, IP
from postroom.cli.options import as_json, in_org
from postroom.config import Settings

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.smtp.published.asked import Asked
    from postroom.smtp.published.finding import Finding
    from postroom.smtp.sts import Policy
    from postroom.store.db import Tx
    from postroom.store.keys import Key
    from postroom.store.orgs import Org

_ADDRESS = "An address that mail of the domain leaves from; several times.  [default: those of direct transports]"


@click.command()
@click.argument("domain", type=DOMAIN)
@click.option("--address", "addresses", type=IP, multiple=True, help=_ADDRESS)
@as_json
@in_org
def check(settings: Settings, domain: str, addresses: tuple[str, ...], as_json: bool) -> None:
    """Tell what the DNS says of a domain's mail, and what to publish: SPF, DKIM, DMARC, MX, PTR, TLS-RPT, MTA-STS.

    Ends with 1 where something is missing or wrong.
    """
    from postroom.cli.opening import with_org

    async def act(app: "App", org: "Org") -> "list[Finding]":
        return await _found(app, await _asked(app, org, domain, addresses))

    findings = with_org(settings, act)
    if as_json:
        say.as_json([_row(each) for each in findings])
    else:
        _print(findings)
    if not all(each.is_well for each in findings):
        click.get_current_context().exit(1)


async def _asked(app: "App", org: "Org", domain: str, addresses: Sequence[str]) -> "Asked":
    """What of ours is to be found there."""
    from postroom.mail.dkim_key import record
    from postroom.smtp.published.asked import Asked, SigningKey
    from postroom.store import transports
    from postroom.store.keys import Standing

    now = app.clock()
    known = await app.db.read(lambda tx: _keys(tx, org.id, domain, now))
    ways = await app.db.read(lambda tx: transports.listing(tx, org.id))
    own = [address for way in ways if way.direct for address in (way.source or "").split()]
    return Asked(
        domain=domain,
        addresses=tuple(dict.fromkeys(addresses or own)),
        hostname=app.settings.hostname,
        keys=tuple(
            SigningKey(
                domain=each.domain,
                selector=each.selector,
                record=record(each.algorithm, each.public),
                signs=each.standing(now) is Standing.SIGNING,
            )
            for each in known
        ),
    )


def _keys(tx: "Tx", org_id: int, domain: str, now: int) -> "list[Key]":
    """Those of the domain that sign or may, and those that sign its mails in their place."""
    from postroom.store import keys
    from postroom.store.keys import Asked, Standing

    own = [each for each in keys.of_domain(tx, org_id, domain) if each.standing(now) is not Standing.RETIRED]
    (signing,) = keys.signing(tx, [Asked(org_id, domain, now)])
    return [*own, *(each for each in signing if each.domain != domain)]


async def _found(app: "App", asked: "Asked") -> "list[Finding]":
    from postroom.smtp.networks import permitted
    from postroom.smtp.policies import Policies
    from postroom.smtp.published.check import check as check_all
    from postroom.smtp.resolver import Resolver
    from postroom.smtp.trust import verifying

    settings = app.settings
    resolver, may_dial = Resolver(settings.resolver), permitted(settings.mx_private)
    policies = Policies(resolver, _Nowhere(), trust=verifying(settings.ca_file), may_dial=may_dial, clock=app.clock)
    return await check_all(resolver, policies, asked)


@dataclass(frozen=True, slots=True)
class _Nowhere:
    """Policies are looked at and not kept."""

    async def find(self, domain: str) -> "Policy | None":
        """None."""

    async def keep(self, domain: str, policy: "Policy") -> None:
        """Nothing."""


def _print(findings: "Sequence[Finding]") -> None:
    rows = [(each.subject, each.verdict.value, each.line) for each in findings]
    say.table(("subject", "state", "what"), rows)
    records = [each.record for each in findings if each.record]
    if records:
        click.echo("\nto publish:")
        for record in records:
            click.echo(record)


def _row(shown: "Finding") -> dict[str, str]:
    return {
        "subject": shown.subject,
        "state": shown.verdict.value,
        "what": shown.line,
        "record": shown.record,
    }
