"""The module and the record that a URL names."""

import re
from typing import Final

from postroom.errors import Fault, NotFound, Reason
from postroom.store.records import Key
from postroom.web.call import Call

_ID: Final = re.compile(r"[0-9]{1,19}")
_LARGEST: Final = 2**63 - 1


def record_key(call: Call) -> Key:
    """The key of ``/{module}/{id}``. Raises ``NotFound`` for an unknown module and for what cannot be an id."""
    text = call.path["id"]
    if not _ID.fullmatch(text) or int(text) > _LARGEST:
        raise NotFound(Fault(Reason.RELATED_UNKNOWN))
    return Key(call.caller.org_id, call.path["module"], int(text))
