"""Users: people of an organisation who call the API."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from postroom.store.tables import org, user


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """One user; ``email`` is folded; ``profile`` is Administrator or Standard.

    ``confirmed_at`` None: may not send mail yet.
    """

    id: int
    org_id: int
    email: str
    first_name: str = ""
    last_name: str
    profile: str = "Administrator"
    active: bool = True
    confirmed_at: int | None
    created_at: int

    @property
    def full_name(self) -> str:
        """First and last name as one."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """One user as the person behind it sees it: as a member of an organisation."""

    user: User
    org_name: str


def add(tx: Connection, new: User) -> None:
    """Store a new user."""
    tx.execute(insert(user).values({name: getattr(new, name) for name in User.__slots__}))


def save(tx: Connection, changed: User) -> None:
    """Replace the names and the profile of a user, and whether they are active."""
    same = (user.c.org_id == changed.org_id) & (user.c.id == changed.id)
    names = ("first_name", "last_name", "profile", "active")
    tx.execute(update(user).where(same).values({name: getattr(changed, name) for name in names}))


def confirm(tx: Connection, org_id: int, user_id: int, now: int) -> None:
    """Let the user send mail; who was confirmed before keeps the moment of it."""
    waiting = (user.c.org_id == org_id) & (user.c.id == user_id) & user.c.confirmed_at.is_(None)
    tx.execute(update(user).where(waiting).values(confirmed_at=now))


def find(tx: Connection, org_id: int, user_id: int) -> User | None:
    """The user of that number in the organisation."""
    found = select(user).where(user.c.org_id == org_id, user.c.id == user_id)
    row = tx.execute(found).mappings().one_or_none()
    return None if row is None else _from_row(row)


def find_by_email(tx: Connection, org_id: int, email: str) -> User | None:
    """The user with that folded address in the organisation."""
    found = select(user).where(user.c.org_id == org_id, user.c.email == email)
    row = tx.execute(found).mappings().one_or_none()
    return None if row is None else _from_row(row)


def listing(tx: Connection, org_id: int) -> Sequence[User]:
    """All users of the organisation, oldest first."""
    return [_from_row(row) for row in tx.execute(_OF, {"org_": org_id}).mappings()]


def by_ids(tx: Connection, org_id: int, ids: Collection[int]) -> dict[int, User]:
    """The users of the organisation with these numbers, by number."""
    rows = tx.execute(_BY_ID, {"org_": org_id, "ids_": list(ids)}).mappings()
    return {row["id"]: _from_row(row) for row in rows}


# Made once: to build a statement costs more than to run it.
_OF = select(user).where(user.c.org_id == bindparam("org_")).order_by(user.c.id)
_BY_ID = select(user).where(user.c.org_id == bindparam("org_"), user.c.id.in_(bindparam("ids_", expanding=True)))


def memberships(tx: Connection, email: str) -> Sequence[Membership]:
    """The active users with that folded address, one for each organisation of theirs, oldest first."""
    found = select(user, org.c.name.label("org_name")).join(org, org.c.id == user.c.org_id)
    rows = tx.execute(found.where(user.c.email == email, user.c.active).order_by(user.c.id)).mappings()
    return [Membership(user=_from_row(row), org_name=row["org_name"]) for row in rows]


def _from_row(row: RowMapping) -> User:
    return User(**{name: row[name] for name in User.__slots__})
