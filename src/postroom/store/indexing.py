"""Records are stored, changed and deleted together with what they are found by.

The terms of new records may come later (``store.aside``): ``index_some`` brings them into the index.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, update

from postroom.record import MODULES, Module
from postroom.record.terms import Term
from postroom.record.terms import terms as terms_of
from postroom.store import aside, fields, json, orgs, terms
from postroom.store.many import insert_rows
from postroom.store.records import COLUMN_NAMES, Record
from postroom.store.tables import record

_AT_ONCE: Final = 25  # records: among a million some 10 ms, for which others wait


def add(tx: Connection, module: Module, new: Sequence[Record]) -> None:
    """Store new records of a module of one organisation."""
    if not new:
        return
    org_id = new[0].org_id
    insert_rows(tx, record, COLUMN_NAMES, [_row(each) for each in new])
    _put(tx, org_id, module, new)


def _put(tx: Connection, org_id: int, module: Module, new: Sequence[Record]) -> None:
    """Put records aside that the index does not know, or bring them into it."""
    if not aside.put(tx, org_id, module.name, new):
        terms.add(tx, org_id, _terms(module, new))


def _terms(module: Module, some: Sequence[Record]) -> list[tuple[int, Term]]:
    return [(each.id, one) for each in some for one in terms_of(module, each.values)]


def _row(one: Record) -> list[Any]:
    return [json.dumps(one.fields) if name == "fields" else getattr(one, name) for name in COLUMN_NAMES]


def save(tx: Connection, module: Module, changed: Sequence[tuple[Record, Record]]) -> None:
    """Replace stored records by others; their organisation, module, creation and lock stay."""
    if not changed:
        return
    org_id = changed[0][0].org_id
    rows = [{f"{name}_": getattr(now, name) for name in (*_CHANGING, "id", "org_id")} for _, now in changed]
    tx.execute(_SAVE, rows)
    unknown = aside.take(tx, org_id, module.name, {now.id for _, now in changed})
    _put(tx, org_id, module, [now for _, now in changed if now.id in unknown])
    pairs = [
        (now.id, terms_of(module, old.values), terms_of(module, now.values))
        for old, now in changed
        if now.id not in unknown
    ]
    terms.remove(tx, org_id, [(number, one) for number, before, now in pairs for one in before - now])
    terms.add(tx, org_id, [(number, one) for number, before, now in pairs for one in now - before])


_CHANGING = tuple(
    name for name in COLUMN_NAMES if name not in ("id", "org_id", "module", "created_at", "created_by", "lock_id")
)
# Made once: to build a statement costs more than to run it.
_SAVE = (
    update(record)
    .where(record.c.org_id == bindparam("org_id_"), record.c.id == bindparam("id_"))
    .values({name: bindparam(f"{name}_", type_=record.c[name].type) for name in _CHANGING})
)


def remove(tx: Connection, module: Module, gone: Sequence[Record]) -> None:
    """Delete records of a module of one organisation. Mails stay filed under the ids."""
    if not gone:
        return
    org_id = gone[0].org_id
    tx.execute(delete(record).where(record.c.org_id == org_id, record.c.id.in_([each.id for each in gone])))
    unknown = aside.take(tx, org_id, module.name, {each.id for each in gone})
    terms.remove(tx, org_id, _terms(module, [each for each in gone if each.id not in unknown]))


def index_some(tx: Connection) -> bool:
    """Bring the terms of some records that are aside into the index; whether there were any."""
    batch = aside.oldest(tx)
    if batch is None:
        return False
    # Whoever changes a record meanwhile would leave us with terms that it no longer has.
    orgs.hold(tx, batch.org_id)
    some = aside.take_some(tx, batch, _AT_ONCE)
    module = next(each for each in MODULES if each.name == batch.module)
    terms.add(tx, batch.org_id, _terms(fields.with_removed(tx, batch.org_id, module), some))
    return True
