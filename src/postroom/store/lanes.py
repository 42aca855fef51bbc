"""Lanes: what mails wait in. A mail is given one when it is accepted, and keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, text

from postroom.store.tables import lane


@dataclass(frozen=True, slots=True)
class Key:
    """Which lane: of which transport, for what is urgent or for what may stand behind it."""

    org_id: int
    transport_id: int
    urgent: bool


def numbers(tx: Connection, wanted: Sequence[Key]) -> dict[Key, int]:
    """The numbers of these lanes; those that are not there yet are made."""
    keys = set(wanted)
    found = _find(tx, keys)
    missing = keys - found.keys()
    if missing:
        # In order, so that two processes never wait for each other.
        for key in sorted(missing, key=lambda each: (each.transport_id, each.urgent)):
            tx.execute(_ADD, {"org": key.org_id, "transport": key.transport_id, "urgent": key.urgent})
        found = _find(tx, keys)
    return found


def _find(tx: Connection, keys: set[Key]) -> dict[Key, int]:
    rows: Any = tx.execute(_OF_TRANSPORTS, {"ids_": list({key.transport_id for key in keys})})
    found = {Key(row.org_id, row.transport_id, row.urgent): row.id for row in rows}
    return {key: found[key] for key in keys if key in found}


# Made once: to build a statement costs more than to run it.
_OF_TRANSPORTS: Final = select(lane).where(lane.c.transport_id.in_(bindparam("ids_", expanding=True)))
_ADD: Final = text(
    "INSERT INTO lane (org_id, transport_id, domain, urgent) VALUES (:org, :transport, '', :urgent)"
    " ON CONFLICT (transport_id, domain, urgent) DO NOTHING"
)
