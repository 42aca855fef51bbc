"""What the verbs of the queue do to mails: to those that are named, or to all that are chosen."""

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from postroom.cli import say
from postroom.cli.choosing import Filters, selection, with_filters
from postroom.cli.kinds import MAIL_ID
from postroom.cli.options import as_json, in_org
from postroom.config import Settings
from postroom.mail.life import FINDS, State, Verb

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.jobs import Answer, Deed
    from postroom.store.mails import Filed
    from postroom.store.orgs import Org
    from postroom.store.selection import Tally

# Which states are meant where none is named: never more than a careful hand would touch.
_MEANT: Final = {
    **FINDS,
    Verb.RETRY: frozenset({State.QUEUED}),
    Verb.MOVE: frozenset({State.SCHEDULED}),
}
_DONE: Final = {
    Verb.HOLD: "held",
    Verb.RELEASE: "released",
    Verb.CANCEL: "cancelled",
    Verb.RETRY: "queued",
    Verb.MOVE: "scheduled",
}
_UNFIT: Final = {Verb.RETRY: "nothing to retry"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which mails are meant, and how far to go."""

    mail_ids: tuple[str, ...]
    filters: Filters
    dry_run: bool
    yes: bool
    as_json: bool


def on_mails(verb: Verb) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command of ``postroom queue`` the words that say which mails are meant, as its argument ``wanted``."""
    default = ", ".join(each.value for each in State if each in _MEANT[verb])

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.argument("mail_ids", metavar="[ID]...", nargs=-1, type=MAIL_ID)
        @with_filters(FINDS[verb], default)
        @click.option("--dry-run", is_flag=True, help="Tell how many mails would be met, and let them be.")
        @click.option("--yes", is_flag=True, help="Do not ask.")
        @as_json
        @in_org
        @functools.wraps(command)
        def run(
            *, mail_ids: tuple[str, ...], filters: Filters, dry_run: bool, yes: bool, as_json: bool, **words: Any
        ) -> Any:
            if bool(mail_ids) is filters.given:
                raise click.UsageError("name mails by their ids, or choose them with --state, --from, --to ...")
            if mail_ids and dry_run:
                raise click.UsageError("--dry-run goes with mails that are chosen, not with their ids")
            wanted = Wanted(mail_ids=mail_ids, filters=filters, dry_run=dry_run, yes=yes, as_json=as_json)
            return command(wanted=wanted, **words)

        return run

    return decorate


def act(settings: Settings, verb: Verb, wanted: Wanted, *, due_at: int | None = None) -> None:
    """Do it and say what became of them; the exit code is 1 where something is left undone."""
    from postroom.cli.opening import with_org
    from postroom.store.jobs import Deed
    from postroom.store.repairing import repair

    async def run(app: "App", org: "Org") -> "Counter[Answer] | None":
        deed = Deed(verb=verb, org_id=org.id, at=app.clock(), due_at=due_at)
        if not wanted.mail_ids:
            return await _all(app, org, deed, wanted)
        counts = await repair(app.db, deed, [(await one(app, org, each)).seq for each in wanted.mail_ids])
        app.wake.ring()
        return counts

    counts = with_org(settings, run)
    if counts is not None:
        _tell(verb, counts, wanted)


async def _all(app: "App", org: "Org", deed: "Deed", wanted: Wanted) -> "Counter[Answer] | None":
    """Do it to all that are chosen, once somebody has said yes; None where they were only counted."""
    from postroom.store import selection as store
    from postroom.store.repairing import repair_all

    chosen = await selection(app, org, wanted.filters, _MEANT[deed.verb])
    found = await app.db.read(lambda tx: store.tally(tx, chosen))
    if wanted.dry_run:
        _count(found, wanted)
        return None
    if found.total and not wanted.yes:
        click.confirm(f"{deed.verb.value.capitalize()} {_counted(found)}?", abort=True, err=True)
    counts = await repair_all(app.db, deed, chosen, upto=found.newest)
    app.wake.ring()
    return counts


async def one(app: "App", org: "Org", digits: str) -> "Filed":
    """The only mail whose id begins with the digits. Raises ``ClickException`` where there is none, or several."""
    from postroom.store import mails

    ids = await app.db.read(lambda tx: mails.beginning_with(tx, org.id, digits, limit=2))
    if len(ids) > 1:
        raise click.ClickException(f"several mails begin with {digits}")
    mail = await app.db.read(lambda tx: mails.find(tx, org.id, ids[0])) if ids else None
    if mail is None:
        raise click.ClickException(f"there is no mail {digits}")
    return mail


def _count(found: "Tally", wanted: Wanted) -> None:
    if wanted.as_json:
        say.as_json({"mails": found.total, "states": {state.value: count for state, count in found.counts.items()}})
    else:
        click.echo(_counted(found))


def _counted(found: "Tally") -> str:
    states = ", ".join(f"{found.counts[state]} {state.value}" for state in State if state in found.counts)
    return f"{found.total} mail{'' if found.total == 1 else 's'}" + (f" ({states})" if states else "")


def _tell(verb: Verb, counts: "Counter[Answer]", wanted: Wanted) -> None:
    from postroom.store.jobs import Answer

    words = {each: each.value for each in Answer} | {Answer.DONE: _DONE[verb]}
    if wanted.as_json:
        say.as_json({each.value.replace(" ", "_"): counts[each] for each in Answer})
    elif len(wanted.mail_ids) == 1:
        (answer,) = counts
        click.echo(_UNFIT.get(verb, answer.value) if answer is Answer.UNFIT else words[answer])
    else:
        click.echo(", ".join(f"{counts[each]} {words[each]}" for each in Answer if counts[each]) or "no mail is meant")
    if counts[Answer.SENDING] or counts[Answer.UNFIT]:
        click.get_current_context().exit(1)
