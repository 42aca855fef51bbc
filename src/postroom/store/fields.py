"""Fields that an organisation added to its modules (wire reference 6.2).

A field that is removed is no longer shown and takes no values. It stays here until no record holds a value of it
(``erasing``): by its kind the index knows what to forget, and no other field takes its name in the meantime.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from postroom.errors import Fault, Invalid
from postroom.record import MODULES, Field, Kind, Module
from postroom.record.custom import read_field
from postroom.record.modules import number
from postroom.store import orgs
from postroom.store.tables import custom_field


@dataclass(frozen=True, slots=True)
class Asked:
    """A module as one organisation has it."""

    org_id: int
    module: Module


@dataclass(frozen=True, slots=True)
class Draft:
    """A field as somebody described it; ``id`` is a new number."""

    id: int
    raw: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """A field that was removed, and of which records may hold values."""

    id: int
    org_id: int
    module: str
    name: str


def whole(tx: Connection, asked: Sequence[Asked]) -> list[Module]:
    """The modules with the fields of their organisations, in order."""
    rows = tx.execute(_OF, {"orgs_": list({each.org_id for each in asked})}).mappings()
    own: dict[tuple[int, str], list[Field]] = {}
    for row in rows:
        if row["removed_at"] is None:
            own.setdefault((row["org_id"], row["module"]), []).append(_from_row(row))
    return [each.module.with_fields(own.get((each.org_id, each.module.name), ())) for each in asked]


def of(tx: Connection, org_id: int, module: Module) -> Module:
    """The module as the organisation has it."""
    return whole(tx, [Asked(org_id, module)])[0]


def with_removed(tx: Connection, org_id: int, module: Module) -> Module:
    """The module with every field that its records may hold a value of: what their terms are made from."""
    rows = tx.execute(_OF, {"orgs_": [org_id]}).mappings()
    return module.with_fields([_from_row(row) for row in rows if row["module"] == module.name])


def define(
    tx: Connection, org_id: int, module: Module, drafts: Sequence[Draft], *, now: int
) -> list[Field | tuple[Fault, ...]]:
    """Add fields to a module; answers each, in order, with the field or with everything that is wrong with it."""
    orgs.hold(tx, org_id)
    everything = [with_removed(tx, org_id, each) for each in MODULES]
    taken = {number(each.name, field.name) for each in everything for field in each.fields}
    here = next(each for each in everything if each.name == module.name)
    kept: list[Field | tuple[Fault, ...]] = []
    for draft in drafts:
        try:
            new = read_field(here, draft.raw, field_id=draft.id, taken=taken)
        except Invalid as refused:
            kept.append(refused.faults)
            continue
        _add(tx, org_id, module, new, now)
        here = here.with_fields([*here.own, new])
        taken.add(number(here.name, new.name))
        kept.append(new)
    return kept


def remove(tx: Connection, org_id: int, module: Module, field_id: int, *, now: int) -> Removed | None:
    """Take a field from a module; None where the organisation has not added it. Its values are erased later."""
    orgs.hold(tx, org_id)
    place = (custom_field.c.org_id == org_id) & (custom_field.c.module == module.name)
    found = place & (custom_field.c.id == field_id) & custom_field.c.removed_at.is_(None)
    name = tx.execute(update(custom_field).where(found).values(removed_at=now).returning(custom_field.c.name)).scalar()
    return None if name is None else Removed(id=field_id, org_id=org_id, module=module.name, name=name)


def removed(tx: Connection) -> list[Removed]:
    """The fields of all organisations whose values are to be erased."""
    rows = tx.execute(select(custom_field).where(custom_field.c.removed_at.is_not(None))).mappings()
    return [Removed(**{name: row[name] for name in Removed.__slots__}) for row in rows]


def forget(tx: Connection, gone: Removed) -> None:
    """Drop a field of which no record holds a value any more."""
    tx.execute(delete(custom_field).where(custom_field.c.org_id == gone.org_id, custom_field.c.id == gone.id))


# Made once: to build a statement costs more than to run it.
_OF = (
    select(custom_field)
    .where(custom_field.c.org_id.in_(bindparam("orgs_", expanding=True)))
    .order_by(custom_field.c.id)
)


def _add(tx: Connection, org_id: int, module: Module, new: Field, now: int) -> None:
    tx.execute(
        insert(custom_field).values(
            id=new.id,
            org_id=org_id,
            module=module.name,
            name=new.name,
            label=new.label,
            kind=new.kind.value,
            length=new.length,
            is_mandatory=new.mandatory,
            is_unique=new.unique,
            choices=list(new.choices),
            created_at=now,
        )
    )


def _from_row(row: RowMapping) -> Field:
    return Field(
        id=row["id"],
        name=row["name"],
        label=row["label"],
        kind=Kind(row["kind"]),
        length=row["length"],
        mandatory=row["is_mandatory"],
        unique=row["is_unique"],
        choices=tuple(row["choices"]),
    )
