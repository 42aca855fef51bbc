"""``/{module}`` and ``/{module}/search``: pages of records (W 7.1, 7.4)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.limits import RECORDS_PER_REQUEST
from postroom.record import Criteria, Kind, Module, read_number
from postroom.record.criteria import beginning, modified_after, spoken
from postroom.record.query import read_criteria
from postroom.store import finding
from postroom.store.db import Tx
from postroom.store.finding import Order, Question
from postroom.web.api import place
from postroom.web.api.showing import context_for
from postroom.web.api.wire import pages
from postroom.web.api.wire import records as wire
from postroom.web.api.wire.pages import Page
from postroom.web.api.wire.values import Json as Object
from postroom.web.call import Call
from postroom.web.refusals import Json, NoContent, NotModified

_SHORTEST_WORD: Final = 2  # characters, W 7.4


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is listed: which records of a module, and which of their fields (None: all)."""

    module: Module
    fields: Collection[str] | None
    where: Criteria | None = None
    only: Sequence[int] | None = None


async def listing(call: Call) -> Response:
    """A page of a module's records; 204 where there are none, 304 where none has changed since."""
    module = await place.module(call)
    if call.param("cvid") is not None:
        # There are no views of one's own.
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": "cvid"}))
    since, ids = call.param("If-Modified-Since"), call.param("ids")
    wanted = Wanted(
        module=module,
        fields=read_fields(call, module),
        where=modified_after(module, int(since)) if since else None,
        only=None if ids is None else _numbers(ids),
    )
    page = read_page(call, module)
    if call.param("approved") == "false":
        return NoContent()
    answer = await show(call, wanted, page)
    return answer or (NotModified() if since else NoContent())


async def search(call: Call) -> Response:
    """The records that meet ``criteria``, or have an ``email``, a ``phone`` or a ``word``; 204 where there are none."""
    module = await place.module(call)
    fields = wire.read_fields(module, call.param("fields"))
    page = read_page(call, module, tokens=False)
    wanted = Wanted(module=module, fields=fields, where=_asked(call, module))
    return await show(call, wanted, page, tokens=False) or NoContent()


def read_fields(call: Call, module: Module) -> Collection[str] | None:
    """The fields of a list of records."""
    return wire.read_fields(module, named_fields(call))


def named_fields(call: Call) -> str | None:
    """What a list's ``fields`` hold, which must be given but under old prefixes (W 12.1). Raises ``Invalid``."""
    return call.param("fields") if call.prefix in wire.WITHOUT_FIELDS else call.required("fields")


def read_page(call: Call, module: Module, *, tokens: bool = True) -> Page:
    """The page asked for. Raises ``Invalid`` that says which parameter is wrong."""
    size, order = call.number("per_page"), _order(call, module)
    request = call.request
    bound = pages.bind(call.caller.org_id, request.url.path, request.query_params.multi_items())
    token = call.param("page_token") if tokens else None
    if token is not None:
        return pages.by_token(token, size, order, bound, now=call.app.clock())
    # W 7.1: where there are tokens, numbers lead less far.
    at_most = pages.WITH_TOKENS if call.prefix in wire.WITHOUT_FIELDS else pages.WITHOUT_TOKEN
    return pages.by_number(call.number("page"), size, order, bound, at_most=at_most)


async def show(call: Call, wanted: Wanted, page: Page, *, tokens: bool = True) -> Response | None:
    """The answer to a list; None where there is nothing on the page."""
    asked = Question(
        org_id=call.caller.org_id,
        module=wanted.module,
        limit=page.limit,
        where=wanted.where,
        only=wanted.only,
        order=page.order,
        start=page.start,
        backwards=page.backwards,
        offset=page.offset,
    )

    def look(tx: Tx) -> Object | None:
        cut = pages.cut(page, finding.find(tx, asked))
        if not cut.found:
            return None
        found = [each.record for each in cut.found]
        context = context_for(tx, call, wanted.module, found)
        data = [wire.show(wanted.module, each, wanted.fields, context) for each in found]
        if not tokens:
            return {"data": data, "info": pages.told(page, cut)}
        return {"data": data, "info": pages.info(page, cut, now=call.app.clock(), zone=context.zone)}

    found = await call.app.db.read(look)
    return None if found is None else Json(found)


def _order(call: Call, module: Module) -> Order:
    name, ascending = call.param("sort_by") or "id", call.param("sort_order") == "asc"
    if name == "id":
        return Order(None, ascending)
    field = module.by_name.get(name)
    # What has several values stands in no one place.
    if field is None or not field.indexed or field.kind is Kind.TAGS:
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": "sort_by"}))
    return Order(name, ascending)


def _numbers(text: str) -> list[int]:
    numbers = [read_number(each) for each in wire.read_ids(text, RECORDS_PER_REQUEST)]
    if None in numbers:
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": "ids"}))
    return [each for each in numbers if each is not None]


def _asked(call: Call, module: Module) -> Criteria:
    """What a search asks for: the first of its parameters that has a value."""
    criteria, email, phone = call.param("criteria"), call.param("email"), call.param("phone")
    if criteria:
        return read_criteria(module, criteria)
    if email:
        return beginning(module, Kind.EMAIL, email)
    if phone:
        return beginning(module, Kind.PHONE, phone)
    word = call.param("word")
    if word is None:
        raise Invalid(Fault(Reason.PARAM_MISSING, details={"param_name": "criteria"}))
    if len(word) < _SHORTEST_WORD:
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": "word", "minimum_length": _SHORTEST_WORD}))
    return spoken(module, word)
