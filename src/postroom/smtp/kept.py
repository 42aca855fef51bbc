"""Answers that hold for a while: a bounded number of them, each until its moment."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """At most ``most`` values; whatever was asked for longest ago goes first. ``clock`` gives seconds."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._values: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """What is kept under ``key``, while it holds."""
        found = self._values.pop(key, None)
        if found is None or found[0] <= self._clock():
            return None
        self._values[key] = found  # the dictionary's end is what was asked for last
        return found[1]

    def put(self, key: K, value: V, seconds: float) -> None:
        """Keep a value for so long."""
        self._values.pop(key, None)
        if len(self._values) >= self._most:
            del self._values[next(iter(self._values))]
        self._values[key] = (self._clock() + seconds, value)

    def drop(self, key: K) -> None:
        """Forget what is kept under ``key``."""
        self._values.pop(key, None)
