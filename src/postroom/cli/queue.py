"""``postroom queue``."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

import click

from postroom.cli import say
from postroom.cli.kinds import MAIL_ID
from postroom.cli.options import as_json, in_org
from postroom.config import Settings
from postroom.mail.life import FINAL, State

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.jobs import Verb
    from postroom.store.mails import Filed
    from postroom.store.orgs import Org

R = TypeVar("R")

_SHORT: Final = 16  # hex digits of an id in tables: enough to be the only one


@click.group()
def queue() -> None:
    """Show mails, try them again, cancel them."""


@queue.command()
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only these; repeatable.  [default: all that are not settled]",
)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many, newest first.")
@as_json
@in_org
def ls(settings: Settings, states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List mails."""
    from postroom.cli import filed
    from postroom.cli.opening import with_org
    from postroom.store import selection
    from postroom.store.selection import Selection

    wanted = frozenset({State(each) for each in states} or set(State) - FINAL)

    async def act(app: "App", org: "Org") -> list["Filed"]:
        chosen = Selection(org_id=org.id, states=wanted)
        return await app.db.read(lambda tx: selection.newest(tx, chosen, limit=limit))

    found = with_org(settings, act)
    if as_json:
        say.as_json([filed.as_object(each) for each in found])
    else:
        rows = [filed.as_row(each, _SHORT) for each in found]
        say.table(("id", "state", "attempt", "due", "from", "to", "subject"), rows)


@queue.command()
@click.argument("mail_id", metavar="ID", type=MAIL_ID)
@as_json
@in_org
def show(settings: Settings, mail_id: str, as_json: bool) -> None:
    """Show a mail with its recipients and its history."""
    from postroom.cli import filed
    from postroom.store import mails, notices

    async def act(app: "App", org: "Org", mail: "Filed") -> tuple["Filed", list[str], list[filed.Happening]]:
        numbers = [mail.record_id] if mail.module == notices.MODULE else []
        about = await app.db.read(lambda tx: mails.by_numbers(tx, org.id, numbers))
        rows = await app.db.read(lambda tx: mails.history(tx, org.id, mail.seq))
        return (
            mail,
            [each.id.hex() for each in about],
            [
                filed.Happening(at=row.at, what=row.what, n=row.n, attempt=row.attempt, detail=row.detail)
                for row in rows
            ],
        )

    mail, tells_of, history = _with_mail(settings, mail_id, act)
    if as_json:
        shown = {"tells_of": tells_of[0] if tells_of else None, "history": [each.as_object() for each in history]}
        say.as_json({**filed.as_object(mail), **shown})
        return
    say.facts([*filed.as_facts(mail), *(("tells of", each) for each in tells_of)])
    click.echo()
    say.table(("recipient", "kind", "state", "last reply"), [filed.as_line(each) for each in mail.deliveries])
    click.echo()
    say.table(("when", "what", "attempt", "recipient", "reply"), [each.as_row(mail) for each in history])


@queue.command()
@click.argument("mail_id", metavar="ID", type=MAIL_ID)
@in_org
def retry(settings: Settings, mail_id: str) -> None:
    """Try a waiting mail now, or a failed one again."""
    from postroom.store.jobs import Verb

    _answer("queued", _with_mail(settings, mail_id, _act(Verb.RETRY)), "nothing to retry")


@queue.command()
@click.argument("mail_id", metavar="ID", type=MAIL_ID)
@in_org
def cancel(settings: Settings, mail_id: str) -> None:
    """Take a mail out of the queue; says «cancelled», or «too late» where it is being sent or is settled."""
    from postroom.store.jobs import Verb

    _answer("cancelled", _with_mail(settings, mail_id, _act(Verb.CANCEL)), "too late")


def _act(verb: "Verb") -> "Callable[[App, Org, Filed], Awaitable[bool]]":
    from postroom.store import jobs
    from postroom.store.jobs import Answer, Deed

    async def act(app: "App", org: "Org", mail: "Filed") -> bool:
        deed = Deed(verb=verb, org_id=org.id, at=app.clock())
        return await app.db.write(lambda tx: jobs.act(tx, deed, [mail.seq])) == [Answer.DONE]

    return act


def _with_mail(settings: Settings, digits: str, act: "Callable[[App, Org, Filed], Awaitable[R]]") -> R:
    """Run ``act`` on the only mail whose id begins with the digits."""
    from postroom.cli.opening import with_org
    from postroom.store import mails

    async def find(app: "App", org: "Org") -> R:
        ids = await app.db.read(lambda tx: mails.beginning_with(tx, org.id, digits, limit=2))
        if len(ids) > 1:
            raise click.ClickException(f"several mails begin with {digits}")
        mail = await app.db.read(lambda tx: mails.find(tx, org.id, ids[0])) if ids else None
        if mail is None:
            raise click.ClickException(f"there is no mail {digits}")
        return await act(app, org, mail)

    return with_org(settings, find)


def _answer(yes: str, done: bool, no: str) -> None:
    click.echo(yes if done else no)
    if not done:
        click.get_current_context().exit(1)
