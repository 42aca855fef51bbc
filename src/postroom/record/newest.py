"""Records that no index knows yet, found in memory by the terms that it would have of them. Pure.

They come in batches that never change: a record that is changed leaves its batch. What a batch has under the number of
a field is made when somebody first asks, and serves everybody who asks later.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar

from postroom.record.criteria import BY_ID, AllOf, AnyOf, Criteria, Where, within
from postroom.record.modules import Module
from postroom.record.terms import under, whole
from postroom.record.values import Value

Place = tuple[bytes, int]  # a term, and the id of a record that has it


class Held(Protocol):
    """A record, and everything that it is found by."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def values(self) -> Mapping[str, Value]:
        """By the fields' names; with Owner, Created_Time and Modified_Time."""


H = TypeVar("H", bound=Held)


class Column:
    """What some records have under one number."""

    def __init__(self, found: Iterable[Place]) -> None:
        """In any order."""
        self._found = list(found)

    @cached_property
    def by_key(self) -> Mapping[bytes, Sequence[int]]:
        """The records that have a term."""
        found: dict[bytes, list[int]] = {}
        for key, number in self._found:
            found.setdefault(key, []).append(number)
        return found

    @cached_property
    def places(self) -> Sequence[Place]:
        """All of it, in the order of an index."""
        return sorted(self._found)

    def about(self, where: Where) -> set[int]:
        """The records with a term that a comparison is about, negated or not."""
        if where.keys:
            return {one for key in where.keys if within(where, key) for one in self.by_key.get(key, ())}
        low = 0 if where.low is None else bisect_left(self.places, (where.low,))
        high = len(self.places) if where.high is None else bisect_left(self.places, (where.high,))
        return {one for _, one in self.places[low:high]}


class Batch(Generic[H]):
    """Records of one module."""

    def __init__(self, records: Collection[H], parts: Sequence["Batch[H]"] = ()) -> None:
        """``parts``: batches that have exactly these records, where there are such."""
        self.records = {each.id: each for each in records}
        self._parts = parts
        self._columns: dict[object, Column] = {}

    @cached_property
    def ids(self) -> Sequence[int]:
        """In order."""
        return sorted(self.records)

    def column(self, module: Module, number: int) -> Column:
        """What its records have under a number; ``module`` is theirs, with the fields that they may have values of."""
        # The words of a record are those of all its texts.
        name = number if number in module.indexed else (number, *(each.name for each in module.own))
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = Column(self._under(module, number))
        return found

    def meeting(self, module: Module, where: Criteria) -> Set[int]:
        """The ids of its records that meet criteria."""
        match where:
            case AllOf():
                return self._joined(module, where.parts, set.intersection)
            case AnyOf():
                return self._joined(module, where.parts, set.union)
        if where.number == BY_ID:
            met = {one for one in self.records if within(where, whole(one))}
        else:
            met = self.column(module, where.number).about(where)
        return self.records.keys() - met if where.negated else met

    def _joined(self, module: Module, parts: Sequence[Criteria], join: Callable[..., set[int]]) -> Set[int]:
        # Without parts nothing meets them, joined in whatever way.
        return join(*(set(self.meeting(module, each)) for each in parts)) if parts else set()

    def _under(self, module: Module, number: int) -> Iterable[Place]:
        if self._parts:
            return chain.from_iterable(each.column(module, number).places for each in self._parts)
        return ((key, each.id) for each in self.records.values() for key in under(module, each.values, number))


@dataclass(frozen=True, slots=True)
class Newest:
    """All records of a module that the index does not know."""

    module: Module
    batches: Sequence[Batch[Any]]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.batches)

    def meeting(self, batch: Batch[Any], where: Criteria) -> Set[int]:
        """The ids of the records of a batch that meet criteria."""
        return batch.meeting(self.module, where)

    def valued(self, batch: Batch[Any], number: int) -> Sequence[Place]:
        """The places of the records of a batch, in order."""
        return batch.column(self.module, number).places

    def valueless(self, batch: Batch[Any], number: int | None, among: Set[int] | None) -> Sequence[Place]:
        """Those of a batch that have none there, or all where there is no number, each with an empty term, by id.

        ``among``: none but those of these ids.
        """
        valued = set() if number is None else {one for _, one in self.valued(batch, number)}
        ids = batch.ids if among is None else sorted(among & batch.records.keys())
        return [(b"", one) for one in ids if one not in valued]

    def leading(self, number: int, keys: Collection[bytes]) -> Iterator[Place]:
        """Each of the terms that leads to some of them, with each record that it leads to."""
        for batch in self.batches:
            found = batch.column(self.module, number).by_key
            for key in found.keys() & keys:
                yield from ((key, one) for one in found[key])

    def used(self, number: int) -> dict[bytes, int]:
        """Each term that they have under a number, with the first record that has it."""
        oldest: dict[bytes, int] = {}
        for batch in self.batches:
            for key, numbers in batch.column(self.module, number).by_key.items():
                oldest[key] = min(oldest.get(key, numbers[0]), *numbers)
        return oldest
