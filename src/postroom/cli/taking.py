"""The two ways in which the lines of a file are taken: kept, or only judged."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import click

from postroom.app import App
from postroom.cli.csvfile import Line, Sheet
from postroom.errors import Fault, Reason
from postroom.mail.address import Address
from postroom.record import Kind, Module, read_values
from postroom.store import imports, indexer, keeping
from postroom.store.db import Tx
from postroom.store.imports import Import, Refusal, Step
from postroom.store.keeping import Kept, Place, Wish
from postroom.store.records import Record
from postroom.store.users import User

_EARLIER: Final = "an earlier line has it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """A file and on whose behalf it is imported; ``again``: although it was imported before."""

    app: App
    user: User
    sheet: Sheet
    again: bool = False

    def place(self) -> Place:
        """Where its records go."""
        module, now = self.sheet.module, self.app.clock()
        return Place(org_id=self.user.org_id, user_id=self.user.id, module=module, now=now)

    def wishes(self, batch: Iterable[Line]) -> list[Wish]:
        """The records of the lines without a problem."""
        module = self.sheet.module
        return [
            Wish(id=self.app.ids.number(), reading=read_values(module, line.values, partial=False))
            for line in batch
            if line.problem is None
        ]

    def unbegun(self) -> Import:
        """The import before its first line."""
        digest, now = self.sheet.digest(), self.app.clock()
        return Import(id=self.app.ids.number(), org_id=self.user.org_id, digest=digest, started_at=now)

    def over(self, found: Import) -> bool:
        """Whether an earlier import of the file is done with, and a new one begins."""
        return self.again and found.finished_at is not None


class Keeper:
    """Keeps each batch, and that it was kept, in one transaction."""

    after: Final = "the same command goes on where this one stopped"

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._db = errand.app.db
        self.standing = errand.unbegun()

    async def begin(self) -> None:
        """Find where the file stands: before its first line, where it was interrupted, or at its end."""
        new = self.standing

        def write(tx: Tx) -> Import:
            found = imports.find(tx, new.org_id, new.digest)
            if found is not None and self._errand.over(found):
                imports.forget(tx, found)
            return imports.begin(tx, new)

        self.standing = await self._db.write(write)

    async def take(self, batch: Sequence[Line]) -> None:
        """Keep the next lines. Raises ``ClickException``, and keeps nothing, where another process took them."""
        place, wishes = self._errand.place(), self._errand.wishes(batch)

        def write(tx: Tx) -> Import:
            reasons = _reasons(keeping.insert(tx, place, wishes))
            return self._first(imports.advance(tx, self.standing, _step(batch, reasons)))

        self.standing = await self._db.write(write)

    async def finish(self) -> None:
        """Note that no line is left. Raises as ``take`` does."""
        now = self._errand.app.clock()
        self.standing = await self._db.write(lambda tx: self._first(imports.finish(tx, self.standing, now)))
        await indexer.finish(self._db)

    async def settle(self) -> None:
        """See where the file stands when what was on its way is written, or lost."""
        known = self.standing
        # A write, though it writes nothing: it waits behind those before it.
        found = await self._db.write(partial(imports.find, org_id=known.org_id, digest=known.digest))
        self.standing = found or known

    async def refusals(self) -> Sequence[Refusal]:
        """The refused lines of the whole file, in order."""
        return await self._db.read(partial(imports.refusals, of=self.standing))

    def _first(self, moved: Import | None) -> Import:
        if moved is None:
            line = self.standing.line
            raise click.ClickException(
                f"another command imports this file, and is beyond line {line:,}; this one stops, and doubled nothing"
            )
        return moved


class Rehearsal:
    """Judges what ``Keeper`` would keep, from where it would go on, and keeps nothing."""

    after: Final = "a rehearsal keeps nothing"

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._db = errand.app.db
        self.standing = errand.unbegun()
        self._refused: list[Refusal] = []
        # The database cannot tell what an earlier batch would have had.
        self._had: set[tuple[str, str]] = set()

    async def begin(self) -> None:
        """Find where the file stands."""
        new = self.standing
        found = await self._db.read(partial(imports.find, org_id=new.org_id, digest=new.digest))
        if found is not None and not self._errand.over(found):
            self.standing = found
            self._refused = await self._db.read(partial(imports.refusals, of=found))

    async def take(self, batch: Sequence[Line]) -> None:
        """Judge the next lines."""
        place, wishes = self._errand.place(), self._errand.wishes(batch)
        kept = await self._db.write(lambda tx: keeping.rehearse(tx, place, wishes))
        reasons = zip(_reasons(kept), map(self._met, kept), strict=True)
        step = _step(batch, [first or second for first, second in reasons])
        self._refused.extend(step.refused)
        self.standing = imports.moved_by(self.standing, step)

    async def finish(self) -> None:
        """Nothing is left to do."""

    async def settle(self) -> None:
        """Nothing was on its way."""

    async def refusals(self) -> Sequence[Refusal]:
        """The refused lines of the whole file, in order."""
        return self._refused

    def _met(self, kept: Kept) -> str | None:
        """Which values an earlier batch would have had; where it is none, later ones meet these."""
        if not isinstance(kept, Record):
            return None
        own = _unique_values(self._errand.sheet.module, kept)
        met = own & self._had
        if not met:
            self._had |= own
        return "; ".join(f"{name}: {_EARLIER}" for name, _ in sorted(met)) or None


def _unique_values(module: Module, kept: Record) -> set[tuple[str, str]]:
    """What no other record of the module may have: names of fields, and values in the form that is compared."""
    values = {each: kept.fields[each.name] for each in module.fields if each.unique and each.name in kept.fields}
    return {
        (each.name, Address.parse(value).folded if each.kind is Kind.EMAIL else str(value).casefold())
        for each, value in values.items()
    }


def _step(batch: Sequence[Line], reasons: Iterable[str | None]) -> Step:
    """What came of a batch; ``reasons`` says it of each line without a problem, None where it is kept."""
    following = iter(reasons)
    told = [(line.number, line.problem or next(following)) for line in batch]
    refused = tuple(Refusal(line=number, reason=reason) for number, reason in told if reason is not None)
    return Step(line=batch[-1].number, imported=len(batch) - len(refused), refused=refused)


def _reasons(kept: Sequence[Kept]) -> list[str | None]:
    own = {each.id for each in kept if isinstance(each, Record)}
    return [None if isinstance(each, Record) else "; ".join(_explain(fault, own) for fault in each) for each in kept]


def _explain(fault: Fault, own: Container[object]) -> str:
    """A fault of a record, in words; ``own`` are the numbers of its own batch."""
    details = fault.details
    other = details.get("id")
    words = {
        Reason.MISSING: "is missing",
        Reason.WRONG_TYPE: f"is not of type {details.get('expected_data_type')}",
        Reason.WRONG_VALUE: "holds a character that is not allowed",
        Reason.TOO_LONG: f"has more than {details.get('maximum_length')} characters",
        Reason.TOO_MANY_ITEMS: f"has more than {details.get('maximum_length')} values",
        Reason.DUPLICATE: _EARLIER if other in own else f"record {other} has it already",
        Reason.RECORD_UNKNOWN: "leads to nothing",
    }
    path = ".".join(map(str, fault.path))
    return f"{path}: {words.get(fault.reason, fault.reason.name.lower())}"
