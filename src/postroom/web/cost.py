"""What a call costs in credits (W 10.1). Pure."""

from enum import Enum
from typing import Any, Final

from starlette.requests import Request

from postroom.mail.limits import RECORDS_PER_REQUEST

_VIEW_CREDITS: Final = 3
_RECORDS_PER_CREDIT: Final = 10


class Cost(Enum):
    """How the credits of a call are counted; the value is how the list of calls says it."""

    CALL = "1"
    LIST = "1, with `cvid` 3"
    RECORDS = "1 for every 10 records"

    def of_url(self, request: Request) -> int:
        """What is known before the body: one at least."""
        return _VIEW_CREDITS if self is Cost.LIST and request.query_params.get("cvid") else 1

    def of_body(self, body: Any) -> int:
        """What the whole call costs, once its body is known; more records than a call may have are refused anyway."""
        data = body.get("data") if self is Cost.RECORDS and isinstance(body, dict) else None
        count = min(len(data), RECORDS_PER_REQUEST) if isinstance(data, list) else 0
        return max(1, -(-count // _RECORDS_PER_CREDIT))
