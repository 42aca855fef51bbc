"""The application (ASGI): it finds the endpoint that a request means, judges who asks, and answers.

The order in which a request is judged (W 5.3; a wrong method without a token is 401, W 13.3): URL,
token, method, scope, profile, limits; then the handler judges module, record and body.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from postroom.access import centers
from postroom.access.bearer import Bearers
from postroom.access.concurrency import Concurrency
from postroom.access.permission import allows, wire_name
from postroom.access.principal import Principal
from postroom.access.terms import Terms
from postroom.app import App
from postroom.errors import Fault, Forbidden, NotFound, Reason, Refused, TooMany
from postroom.failpoint import reach
from postroom.web.accounts.desk import Desk, Handler
from postroom.web.accounts.routes import ROUTES as ACCOUNTS
from postroom.web.api.routes import ROUTES
from postroom.web.body import Arrival
from postroom.web.call import Call, demand
from postroom.web.cost import Cost
from postroom.web.reference.room import Reference
from postroom.web.refusals import allowed, fail, refuse, throttle, timing, token_reset, wrong_method
from postroom.web.routes import Endpoint, Table

log = structlog.get_logger()

# Where the API is found, and what the module Pipelines is called there (W 12.1).
PREFIXES: Final = {
    ("bigin", "v2"): "Pipelines",
    ("bigin", "v1"): "Deals",
    **{("crm", version): "Deals" for version in ("v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8")},
}


def create(app: App, *, base_url: str, routes: Iterable[Endpoint] = ROUTES) -> ASGIApp:
    """The application; ``base_url`` is this server's own URL for token answers, without a slash at its end."""
    bearers = Bearers(app.db)
    desk = Desk(app=app, bearers=bearers, centers=centers.read(app.settings, base_url), terms=Terms.of(app.settings))
    endpoints = tuple(routes)
    told = Reference(endpoints, desk.centers.own)
    door = _Door(
        app=app,
        bearers=bearers,
        concurrency=Concurrency(app.settings.calls_at_once),
        desk=desk,
        pages={**ACCOUNTS, **told.routes},
        table=Table(endpoints),
    )

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await _Exchange(door, Arrival(scope, receive)).run(send)

    return answer


@dataclass(frozen=True, kw_only=True, slots=True)
class _Door:
    """What all requests share."""

    app: App
    bearers: Bearers
    concurrency: Concurrency
    desk: Desk
    pages: Mapping[str, Mapping[str, Handler]]
    table: Table


class _Exchange:
    """One request and its answer, and what the log line tells of them."""

    __slots__ = ("_arrival", "_caller", "_door", "_entered", "_request", "_started", "_template")

    def __init__(self, door: _Door, arrival: Arrival) -> None:
        self._door = door
        self._arrival = arrival
        self._request = Request(arrival.scope, arrival.receive)
        self._template = "-"
        self._caller: Principal | None = None
        self._entered = False
        self._started = time.perf_counter()

    async def run(self, send: Send) -> None:
        """Answer, and write one line of what happened."""
        status = 500
        try:
            response = await self._answer()
            reach("answer-before")
            # A stream that breaks in its middle goes up from here: the connection is cut, so nobody takes it for whole.
            await self._respond(response, send)
            reach("answer-written")
            status = response.status_code
        except ClientDisconnect:
            status = 499  # as nginx has it: nobody is left to be answered
        finally:
            if self._caller is not None and self._entered:
                self._door.concurrency.leave(self._caller.org_id)
            log.info(
                "request",
                method=self._request.method,
                path=self._template,
                status=status,
                ms=round(self._elapsed(), 2),
                org=self._caller.org_id if self._caller else None,
            )

    async def _answer(self) -> Response:
        try:
            response = await self._dispatch()
        except ClientDisconnect:
            raise
        except TooMany as error:
            response = throttle(error, self._door.app.ids.number())
        except Refused as error:
            response = refuse(error)
        except Exception as error:
            response = fail(error, self._door.app.ids.number())
        if self._caller is not None:
            response.raw_headers.append(token_reset(self._caller.expires_at, self._caller.time_zone))
            response.raw_headers.append(timing(self._elapsed()))
        return response

    async def _dispatch(self) -> Response:
        at_desk = self._door.pages.get(self._request.scope["path"])
        if at_desk is not None:
            self._template = self._request.scope["path"]
            return await self._serve_at_desk(at_desk)
        words = self._request.scope["path"].split("/")
        prefix = (words[1], words[2]) if len(words) > 3 else None
        found = self._door.table.find(words[3:]) if prefix in PREFIXES else None
        if prefix is None or found is None:
            raise NotFound(Fault(Reason.URL_UNKNOWN))
        resource, path = found
        self._template = resource.template
        if self._request.method == "OPTIONS":
            return allowed(resource.methods)
        self._caller = await self._door.bearers.authenticate(self._authorization(), self._door.app.clock())
        endpoint = resource.methods.get(self._request.method)
        if endpoint is None:
            return wrong_method(resource.methods)
        demand(self._caller, endpoint.needs_for(path.get("module", "")))
        if not allows(self._caller.profile, endpoint.permission):
            lacking = wire_name(endpoint.permission, path.get("module", ""))
            raise Forbidden(Fault(Reason.NO_PERMISSION, details={"permissions": [lacking]}))
        await self._admit(self._caller, endpoint.cost)
        return await endpoint.handler(
            Call(
                app=self._door.app,
                caller=self._caller,
                request=self._request,
                prefix=f"/{prefix[0]}/{prefix[1]}",
                deals_name=PREFIXES[prefix],
                path=path,
                params=endpoint.params,
                cost=endpoint.cost,
            )
        )

    async def _admit(self, caller: Principal, cost: Cost) -> None:
        """Hold the call against the limits of its organisation. Raises ``TooMany``."""
        self._door.concurrency.enter(caller.org_id)
        self._entered = True
        app = self._door.app
        await app.credits.take(caller.org_id, cost.of_url(self._request), app.clock())

    def _elapsed(self) -> float:
        """ms since the request arrived."""
        return (time.perf_counter() - self._started) * 1000

    def _authorization(self) -> str | None:
        """The request's one Authorization header.

        RFC 9110 §5.3: it stands once. Two are as good as none, for a proxy may have judged the other one.
        """
        given = self._request.headers.getlist("authorization")
        return given[0] if len(given) == 1 else None

    async def _serve_at_desk(self, handlers: Mapping[str, Handler]) -> Response:
        method = self._request.method
        if method == "OPTIONS":
            return allowed(handlers)
        handler = handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            return wrong_method(handlers)
        return await handler(self._door.desk, self._request)

    async def _respond(self, response: Response, send: Send) -> None:
        if not self._arrival.outstanding:
            await response(self._request.scope, self._arrival.receive, send)
            return
        # The client is still sending what nobody wants: answer, listen for a moment, and close.
        response.raw_headers.append((b"connection", b"close"))
        last: list[Message] = []

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                last.append({"type": "http.response.body", "body": b"", "more_body": False})
                message = {**message, "more_body": True}
            await send(message)

        await response(self._request.scope, self._arrival.receive, hold)
        await self._arrival.linger()
        for message in last:
            await send(message)
