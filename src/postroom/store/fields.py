"""Fields that an organisation added to its modules (wire reference 6.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select

from postroom.record import Field, Kind, Module
from postroom.store.tables import custom_field


@dataclass(frozen=True, slots=True)
class Asked:
    """A module as one organisation has it."""

    org_id: int
    module: Module


def whole(tx: Connection, asked: Sequence[Asked]) -> list[Module]:
    """The modules with the fields of their organisations, in order."""
    rows = tx.execute(_OF, {"orgs_": list({each.org_id for each in asked})}).mappings()
    own: dict[tuple[int, str], list[Field]] = {}
    for row in rows:
        own.setdefault((row["org_id"], row["module"]), []).append(_from_row(row))
    return [each.module.with_fields(own.get((each.org_id, each.module.name), ())) for each in asked]


def of(tx: Connection, org_id: int, module: Module) -> Module:
    """The module as the organisation has it."""
    return whole(tx, [Asked(org_id, module)])[0]


def add(tx: Connection, org_id: int, module: Module, new: Field, *, now: int) -> None:
    """Store a new field; its ``id`` is a new number, its ``name`` one that the module does not have."""
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


def remove(tx: Connection, org_id: int, field_id: int) -> None:
    """Forget a field; its values are the caller's to clear."""
    tx.execute(delete(custom_field).where(custom_field.c.org_id == org_id, custom_field.c.id == field_id))


# Made once: to build a statement costs more than to run it.
_OF = (
    select(custom_field)
    .where(custom_field.c.org_id.in_(bindparam("orgs_", expanding=True)))
    .order_by(custom_field.c.id)
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
