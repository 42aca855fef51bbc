"""Queries in COQL as clients send them, and what they are answered (W 7.7)."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from postroom.errors import Fault, Invalid, Reason
from postroom.web.api.wire.values import Json
from postroom.web.shape import Schemas


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


class QueryInfo(Struct, frozen=True, kw_only=True):
    """How many there are in the answer, and whether there are others."""

    count: int
    more_records: bool


class Queried(Struct, frozen=True, kw_only=True):
    """The records found, with the fields that the query names."""

    data: list[Json]
    info: QueryInfo


def query(_: Schemas) -> Json:
    """The schema of what ``read_query`` reads."""
    text = {"type": "string", "examples": ["select Last_Name, Email from Contacts where Email is not null limit 10"]}
    return {"type": "object", "properties": {"select_query": text}, "required": ["select_query"]}


def answer(found: Sequence[Json], limit: int) -> Queried:
    """The records found, of which what is beyond ``limit`` only shows that there are more."""
    data = list(found[:limit])
    return Queried(data=data, info=QueryInfo(count=len(data), more_records=len(found) > limit))
