"""The import of records: lines of a file become wishes, some hundred of them a transaction.

How far a file came is written with its records (``store.imports``), so the same command on the same file goes on where
an earlier one stopped, however that ended.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import click

from postroom.cli import say
from postroom.cli.bar import counting
from postroom.cli.csvfile import Line, Sheet
from postroom.cli.taking import Keeper, Rehearsal
from postroom.errors import Unavailable
from postroom.store.imports import Import, Refusal

# Others who write to the same database wait for a batch to end: some 50 ms. More lines gain nothing.
_BATCH: Final = 250


class Interrupted(click.ClickException):
    """Ctrl-C; the message says how far it came."""

    exit_code = 130  # 128 and the number of SIGINT, as shells have it


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What became of all lines of a file, whichever commands took them; with ``dry_run``, what would become of them.

    ``resumed_after`` is the line behind which this command went on; ``already``: it had nothing to do. Of an import
    that is long past, ``refused`` is empty although ``standing`` counts lines.
    """

    module: str
    dry_run: bool
    standing: Import
    refused: Sequence[Refusal]
    resumed_after: int | None
    already: bool

    def sentence(self) -> str:
        """For people."""
        counts = f"{self.standing.imported:,} imported, {self.standing.refused:,} refused"
        if self.already:
            then = say.moment(self.standing.finished_at)
            return f"{self.module}: this file is imported already ({then}): {counts}; --again imports it once more"
        if self.dry_run:
            counts = counts.replace("imported", "would be imported")
        return f"{self.module}: {counts}"

    def as_object(self) -> dict[str, object]:
        """For machines."""
        return {
            "module": self.module,
            "dry_run": self.dry_run,
            "already": self.already,
            "resumed_after": self.resumed_after,
            "imported": self.standing.imported,
            "refused": [{"line": each.line, "reason": each.reason} for each in self.refused],
        }


async def run(way: Keeper | Rehearsal, sheet: Sheet, name: str) -> Summary:
    """Take what is left of a file; ``name`` is what people call it.

    Raises ``Interrupted``, ``Unavailable``, and ``ClickException`` where another process imports the same file.
    """
    await way.begin()
    start = way.standing
    if start.finished_at is None:
        if start.line:
            click.echo(f"going on after {_standing(start)} before", err=True)
        await _take_all(way, sheet, name)
    return Summary(
        module=sheet.module.name,
        dry_run=isinstance(way, Rehearsal),
        standing=way.standing,
        refused=await way.refusals(),
        resumed_after=start.line or None,
        already=start.finished_at is not None,
    )


async def _take_all(way: Keeper | Rehearsal, sheet: Sheet, name: str) -> None:
    start = way.standing
    try:
        with counting(name, of=sheet.count, done=start.imported + start.refused) as count:
            for batch in _batches(line for line in sheet.lines() if line.number > start.line):
                await way.take(batch)
                count(len(batch))
        await way.finish()
    except asyncio.CancelledError:
        await way.settle()
        raise Interrupted(f"interrupted after {_standing(way.standing)}; {way.after}") from None
    except Unavailable as error:
        raise Unavailable(f"{error}; {way.after}") from error


def _standing(found: Import) -> str:
    return f"line {found.line:,}: {found.imported:,} imported, {found.refused:,} refused"


def _batches(found: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in found:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
