"""The words that choose mails of the queue by what they are."""

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from postroom.cli.kinds import ADDRESS, LINE, MAILBOXES, MOMENT, RECORD_ID
from postroom.mail.address import Address
from postroom.mail.life import State

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.orgs import Org
    from postroom.store.selection import Selection


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What was said of the mails that are meant; moments in ms since the epoch, None where nothing was said."""

    states: tuple[str, ...] = ()
    sender: Address | None = None
    recipient: Address | str | None = None
    record_id: int | None = None
    user: Address | None = None
    server: str | None = None
    accepted_since: int | None = None
    accepted_before: int | None = None
    due_since: int | None = None
    due_before: int | None = None
    subject: str | None = None

    @property
    def given(self) -> bool:
        """Whether anything was said."""
        return self != Filters()


def with_filters(states: Collection[State], default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a verb the options, ``--state`` of these, and its argument ``filters``."""
    words = [each.value for each in State if each in states]
    options = (
        click.option(
            "--state",
            "states",
            multiple=True,
            type=click.Choice(words),
            help=f"Only these; repeatable.  [default: {default}]",
        ),
        click.option("--from", "sender", type=ADDRESS, help="Only mails from this address."),
        click.option("--to", "recipient", type=MAILBOXES, help="Only mails to this address, or this domain."),
        click.option("--record", "record_id", type=RECORD_ID, help="Only mails of this record: MODULE/ID."),
        click.option("--user", type=ADDRESS, help="Only mails that this user sent."),
        click.option("--transport", "server", metavar="HOST[:PORT]", help="Only mails through this SMTP server."),
        click.option("--since", "accepted_since", type=MOMENT, help="Only mails accepted from then on (ISO 8601)."),
        click.option("--before", "accepted_before", type=MOMENT, help="Only mails accepted before."),
        click.option("--due-since", type=MOMENT, help="Only mails due from then on."),
        click.option("--due-before", type=MOMENT, help="Only mails due before."),
        click.option("--subject", type=LINE, help="Only mails with this in their subject."),
    )

    def decorate(verb: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(verb)
        def run(*args: Any, **said: Any) -> Any:
            filters = Filters(**{each.name: said.pop(each.name) for each in fields(Filters)})
            return verb(*args, filters=filters, **said)

        return functools.reduce(lambda inner, option: option(inner), reversed(options), run)

    return decorate


async def selection(app: "App", org: "Org", filters: Filters, states: Collection[State]) -> "Selection":
    """The organisation's mails that are meant, in ``states`` where none were named.

    Raises ``ClickException`` for a user or a server that is not there.
    """
    from postroom.cli.opening import user_named
    from postroom.store.selection import Selection

    user = None if filters.user is None else await user_named(app, org, filters.user)
    return Selection(
        org_id=org.id,
        states=frozenset(State(each) for each in filters.states) or frozenset(states),
        sender=filters.sender,
        recipient=filters.recipient,
        record_id=filters.record_id,
        user_id=None if user is None else user.id,
        transport_ids=None if filters.server is None else await _transports(app, org, filters.server),
        accepted_since=filters.accepted_since,
        accepted_before=filters.accepted_before,
        due_since=filters.due_since,
        due_before=filters.due_before,
        subject=filters.subject,
    )


async def _transports(app: "App", org: "Org", server: str) -> frozenset[int]:
    """Each sender has a transport of its own; those with the same server are meant together."""
    from postroom.store import transports

    known = await app.db.read(lambda tx: transports.listing(tx, org.id))
    name = server.lower()
    named = {each.id: "direct" if each.direct else each.host.lower() for each in known}
    found = frozenset(each.id for each in known if name in (named[each.id], f"{named[each.id]}:{each.port}"))
    if not found:
        raise click.ClickException(f"no mail leaves through {server}; see: postroom sender ls, postroom org show")
    return found
