"""The import of records: lines of a file become wishes, and a hundred wishes a transaction."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from postroom.app import App
from postroom.cli.csvfile import Line, lines
from postroom.errors import Fault, Reason
from postroom.record import Module, read_values
from postroom.store import keeping
from postroom.store.db import Tx
from postroom.store.keeping import Kept, Place, Wish
from postroom.store.records import Record
from postroom.store.users import User

_BATCH: Final = 100
_EARLIER: Final = "an earlier line has it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A line (its number in the file) that was not imported, and why."""

    line: int
    reason: str


@dataclass(kw_only=True, slots=True)
class Summary:
    """What became of a file's lines; with ``dry_run``, what would have."""

    module: str
    dry_run: bool
    imported: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def sentence(self) -> str:
        """For people."""
        done = "would be imported" if self.dry_run else "imported"
        return f"{self.module}: {self.imported} {done}, {len(self.refused)} refused"

    def as_object(self) -> dict[str, object]:
        """For machines."""
        return {
            "module": self.module,
            "dry_run": self.dry_run,
            "imported": self.imported,
            "refused": [{"line": each.line, "reason": each.reason} for each in self.refused],
        }


class _UndoneError(Exception):
    """Takes back what a rehearsal wrote, and carries what it found."""

    def __init__(self, kept: list[Kept]) -> None:
        super().__init__()
        self.kept = kept


class Import:
    """One import into a module on behalf of a user."""

    def __init__(self, *, app: App, user: User, module: Module, dry_run: bool) -> None:
        self._app = app
        self._user = user
        self._module = module
        self._summary = Summary(module=module.name, dry_run=dry_run)
        # A rehearsal keeps nothing, so the database cannot tell that an earlier batch has had an address.
        self._had: set[str] = set()

    async def run(self, file: Path, delimiter: str, names: Mapping[str, str]) -> Summary:
        """Import the file; ``names`` maps columns to fields. Raises ``Misconfigured`` where it is not such a file."""
        console = Console(stderr=True)
        with (
            Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
            progress.open(file, "rb", description=file.name) as octets,
        ):
            for batch in _batches(lines(octets, delimiter, names, self._module)):
                await self._keep(batch)
        self._summary.refused.sort(key=lambda refusal: refusal.line)
        return self._summary

    async def _keep(self, batch: Sequence[Line]) -> None:
        whole = []
        for line in batch:
            if line.problem is None:
                whole.append(line)
            else:
                self._refuse(line, line.problem)
        wishes = [
            Wish(id=self._app.ids.number(), reading=read_values(self._module, line.values, partial=False))
            for line in whole
        ]
        new = {wish.id for wish in wishes}
        for line, kept in zip(whole, await self._write(wishes), strict=True):
            if not isinstance(kept, Record):
                self._refuse(line, "; ".join(_explain(fault, new) for fault in kept))
            elif self._summary.dry_run and kept.email in self._had:
                self._refuse(line, f"Email: {_EARLIER}")
            else:
                self._summary.imported += 1
                if self._summary.dry_run and kept.email and _unique(self._module):
                    self._had.add(kept.email)

    async def _write(self, wishes: Sequence[Wish]) -> list[Kept]:
        place = Place(org_id=self._user.org_id, user_id=self._user.id, module=self._module, now=self._app.clock())

        def write(tx: Tx) -> list[Kept]:
            kept = keeping.insert(tx, place, wishes)
            if self._summary.dry_run:
                raise _UndoneError(kept)
            return kept

        try:
            return await self._app.db.write(write)
        except _UndoneError as undone:
            return undone.kept

    def _refuse(self, line: Line, reason: str) -> None:
        self._summary.refused.append(Refusal(line=line.number, reason=reason))


def _unique(module: Module) -> bool:
    return "Email" in module.by_name and module.by_name["Email"].unique


def _batches(found: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in found:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _explain(fault: Fault, new: Container[object]) -> str:
    """A fault of a record, in words; ``new`` are the numbers of its own batch."""
    details = fault.details
    other = details.get("id")
    words = {
        Reason.MISSING: "is missing",
        Reason.WRONG_TYPE: f"is not of type {details.get('expected_data_type')}",
        Reason.WRONG_VALUE: "holds a character that is not allowed",
        Reason.TOO_LONG: f"has more than {details.get('maximum_length')} characters",
        Reason.TOO_MANY_ITEMS: f"has more than {details.get('maximum_length')} values",
        Reason.DUPLICATE: _EARLIER if other in new else f"record {other} has it already",
        Reason.RECORD_UNKNOWN: "leads to nothing",
    }
    path = ".".join(map(str, fault.path))
    return f"{path}: {words.get(fault.reason, fault.reason.name.lower())}"
