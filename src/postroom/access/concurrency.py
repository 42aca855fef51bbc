"""How many calls of an organisation are answered at the same time (W 10.2), in this process."""

from typing import Final

from postroom.errors import Fault, Reason, TooMany

_RETRY_SECONDS: Final = 1  # the least that Retry-After can say: most calls are answered in a hundredth of it


class Concurrency:
    """Counts the calls of each organisation that have not been answered yet."""

    def __init__(self, at_once: int) -> None:
        """``at_once`` is how many one organisation may have; 0: any number, and nothing is counted."""
        self._at_once = at_once
        self._running: dict[int, int] = {}

    def enter(self, org_id: int) -> None:
        """Count one more. Raises ``TooMany`` where there are as many as there may be."""
        if not self._at_once:
            return
        running = self._running.get(org_id, 0)
        if running >= self._at_once:
            details = {"retry_after": _RETRY_SECONDS, "limit": self._at_once, "window": _RETRY_SECONDS}
            raise TooMany(Fault(Reason.TOO_MANY_CALLS, details=details))
        self._running[org_id] = running + 1

    def leave(self, org_id: int) -> None:
        """One that was counted is answered, or nobody is left to be answered."""
        if not self._at_once:
            return
        self._running[org_id] -= 1
        if not self._running[org_id]:
            del self._running[org_id]
