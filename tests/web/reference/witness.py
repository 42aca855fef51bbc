"""Who asks a running server and holds its answers against the document."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.web.api.guests import Guest
from tests.web.reference.described import document

if TYPE_CHECKING:
    from schemathesis.specs.openapi.schemas import OpenApiSchema

NOBODY: Final = "1"


@cache
def schema() -> "OpenApiSchema":
    """The document as schemathesis reads it, which takes seconds to load: not before somebody asks."""
    import schemathesis

    return schemathesis.openapi.from_dict(document())


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """Asks, and remembers what was answered to which operation of the document."""

    guest: Guest
    seen: set[tuple[str, int]] = field(default_factory=set)

    async def ask(self, operation: str, statuses: int | Collection[int], *ids: str, **given: Any) -> httpx.Response:
        """The answer, which must have one of these statuses; ``ids`` stand in the placeholders, in their order."""
        method, template = operation.split(" ")
        path = template
        for each in ids:
            before, _, after = path.partition("{")
            path = before + each + after.partition("}")[2]
        answer = await self.guest.ask(method, path, **given)
        assert answer.status_code in ({statuses} if isinstance(statuses, int) else statuses), answer.text
        await answer.request.aread()
        schema()[template][method].validate_response(answer)
        self.seen.add((operation, answer.status_code))
        return answer


def data(*items: Any) -> dict[str, Any]:
    return {"data": [*items]}
