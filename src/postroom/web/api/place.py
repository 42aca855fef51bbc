"""The module and the record that a URL names."""

from postroom.errors import Fault, NotFound, Reason
from postroom.record import Module, named, read_number
from postroom.store.records import Key
from postroom.web.call import Call


def module(call: Call) -> Module:
    """The module of ``/{module}``. Raises ``NotFound`` for an unknown one."""
    found = named(call.path["module"], call.deals_name)
    if found is None:
        raise NotFound(Fault(Reason.MODULE_UNKNOWN))
    return found


def record_key(call: Call) -> Key:
    """The key of ``/{module}/{id}``. Raises ``NotFound`` for an unknown module and for what cannot be an id."""
    number = read_number(call.path["id"])
    if number is None:
        raise NotFound(Fault(Reason.RELATED_UNKNOWN))
    return Key(call.caller.org_id, module(call).name, number)
