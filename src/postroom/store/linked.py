"""Records that stand with a mail beside the one it is filed under (wire reference 1.2, ``linked_record``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from postroom.store.records import Key
from postroom.store.tables import record


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records of one organisation."""

    one: Key
    other: Key


def related(tx: Connection, pairs: Sequence[Pair]) -> frozenset[Pair]:
    """Those of the pairs that are one record, or that a lookup to a company or a contact leads through."""
    if not pairs:
        return frozenset()
    keys = {key for pair in pairs for key in (pair.one, pair.other)}
    given = {"orgs_": list({key.org_id for key in keys}), "ids_": list({key.id for key in keys})}
    rows = {Key(row.org_id, row.module, row.id): row for row in tx.execute(_LOOKUPS, given)}
    there = [pair for pair in pairs if pair.one in rows and pair.other in rows]
    return frozenset(
        pair
        for pair in there
        if pair.one == pair.other or _leads(rows, pair.one, pair.other) or _leads(rows, pair.other, pair.one)
    )


def _leads(rows: Mapping[Key, Any], start: Key, end: Key) -> bool:
    return (end.module, end.id) in (("Accounts", rows[start].account_id), ("Contacts", rows[start].contact_id))


# Made once: to build a statement costs more than to run it.
_LOOKUPS: Final = select(record.c.id, record.c.org_id, record.c.module, record.c.account_id, record.c.contact_id).where(
    record.c.org_id.in_(bindparam("orgs_", expanding=True)), record.c.id.in_(bindparam("ids_", expanding=True))
)
