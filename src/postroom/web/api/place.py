"""The module, the record and the related list that a URL names."""

from postroom.errors import Fault, NotFound, Reason
from postroom.record import NOTES, Module, named, read_number
from postroom.record.relations import EMAILS, Relation
from postroom.record.relations import relation as relation_named
from postroom.store import fields, records
from postroom.store.db import Tx
from postroom.store.fields import Asked
from postroom.store.records import Key, Record
from postroom.web.call import Call


async def module(call: Call, name: str | None = None) -> Module:
    """The module of ``/{module}``, or the one of that name, as the organisation has it. Raises ``NotFound``."""
    return await with_own_fields(call, known_module(call, name))


async def with_own_fields(call: Call, found: Module) -> Module:
    """A module with the fields that the organisation added to it."""
    return await call.app.db.read_together(fields.whole, Asked(call.caller.org_id, found))


def known_module(call: Call, name: str | None = None) -> Module:
    """The module of ``/{module}``, or the one of that name, as every organisation has it. Raises ``NotFound``."""
    found = named(name or call.path["module"], call.deals_name)
    if found is None:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN))
    return found


def asked_module(call: Call) -> Module:
    """The module that the parameter ``module`` names, as every organisation has it. Raises ``NotFound``."""
    found = named(call.required("module"), call.deals_name)
    if found is None:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN, details={"param_name": "module"}))
    return found


def record_id(call: Call) -> int:
    """The number of ``/{module}/{id}``. Raises ``NotFound`` for what cannot be one."""
    number = read_number(call.path["id"])
    if number is None:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN))
    return number


def parent_key(call: Call) -> Key:
    """The key of a record that has related lists. Raises ``NotFound`` for what cannot be one."""
    found, number = known_module(call), read_number(call.path["id"])
    if number is None:
        raise NotFound(Fault(Reason.RELATED_UNKNOWN))
    return Key(call.caller.org_id, found.name, number)


def related_id(call: Call, name: str) -> int:
    """The number in this placeholder, of what lies with a record. Raises ``NotFound`` for what cannot be one."""
    number = read_number(call.path[name])
    if number is None:
        raise NotFound(Fault(Reason.RELATED_UNKNOWN, details={"resource_path_index": 3}))
    return number


def mailed_key(call: Call) -> Key:
    """The key of a record that mails are about (W 1.1). Raises ``NotFound`` for others, and for what can be no id."""
    if relation_named(known_module(call), EMAILS) is None:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN))
    return parent_key(call)


def lockable_key(call: Call) -> Key:
    """The key of a record that can be locked (W 7.8). Raises ``NotFound`` for notes, and for what can be no id."""
    if known_module(call) is NOTES:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN))
    return parent_key(call)


def relation(call: Call, name: str) -> Relation:
    """The related list of that name. Raises ``NotFound`` where the URL's module has none."""
    found = relation_named(known_module(call), name, call.deals_name)
    if found is None:
        raise NotFound(Fault(Reason.RELATION_UNKNOWN))
    return found


def parent(tx: Tx, key: Key) -> Record:
    """The record that has the related lists. Raises ``NotFound`` where it is not there."""
    found = records.find(tx, key)
    if found is None:
        raise NotFound(Fault(Reason.RELATED_UNKNOWN))
    return found
