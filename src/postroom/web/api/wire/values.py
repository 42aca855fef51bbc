"""Values that many answers hold: ids, people."""

import hashlib
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any

from msgspec import Meta, Struct

from postroom.mail.draft import Format
from postroom.store.users import User
from postroom.web.shape import NUMBER, OPAQUE

Json = dict[str, Any]
# W 0: ids have up to 19 digits and are no numbers, which would lose the last ones in JavaScript.
Id = Annotated[str, Meta(pattern=NUMBER)]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Opaque = Annotated[str, Meta(pattern=OPAQUE)]  # the id of a mail or a file


class MailFormat(Enum):
    """How ``content`` is meant (W 1.2): the formats that a caller may choose, and sees."""

    HTML = Format.HTML.value
    TEXT = Format.TEXT.value


class Named(Struct, frozen=True, kw_only=True):
    """What something refers to, by name and id; a user who is gone has no name."""

    name: str | None
    id: Id


class Owner(Named, frozen=True, kw_only=True):
    """The user that something belongs to."""

    email: str | None


class ModuleName(Struct, frozen=True, kw_only=True):
    """A module as others refer to it."""

    api_name: str
    id: Id


@lru_cache(maxsize=4096)
def made_id(*words: str) -> str:
    """Digits for what has no row (a field, a module, a profile), the same on every server and for ever."""
    number = int.from_bytes(hashlib.sha256("\n".join(words).encode()).digest()[:7])
    return str(10**17 + number)


def person(users: Mapping[int, User], user_id: int) -> Named:
    """A user as others see them (W 7.2)."""
    user = users.get(user_id)
    return Named(name=user.full_name if user else None, id=str(user_id))


def owner(users: Mapping[int, User], user_id: int) -> Owner:
    """A user as the owner of something (W 7.1): with the address too."""
    user = users.get(user_id)
    return Owner(name=user.full_name if user else None, id=str(user_id), email=user.email if user else None)
