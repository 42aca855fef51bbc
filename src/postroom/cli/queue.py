"""``postroom queue``."""

from typing import TYPE_CHECKING, Final

import click

from postroom.cli import say
from postroom.cli.acting import Wanted, act, on_mails, one
from postroom.cli.choosing import Filters, selection, with_filters
from postroom.cli.kinds import MOMENT, SHOWN_MAIL
from postroom.cli.options import as_json, in_org, with_settings
from postroom.config import Settings
from postroom.mail.address import Address
from postroom.mail.life import FINAL, State, Verb
from postroom.mail.limits import SCHEDULE_DAYS

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.mails import Filed
    from postroom.store.orgs import Org

_SHORT: Final = 16  # hex digits of an id in tables: enough to be the only one


@click.group()
def queue() -> None:
    """Show mails and workers, hold and release mails, try them again, cancel them."""


@queue.command()
@with_filters(list(State), "all that are not settled")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many, newest first.")
@as_json
@in_org
def ls(settings: Settings, filters: Filters, limit: int, as_json: bool) -> None:
    """List mails."""
    from postroom.cli import filed
    from postroom.cli.opening import with_org
    from postroom.store.selection import newest

    async def look(app: "App", org: "Org") -> list["Filed"]:
        chosen = await selection(app, org, filters, set(State) - FINAL)
        return await app.db.read(lambda tx: newest(tx, chosen, limit=limit))

    found = with_org(settings, look)
    if as_json:
        say.as_json([filed.as_object(each) for each in found])
    else:
        rows = [filed.as_row(each, _SHORT) for each in found]
        say.table(("id", "state", "attempt", "due", "from", "to", "subject", "waits for"), rows)


@queue.command()
@click.argument("named", metavar="ID|RETURN_PATH", type=SHOWN_MAIL)
@as_json
@in_org
def show(settings: Settings, named: Address | str, as_json: bool) -> None:
    """Show a mail with its recipients and its history; of a bounce, by the address that it came to."""
    from postroom.cli import filed
    from postroom.cli.opening import with_org
    from postroom.cli.returned import returned
    from postroom.store import mails, notices, users

    async def look(app: "App", org: "Org") -> tuple["Filed", str | None, list[str], list[filed.Happening]]:
        mail, to = (await one(app, org, named), None) if isinstance(named, str) else await returned(app, org, named)
        numbers = [mail.record_id] if mail.module == notices.MODULE else []
        about = await app.db.read(lambda tx: mails.by_numbers(tx, org.id, numbers))
        rows = await app.db.read(lambda tx: mails.history(tx, org.id, mail.seq))
        people = {str(each.id): each.email for each in await app.db.read(lambda tx: users.listing(tx, org.id))}
        return mail, to, [each.id.hex() for each in about], [filed.happening(row, people) for row in rows]

    mail, to, tells_of, history = with_org(settings, look)
    if as_json:
        shown = {"tells_of": tells_of[0] if tells_of else None, "return_path_of": to}
        say.as_json({**filed.as_object(mail), **shown, "history": [each.as_object() for each in history]})
        return
    more = [*(("tells of", each) for each in tells_of), *([("return path of", to)] if to else [])]
    say.facts([*filed.as_facts(mail), *more])
    click.echo()
    say.table(("recipient", "kind", "state", "last reply"), [filed.as_line(each) for each in mail.deliveries])
    click.echo()
    say.table(("when", "what", "attempt", "recipient", "reply"), [each.as_row(mail) for each in history])


@queue.command()
@on_mails(Verb.HOLD)
def hold(settings: Settings, wanted: Wanted) -> None:
    """Keep mails from leaving until they are released."""
    act(settings, Verb.HOLD, wanted)


@queue.command()
@on_mails(Verb.RELEASE)
def release(settings: Settings, wanted: Wanted) -> None:
    """Let held mails leave, each at its own time; one of unknown fate is sent again."""
    act(settings, Verb.RELEASE, wanted)


@queue.command()
@on_mails(Verb.CANCEL)
def cancel(settings: Settings, wanted: Wanted) -> None:
    """Take mails out of the queue; «too late» for one that is settled, «being sent» where a worker holds it."""
    act(settings, Verb.CANCEL, wanted)


@queue.command()
@on_mails(Verb.RETRY)
def retry(settings: Settings, wanted: Wanted) -> None:
    """Try waiting and held mails now, and failed ones again."""
    act(settings, Verb.RETRY, wanted)


@queue.command()
@click.option("--at", "due_at", type=MOMENT, required=True, help="When they shall leave (ISO 8601).")
@on_mails(Verb.MOVE)
def move(settings: Settings, wanted: Wanted, due_at: int) -> None:
    """Let mails leave at another time, which nobody has tried yet, or which are held."""
    from postroom.app import clock
    from postroom.send import time_faults

    if any(time_faults(due_at, clock())):
        raise click.BadParameter(f"not in the past, at most {SCHEDULE_DAYS} days ahead", param_hint="--at")
    act(settings, Verb.MOVE, wanted, due_at=due_at)


@queue.command()
@as_json
@with_settings
def workers(settings: Settings, as_json: bool) -> None:
    """List the workers that are alive."""
    from postroom.cli.opening import with_app
    from postroom.store import workers

    async def look(app: "App") -> list[dict[str, str]]:
        since = app.clock() - round(app.settings.lease_seconds * 1000)
        alive = await app.db.read(lambda tx: workers.living(tx, since))
        return [
            {
                "host": each.host,
                "pid": str(each.pid),
                "since": say.moment(each.started_at),
                "seen": say.moment(each.seen_at),
            }
            for each in alive
        ]

    say.listing(with_app(settings, look), as_json)
