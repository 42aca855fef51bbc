"""How many mails of one transport a worker holds: few while it does not deliver, more with every success.

Without it, a dead server's mails would fill the worker and the healthy servers' mails would wait behind them.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Windows:
    """Counts the mails held per transport; a transport's window opens by one for each mail that a server answered."""

    narrow: int
    wide: int
    held: Counter[int] = field(default_factory=Counter)
    _width: dict[int, int] = field(default_factory=dict)

    def room(self, transport_id: int) -> int:
        """How many more mails of the transport may be held."""
        return self._width.get(transport_id, self.narrow) - self.held[transport_id]

    def busy(self) -> list[int]:
        """The transports whose window is full."""
        return [each for each, count in self.held.items() if count and self.room(each) <= 0]

    def take(self, transport_id: int) -> bool:
        """Hold one more; False where the window is full."""
        if self.room(transport_id) <= 0:
            return False
        self.held[transport_id] += 1
        return True

    def give_back(self, transport_id: int, *, answered: bool) -> None:
        """One mail less; ``answered`` tells whether the server had anything to say about it."""
        self.held[transport_id] -= 1
        if not self.held[transport_id]:
            del self.held[transport_id]
        width = self._width.get(transport_id, self.narrow)
        self._width[transport_id] = min(width + 1, self.wide) if answered else self.narrow
