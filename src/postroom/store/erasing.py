"""Erases what records hold of removed fields: some records in each transaction, so that nobody waits for all of them.

Whoever is stopped on the way leaves the field as removed, and the next one begins again.
"""

import sys
from functools import partial
from typing import Final

from sqlalchemy import Connection

from postroom.record import MODULES
from postroom.store import fields, indexing, orgs, records
from postroom.store.db import Database
from postroom.store.fields import Removed

_AT_ONCE: Final = 200  # records: some 20 ms


async def erase(db: Database, gone: Removed, *, parts: int = sys.maxsize) -> bool:
    """Erase the values of a removed field in up to so many transactions; whether all are gone, and the field too."""
    after: int | None = 0
    while after is not None and parts > 0:
        after = await db.write(partial(_part, gone=gone, after=after))
        parts -= 1
    return after is None


def _part(tx: Connection, *, gone: Removed, after: int) -> int | None:
    """Erase the values of some records with an id greater than ``after``; the last id, None where these were all."""
    orgs.hold(tx, gone.org_id)
    module = fields.with_removed(tx, gone.org_id, next(each for each in MODULES if each.name == gone.module))
    if gone.id not in {each.id for each in module.own}:
        return None  # another process was faster, and the name may be another field's by now
    found = records.behind(tx, gone.org_id, module.name, after, _AT_ONCE)
    changed = [(each, each.without(gone.name)) for each in found if gone.name in each.fields]
    indexing.save(tx, module, changed)
    if len(found) < _AT_ONCE:
        fields.forget(tx, gone)
        return None
    return found[-1].id
