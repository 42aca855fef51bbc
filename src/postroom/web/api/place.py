"""The module and the record that a URL names."""

from typing import Final

from postroom.errors import Fault, NotFound, Reason
from postroom.record import ACCOUNTS, CONTACTS, PIPELINES, Module, named, read_number
from postroom.store import fields
from postroom.store.fields import Asked
from postroom.store.records import Key
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


def record_id(call: Call) -> int:
    """The number of ``/{module}/{id}``. Raises ``NotFound`` for what cannot be one."""
    number = read_number(call.path["id"])
    if number is None:
        raise NotFound(Fault(Reason.RECORD_UNKNOWN))
    return number


def mailed_key(call: Call) -> Key:
    """The key of a record that mails are about (W 1.1). Raises ``NotFound`` for any other, and for what is no id."""
    number, found = read_number(call.path["id"]), known_module(call)
    if found not in _MAILED:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN))
    if number is None:
        raise NotFound(Fault(Reason.RELATED_UNKNOWN))
    return Key(call.caller.org_id, found.name, number)


_MAILED: Final = (CONTACTS, ACCOUNTS, PIPELINES)
