"""Records of any module (W 7)."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from postroom.client import reading
from postroom.client.errors import CallFailed
from postroom.client.pages import paged
from postroom.client.reading import Done
from postroom.client.talk import Call, Object, Page, Repeat, Request, path, question, single

Values = Mapping[str, Any]
Order = Literal["asc", "desc"]


def get(module: str, record_id: str, fields: Sequence[str] = ()) -> Call[Object]:
    """One record; raises ``NotFound`` where there is none. Without ``fields``: all of them."""
    params = {"fields": ",".join(fields)} if fields else {}
    return single(question(path(module, record_id), params), lambda answer: reading.sole(answer, "data"))


def listing(
    module: str,
    fields: Sequence[str],
    *,
    sort_by: str | None = None,
    sort_order: Order | None = None,
    per_page: int | None = None,
) -> Call[Page[Object]]:
    """The records of a module; ``fields`` are at least one and at most fifty."""
    params = _given(fields=",".join(fields), sort_by=sort_by, sort_order=sort_order, per_page=per_page)
    return paged("data", path(module), params)


def related(module: str, record_id: str, related_list: str, fields: Sequence[str]) -> Call[Page[Object]]:
    """The records of a related list."""
    return paged("data", path(module, record_id, related_list), _given(fields=",".join(fields)))


def search(
    module: str,
    *,
    criteria: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    word: str | None = None,
) -> Call[Page[Object]]:
    """The records that fit one of these; criteria are such as ``(Last_Name:starts_with:Da)``."""
    return paged("data", path(module, "search"), _given(criteria=criteria, email=email, phone=phone, word=word))


def query(select: str) -> Call[list[Object]]:
    """What a query in COQL selects, 200 at the most."""
    request = Request(method="POST", path=path("coql"), json={"select_query": select}, repeat=Repeat.SAFE)
    return single(request, lambda answer: reading.listed(answer, "data"))


def insert(module: str, values: Values) -> Call[Done]:
    """A new record; raises the error of its values."""
    return single(_write("POST", path(module), [values]), reading.result)


def insert_many(module: str, values: Sequence[Values]) -> Call[list[Done | CallFailed]]:
    """Up to 100 new records; what became of each, in order."""
    return single(_write("POST", path(module), values), reading.results)


def update(module: str, record_id: str, values: Values) -> Call[Done]:
    """Change some values of a record; raises the error of these."""
    return single(_write("PUT", path(module, record_id), [values]), reading.result)


def update_many(module: str, values: Sequence[Values]) -> Call[list[Done | CallFailed]]:
    """Change up to 100 records, each with its ``id`` among its values; what became of each, in order."""
    return single(_write("PUT", path(module), values), reading.results)


def upsert(module: str, values: Values, by: Sequence[str]) -> Call[Done]:
    """Change the record that has the same values in the fields ``by``, or make a new one."""
    return single(_upsert(module, [values], by), reading.result)


def upsert_many(module: str, values: Sequence[Values], by: Sequence[str]) -> Call[list[Done | CallFailed]]:
    """The same for up to 100; what became of each, in order."""
    return single(_upsert(module, values, by), reading.results)


def delete(module: str, record_id: str) -> Call[Done]:
    """Delete a record."""
    return single(Request(method="DELETE", path=path(module, record_id)), reading.result)


def delete_many(module: str, ids: Sequence[str]) -> Call[list[Done | CallFailed]]:
    """Delete up to 100 records; what became of each, in order."""
    return single(Request(method="DELETE", path=path(module), params={"ids": ",".join(ids)}), reading.results)


def _upsert(module: str, values: Sequence[Values], by: Sequence[str]) -> Request:
    return _write("POST", path(module, "upsert"), values, duplicate_check_fields=list(by))


def _write(method: str, where: str, values: Sequence[Values], **more: object) -> Request:
    return Request(method=method, path=where, json={"data": [dict(each) for each in values], **more})


def _given(**params: str | int | None) -> dict[str, str]:
    return {name: str(value) for name, value in params.items() if value is not None}
