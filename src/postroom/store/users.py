"""Users: people of an organisation who call the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from postroom.store.tables import user


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """One user; ``email`` is folded; ``profile`` is Administrator or Standard."""

    id: int
    org_id: int
    email: str
    first_name: str = ""
    last_name: str
    profile: str = "Administrator"
    active: bool = True
    created_at: int

    @property
    def full_name(self) -> str:
        """First and last name as one."""
        return f"{self.first_name} {self.last_name}".strip()


def add(tx: Connection, new: User, *, password_hash: str | None = None) -> None:
    """Store a new user."""
    values: dict[str, Any] = {name: getattr(new, name) for name in User.__slots__}
    tx.execute(insert(user).values(**values, password_hash=password_hash))


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
    rows = tx.execute(select(user).where(user.c.org_id == org_id).order_by(user.c.id)).mappings()
    return [_from_row(row) for row in rows]


def set_password(tx: Connection, org_id: int, user_id: int, password_hash: str) -> bool:
    """Replace the password; False where there is no such user."""
    change = update(user).where(user.c.org_id == org_id, user.c.id == user_id).values(password_hash=password_hash)
    return tx.execute(change).rowcount == 1


def _from_row(row: RowMapping) -> User:
    return User(**{name: row[name] for name in User.__slots__})
