"""Users as clients see them (W 6.3)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from postroom.access.permission import ADMINISTRATOR
from postroom.store import users as store
from postroom.store.orgs import Org
from postroom.web.api.wire.values import Id, Named, made_id

PER_PAGE: Final = 200  # W 6.3
CURRENT: Final = "CurrentUser"  # beside the types below: whoever asks
# W 6.3: whom each type means. Nobody is deleted.
TYPES: Final[Mapping[str, Callable[[store.User], bool]]] = {
    "AllUsers": lambda _: True,
    "ActiveUsers": lambda user: user.active,
    "DeactiveUsers": lambda user: not user.active,
    "ConfirmedUsers": lambda user: user.confirmed_at is not None,
    "NotConfirmedUsers": lambda user: user.confirmed_at is None,
    "DeletedUsers": lambda _: False,
    "ActiveConfirmedUsers": lambda user: user.active and user.confirmed_at is not None,
    "AdminUsers": lambda user: user.profile == ADMINISTRATOR,
    "ActiveConfirmedAdmins": lambda user: (
        user.active and user.confirmed_at is not None and user.profile == ADMINISTRATOR
    ),
}


class User(Struct, frozen=True, kw_only=True):
    """One user of the organisation."""

    id: Id
    full_name: str
    first_name: str | None
    last_name: str
    email: str
    zuid: Id
    role: Named
    profile: Named
    status: Literal["active", "disabled"]
    confirm: bool
    category: str = "regular_user"
    time_zone: str
    locale: str = "en_US"


class UsersInfo(Struct, frozen=True, kw_only=True):
    """Which page it is."""

    per_page: int
    count: int
    page: int
    more_records: bool


class Users(Struct, frozen=True, kw_only=True):
    """A page of users."""

    users: list[User]
    info: UsersInfo


class OneUser(Struct, frozen=True, kw_only=True):
    """A list of the one user."""

    users: list[User]


def users(page: Sequence[store.User], org: Org, *, number: int, size: int, more: bool) -> Users:
    """One page of users."""
    info = UsersInfo(per_page=size, count=len(page), page=number, more_records=more)
    return Users(users=[_user(each, org) for each in page], info=info)


def one_user(shown: store.User, org: Org) -> OneUser:
    """One user."""
    return OneUser(users=[_user(shown, org)])


def _user(shown: store.User, org: Org) -> User:
    return User(
        id=str(shown.id),
        full_name=shown.full_name,
        first_name=shown.first_name or None,
        last_name=shown.last_name,
        email=shown.email,
        zuid=str(shown.id),
        role=Named(name="CEO", id=made_id("role", "CEO")),
        profile=Named(name=shown.profile, id=made_id("profile", shown.profile)),
        status="active" if shown.active else "disabled",
        confirm=shown.confirmed_at is not None,
        time_zone=org.time_zone,
    )
