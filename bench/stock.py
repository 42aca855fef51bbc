"""Mails stored by the thousand, through the store's own functions: HTTP would take longer than what is to be measured.

Each is as the API would have stored it. Its recipient's local part is its number, by which ``gate`` knows it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from bench.site import Site
from postroom.app import App
from postroom.mail.address import Address
from postroom.mail.draft import Format, Kind, Letter, Mailbox, Recipient
from postroom.mail.life import State
from postroom.store import mails
from postroom.store.mails import Accepted

BATCH: Final = 500  # in a transaction
CONTENT: Final = "<p>" + "A sentence of a mail as it is usual between people who know each other. " * 12 + "</p>"

T = TypeVar("T")


async def store(
    app: App, site: Site, dues: Iterable[tuple[int, int]], *, transport: Callable[[int], int] | None = None
) -> None:
    """Store a mail for each number and the moment (ms since the epoch) when it is due.

    ``transport`` gives its number for each mail's; else it is the sender's.
    """
    way = transport or (lambda _: site.world.transport.id)
    for some in _batches(dues):
        await app.db.write(partial(mails.add, accepted=[_mail(app, site, n, due, way(n)) for n, due in some]))


def _mail(app: App, site: Site, number: int, due: int, transport_id: int) -> Accepted:
    now = app.clock()
    return Accepted(
        letter=_letter(app, site, number, due),
        org_id=site.world.org.id,
        user_id=site.world.user.id,
        module=site.world.contact.module,
        record_id=site.world.contact.id,
        transport_id=transport_id,
        state=State.SCHEDULED if due > now else State.QUEUED,
        due_at=due,
        created_at=now,
    )


def _letter(app: App, site: Site, number: int, due: int) -> Letter:
    recipient = Mailbox(name="", address=Address.parse(f"{number}@customer.example"))
    return Letter(
        mail_id=app.ids.opaque(),
        sender=Mailbox(name=site.world.sender.name, address=Address.parse(site.world.sender.email)),
        recipients=(Recipient(n=0, kind=Kind.TO, mailbox=recipient),),
        reply_to=None,
        subject=f"number {number}",
        content=CONTENT,
        format=Format.HTML,
        files=(),
        dated_at=due,
        references=(),
    )


def _batches(every: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(every)
    while some := list(islice(rest, BATCH)):
        yield some
