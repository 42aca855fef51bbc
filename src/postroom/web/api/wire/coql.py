"""Queries in COQL as clients send them, and what they are answered (W 7.7)."""

from collections.abc import Sequence
from typing import Any

from postroom.errors import Fault, Invalid, Reason
from postroom.web.api.wire.values import Json


def read_query(body: Any) -> str:
    """The text of a query. Raises ``Invalid``."""
    if not isinstance(body, dict):
        raise Invalid(Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"}))
    text = body.get("select_query")
    if text is None:
        raise Invalid(Fault(Reason.MISSING, ("select_query",)))
    if not isinstance(text, str):
        raise Invalid(Fault(Reason.WRONG_TYPE, ("select_query",), {"expected_data_type": "string"}))
    return text


def answer(found: Sequence[Json], limit: int) -> Json:
    """The records found, of which what is beyond ``limit`` only shows that there are more."""
    data = found[:limit]
    return {"data": data, "info": {"count": len(data), "more_records": len(found) > limit}}
