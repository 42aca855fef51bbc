"""The index comes to know some records of those that are aside, whichever a test likes."""

from collections.abc import Collection

from postroom.record import MODULES
from postroom.record.terms import terms as terms_of
from postroom.store import aside, fields, records, terms
from postroom.store.db import Tx


def index(tx: Tx, org_id: int, ids: Collection[int]) -> None:
    """Bring the terms of these records into the index, where they are not there yet."""
    for each in MODULES:
        module = fields.with_removed(tx, org_id, each)
        found = records.by_ids(tx, org_id, each.name, sorted(aside.take(tx, org_id, each.name, ids)))
        terms.add(tx, org_id, [(one.id, term) for one in found.values() for term in terms_of(module, one.values)])
