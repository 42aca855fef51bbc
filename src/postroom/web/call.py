"""What a handler of the API is given, and what it gives back."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from postroom.access.principal import Principal
from postroom.access.scope import Need
from postroom.app import App
from postroom.errors import Fault, Forbidden, Invalid, Reason
from postroom.web.body import read_json
from postroom.web.cost import Cost
from postroom.web.param import Param, Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One authenticated request. ``path`` holds the placeholders of its URL: module, id, message_id.

    ``prefix`` is where the client found the API (``/bigin/v2``); ``deals_name`` is what the module Pipelines is called
    there: Pipelines, or Deals under ``/bigin/v1`` and ``/crm/*``. ``params`` are those that its endpoint declares,
    ``cost`` is its endpoint's.
    """

    app: App
    caller: Principal
    request: Request
    prefix: str
    deals_name: str
    path: Mapping[str, str]
    params: tuple[Param, ...] = ()
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
        """A declared parameter of the query string or the head, as its kind reads it; None where it has no value.

        Raises ``Invalid`` where it may not be what it is.
        """
        declared = self._declared(name)
        if declared.place is not Place.HEADER:
            return declared.read(self.request.query_params.get(name, ""))
        # RFC 9110 §5.3: several are one, in which a blank stands.
        lines = [each.strip() for each in self.request.headers.getlist(name)]
        return declared.judged(", ".join(lines)) if lines else declared.default

    def required(self, name: str) -> str:
        """Like ``param``, but raises ``Invalid`` where it has no value (W 9.3, MandatoryParamError)."""
        value = self.param(name)
        if value is None:
            raise Invalid(Fault(Reason.PARAM_MISSING, details={"param_name": name}))
        return value

    def number(self, name: str) -> int:
        """A parameter that counts and has a default. Raises ``Invalid``."""
        return int(self.required(name))

    def _declared(self, name: str) -> Param:
        found = next((each for each in self.params if each.name == name), None)
        assert found is not None, f"the endpoint does not declare {name}: nobody would know of it"
        return found


def demand(caller: Principal, needs: Iterable[Need]) -> None:
    """Raise ``Forbidden`` where the caller's token lacks one of these scopes (W 5.3)."""
    if not all(map(caller.scopes.allow, needs)):
        raise Forbidden(Fault(Reason.SCOPE_MISSING))


Handler = Callable[[Call], Awaitable[Response]]
