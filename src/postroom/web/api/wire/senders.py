"""From addresses as clients see them (W 2)."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from postroom.store.senders import Sender
from postroom.web.api.wire.values import Id


class FromAddress(Struct, frozen=True, kw_only=True):
    """An address that a user may send from: their own, which has no id, or the organisation's."""

    email: str
    type: Literal["org_email", "user"]
    id: Id | None
    user_name: str
    default: bool


class FromAddresses(Struct, frozen=True, kw_only=True):
    """All of them; exactly one is the default."""

    from_addresses: list[FromAddress]


def from_addresses(found: Sequence[Sender]) -> FromAddresses:
    """The from addresses, in the order given; the default is the first that is marked, or the first."""
    marked = next((each for each in found if each.is_default), found[0])
    return FromAddresses(from_addresses=[_address(each, default=each is marked) for each in found])


def _address(sender: Sender, *, default: bool) -> FromAddress:
    return FromAddress(
        email=sender.email,
        type="org_email" if sender.user_id is None else "user",
        id=None if sender.id is None else str(sender.id),
        user_name=sender.name,
        default=default,
    )
