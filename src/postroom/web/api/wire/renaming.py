"""What clients send to change users: their names, and nothing else (W 6.3)."""

from dataclasses import dataclass, replace
from typing import Any, Final

from postroom.errors import Fault, Reason
from postroom.record import Field, Module, read_number, read_values
from postroom.store.users import User
from postroom.web.api.wire.values import made_id

AT_ONCE: Final = 10  # W 6.3: users of one call

NAMES: Final = Module(
    name="Names",
    singular="User",
    plural="Users",
    title=("first_name", "last_name"),
    # As long as a contact's (W 6.2).
    fields=(
        Field(name="first_name", label="First Name", length=40),
        Field(name="last_name", label="Last Name", length=80, mandatory=True),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Renaming:
    """One item as it was read; a name that was not given is None. ``item`` is all of it.

    Without a ``user_id`` there are faults.
    """

    user_id: int | None
    first_name: str | None = None
    last_name: str | None = None
    faults: tuple[Fault, ...] = ()
    item: dict[str, Any]

    def applied_to(self, user: User) -> User:
        """The user with the names that were given."""
        first, last = self.first_name, self.last_name
        return replace(
            user,
            first_name=user.first_name if first is None else first,
            last_name=user.last_name if last is None else last,
        )


def read_renaming(item: Any, user_id: int | None = None) -> Renaming:
    """Read one item; ``user_id`` is that of the URL, where it names one. Never raises."""
    if not isinstance(item, dict):
        fault = Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"})
        return Renaming(user_id=user_id, faults=(fault,), item={})
    reading = read_values(NAMES, item, partial=True)
    number = read_number(item.get("id")) if user_id is None else user_id
    reason = Reason.MISSING if item.get("id") is None else Reason.RECORD_UNKNOWN
    return Renaming(
        user_id=number,
        first_name=str(reading.values["first_name"] or "") if "first_name" in reading.values else None,
        last_name=str(reading.values["last_name"]) if "last_name" in reading.values else None,
        faults=(*([Fault(reason, ("id",))] if number is None else []), *reading.faults),
        item=item,
    )


def refused(item: dict[str, Any], user: User) -> list[Fault]:
    """What else an item would change: refused rather than passed over, for the answer says that it was done.

    Clients send back what they were shown: that is no change.
    """
    known = {
        "email": {user.email},
        "status": {"active" if user.active else "disabled"},
        "profile": {user.profile.casefold(), made_id("profile", user.profile)},
        "role": {"ceo", made_id("role", "CEO")},
    }
    return [Fault(Reason.NOT_SUPPORTED, (name,)) for name, same in known.items() if _asked(item.get(name)) - same]


def _asked(value: Any) -> set[str]:
    """What a value names: itself, or its id and its name."""
    parts = [value.get("id"), value.get("name")] if isinstance(value, dict) else [value]
    return {str(each).casefold() for each in parts if each is not None}
