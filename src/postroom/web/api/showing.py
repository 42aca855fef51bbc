"""Records out of the store as answers show them: with the names that their lookups and users have."""

from collections.abc import Collection, Mapping, Sequence

from postroom.mail.zone import zone
from postroom.record import Module
from postroom.store import orgs, records, users
from postroom.store.db import Tx
from postroom.store.records import Named, Record
from postroom.web.api.wire import records as wire
from postroom.web.api.wire.values import Json
from postroom.web.call import Call


def shown(tx: Tx, call: Call, module: Module, wanted: Collection[str] | None, found: Sequence[Record]) -> list[Json]:
    """The ``wanted`` fields (None: all) of records."""
    context = context_for(tx, call, module, found)
    return [wire.show(module, record, wanted, context) for record in found]


def context_for(tx: Tx, call: Call, module: Module, found: Sequence[Record]) -> wire.Context:
    """What these records are shown with."""
    return context_of(tx, call, records.names(tx, call.caller.org_id, wire.linked(found, module)))


def context_of(tx: Tx, call: Call, names: Mapping[int, Named] | None = None) -> wire.Context:
    """What records of the caller's organisation are shown with."""
    people = {user.id: user for user in users.listing(tx, call.caller.org_id)}
    org = orgs.find(tx, call.caller.org_id)
    assert org is not None, "a caller's organisation exists: users refer to it"
    return wire.Context(users=people, names=names or {}, zone=zone(org.time_zone), deals_name=call.deals_name)
