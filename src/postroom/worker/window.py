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

    def rooms(self) -> dict[int, int]:
        """How many more mails may be held of each transport that has been seen; of any other, ``narrow``."""
        return {each: self._width.get(each, self.narrow) - self.held[each] for each in {*self.held, *self._width}}

    def take(self, transport_id: int) -> None:
        """One mail more is held."""
        self.held[transport_id] += 1

    def give_back(self, transport_id: int, *, answered: bool) -> None:
        """One mail less; ``answered`` tells whether the server had anything to say about it."""
        self.held[transport_id] -= 1
        if not self.held[transport_id]:
            del self.held[transport_id]
        width = self._width.get(transport_id, self.narrow)
        self._width[transport_id] = min(width + 1, self.wide) if answered else self.narrow
