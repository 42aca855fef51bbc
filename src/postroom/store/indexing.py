"""The newest records come into the index (``store.aside``); until then whoever asks looks at them one by one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from postroom.record import MODULES, Module, Value
from postroom.record.terms import terms as terms_of
from postroom.record.terms import under
from postroom.store import aside, fields, orgs, records, terms

_AT_ONCE: Final = 25  # records: among a million some 10 ms, for which others wait


@dataclass(frozen=True, slots=True)
class Newest:
    """A record that the index does not know."""

    id: int
    module: Module
    values: Mapping[str, Value]

    def terms(self, number: int) -> Collection[bytes]:
        """Its terms under the number of a field."""
        return under(self.module, self.values, number)


def newest(tx: Connection, org_id: int, module: Module) -> list[Newest]:
    """The records of a module that the index does not know."""
    found = records.by_ids(tx, org_id, module.name, aside.of(tx, org_id, module.name))
    return [Newest(each.id, module, each.values) for each in found.values()]


def index(tx: Connection, org_id: int, ids: Collection[int]) -> None:
    """Bring the terms of these records into the index, where they are not there yet."""
    names = aside.among(tx, org_id, ids)
    for module in MODULES:
        own = [number for number, name in names.items() if name == module.name]
        if own:
            whole = fields.with_removed(tx, org_id, module)
            found = records.by_ids(tx, org_id, module.name, own).values()
            terms.add(tx, org_id, [(each.id, one) for each in found for one in terms_of(whole, each.values)])
    aside.take(tx, org_id, names)


def index_some(tx: Connection) -> bool:
    """Bring the terms of some records into the index; whether there were any."""
    some = aside.some(tx, _AT_ONCE)
    if some is None:
        return False
    # Whoever changes a record meanwhile would leave us with terms that it no longer has.
    orgs.hold(tx, some.org_id)
    index(tx, some.org_id, some.ids)
    return True
