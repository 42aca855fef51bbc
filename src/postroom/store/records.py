"""Records of the modules (wire reference 7): all values are in ``fields``. ``store.indexing`` stores them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import Connection, Row, bindparam, select

from postroom.errors import Fault, Reason
from postroom.record import Value
from postroom.store.tables import record


# A struct: a hundred are made for one call, and a data class takes five times as long.
class Record(Struct, frozen=True, kw_only=True):
    """One record. ``fields`` holds the values by API name; lookups in it are ids as numbers.

    ``name`` is what a lookup to it shows; ``email`` and ``secondary_email`` are folded; ``account_id`` and
    ``contact_id`` repeat the lookups Account_Name and Contact_Name.
    """

    id: int
    org_id: int
    module: str
    owner_id: int
    name: str
    fields: Mapping[str, Any]
    email: str | None = None
    secondary_email: str | None = None
    opted_out: bool = False
    account_id: int | None = None
    contact_id: int | None = None
    created_at: int
    created_by: int
    modified_at: int
    modified_by: int
    lock_id: int | None = None  # none: nobody has locked it

    @property
    def values(self) -> dict[str, Value]:
        """Everything that records are found by, by the fields' names."""
        stamps = {"Created_Time": self.created_at, "Modified_Time": self.modified_at}
        return {**self.fields, "Owner": self.owner_id, **stamps}

    def without(self, name: str) -> "Record":
        """The record without a value of that field."""
        return structs.replace(self, fields={each: value for each, value in self.fields.items() if each != name})


@dataclass(frozen=True, slots=True)
class Named:
    """What a lookup shows of a record."""

    name: str
    module: str


@dataclass(frozen=True, slots=True)
class Key:
    """Names one record."""

    org_id: int
    module: str
    id: int


def locked(record_id: int) -> Fault:
    """What is wrong with whatever would change a locked record, or be sent about it (W 7.5)."""
    return Fault(Reason.RECORD_LOCKED, details={"id": str(record_id)})


COLUMN_NAMES = Record.__struct_fields__


def find(tx: Connection, key: Key) -> Record | None:
    """The record of that key."""
    return find_many(tx, [key])[0]


def find_many(tx: Connection, keys: Sequence[Key]) -> list[Record | None]:
    """The records of these keys, each only within its organisation and module, in order."""
    rows = tx.execute(_WHOLE, {"ids_": list({key.id for key in keys})}).all()
    found = {Key(each.org_id, each.module, each.id): each for each in map(_from_row, rows)}
    return [found.get(key) for key in keys]


def by_ids(tx: Connection, org_id: int, module: str, ids: Sequence[int]) -> dict[int, Record]:
    """The records of a module with these ids, by id."""
    if not ids:
        return {}
    found = map(_from_row, tx.execute(_WHOLE, {"ids_": list(ids)}).all())
    return {each.id: each for each in found if each.org_id == org_id and each.module == module}


_COLUMNS = tuple(record.c[name] for name in COLUMN_NAMES)
_WHOLE = select(*_COLUMNS).where(record.c.id.in_(bindparam("ids_", expanding=True)))


def behind(tx: Connection, org_id: int, module: str, record_id: int, limit: int) -> list[Record]:
    """Records of a module with greater ids than that, in their order."""
    query = select(*_COLUMNS).where(record.c.org_id == org_id, record.c.module == module, record.c.id > record_id)
    return [_from_row(row) for row in tx.execute(query.order_by(record.c.id).limit(limit))]


def names(tx: Connection, org_id: int, ids: Collection[int]) -> dict[int, Named]:
    """What lookups to these records show."""
    if not ids:
        return {}
    rows = tx.execute(_NAMES, {"ids_": list(ids)})
    return {row.id: Named(row.name, row.module) for row in rows if row.org_id == org_id}


_NAMES = select(record.c.id, record.c.org_id, record.c.name, record.c.module).where(
    record.c.id.in_(bindparam("ids_", expanding=True))
)


def _from_row(row: Row[Any]) -> Record:
    return Record(**dict(zip(COLUMN_NAMES, row, strict=True)))
