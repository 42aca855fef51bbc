"""A mail that can be unsubscribed from, and the links that it has."""

from functools import partial
from typing import Final

from msgspec.structs import replace

from postroom.app import App
from postroom.mail.draft import Stream
from postroom.mail.token import Addressee, Use, token
from postroom.store import orgs
from tests.store.accepted import accepted, add
from tests.world import World

SECRET: Final = bytes(range(32))


async def asking(app: App, world: World) -> int:
    """The number of a mail to Cleo and Rita."""
    sealed = app.vault.seal(SECRET.hex())
    await app.db.write(partial(orgs.keep_secret, org_id=world.org.id, sealed=sealed))
    plain = accepted(world, 1, to=["cleo@customer.example", "Rita@Example.net"])
    stream = Stream(org_id=world.org.id, user_id=world.user.id, module=plain.module)
    mail = replace(plain, letter=replace(plain.letter, stream=stream))
    [seq] = await app.db.write(lambda tx: add(tx, [mail]))
    return seq


def link(seq: int, n: int, *, use: Use = Use.UNSUBSCRIBE, secret: bytes = SECRET) -> str:
    """The path of a recipient's link."""
    return f"/unsubscribe?token={token(Addressee(mail_seq=seq, n=n), use, secret)}"
