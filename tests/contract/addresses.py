"""The from addresses of an agent: one of each kind that there is beside a primary one."""

from typing import Final

from sqlalchemy import Connection

from postroom.store import senders
from postroom.store.senders import Sender
from postroom.store.users import User

# By their names: what each is an alias of, whether it is the organisation's and for the agent alone, and confirmed.
_KINDS: Final = {
    "mailbox": (None, False, True),
    "alias": ("mailbox", False, True),
    "waiting": (None, False, False),
    "reserved": (None, True, True),
}


def email(name: str, agent: User) -> str:
    """One of the agent's addresses."""
    return f"{name}{agent.id}@people.example"


def equip(tx: Connection, agent: User) -> None:
    """Give the agent all of them."""
    numbers = {name: agent.id + 1 + n for n, name in enumerate(_KINDS)}
    for name, (alias_of, of_org, confirmed) in _KINDS.items():
        new = Sender(
            id=numbers[name],
            org_id=agent.org_id,
            user_id=None if of_org else agent.id,
            email=email(name, agent),
            name=name.title(),
            alias_of=numbers.get(alias_of or ""),
            confirmed_at=1 if confirmed else None,
            created_at=1,
        )
        senders.add(tx, new)
        if of_org:
            senders.choose_users(tx, agent.org_id, numbers[name], [agent.id])
