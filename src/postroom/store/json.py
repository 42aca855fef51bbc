"""JSON columns, by msgspec: several times the speed of the standard library."""

from typing import Any

import msgspec

loads = msgspec.json.decode


def dumps(value: Any) -> str:
    """The value as JSON text."""
    return msgspec.json.encode(value).decode()
