"""What a handler of the API is given, and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from postroom.access.principal import Principal
from postroom.app import App
from postroom.errors import Fault, Invalid, Reason
from postroom.web.body import read_json
from postroom.web.cost import Cost


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request. ``path`` holds the placeholders of its URL: module, id, message_id.

    ``prefix`` is where the client found the API (``/bigin/v2``); ``deals_name`` is what the module Pipelines is called
    there: Pipelines, or Deals under ``/bigin/v1`` and ``/crm/*``. ``cost`` is its endpoint's.
    """

    app: App
    caller: Principal
    request: Request
    prefix: str
    deals_name: str
    path: Mapping[str, str]
    cost: Cost = Cost.CALL

    async def json(self) -> Any:
        """The body as JSON, whatever its Content-Type says (W 13.1: many clients send none).

        Raises ``TooLarge``, ``Invalid`` where it is no JSON, or ``TooMany`` where it costs more than is left.
        """
        body = await read_json(self.request)
        price = self.cost.of_body(body)
        if price > 1:  # which the door has taken
            await self.app.credits.take(self.caller.org_id, price, self.app.clock(), paid=1)
        return body

    def param(self, name: str) -> str | None:
        """A parameter of the query string, stripped; None where it is missing or empty.

        Raises ``Invalid`` where it holds a NUL, which PostgreSQL cannot compare with anything.
        """
        value = self.request.query_params.get(name, "").strip()
        if "\0" in value:
            raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": name}))
        return value or None

    def required(self, name: str) -> str:
        """Like ``param``, but raises ``Invalid`` where it is missing (W 9.3, MandatoryParamError)."""
        value = self.param(name)
        if value is None:
            raise Invalid(Fault(Reason.PARAM_MISSING, details={"param_name": name}))
        return value


Handler = Callable[[Call], Awaitable[Response]]
