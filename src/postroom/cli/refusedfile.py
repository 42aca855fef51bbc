"""The refused lines of a file as a file of their own, to be mended and imported."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from postroom.cli.csvfile import REASONS, Sheet
from postroom.errors import Misconfigured
from postroom.store.imports import Refusal


def write(path: Path, sheet: Sheet, refused: Sequence[Refusal]) -> None:
    """Write the lines as they are, under the heads they have, and the reasons in a column at the end.

    A column of an earlier round's reasons is replaced. Raises ``Misconfigured`` where the file cannot be written.
    """
    try:
        with path.open("w", encoding=sheet.encoding, newline="") as out:
            csv.writer(out, delimiter=sheet.delimiter).writerows(_rows(sheet, refused))
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None


def _rows(sheet: Sheet, refused: Sequence[Refusal]) -> Iterator[list[str]]:
    reasons = {each.line: each.reason for each in refused}
    kept = [n for n, head in enumerate(sheet.heads) if head != REASONS]
    width = len(sheet.heads)
    yield [*(sheet.heads[n] for n in kept), REASONS]
    for number, row in sheet.rows():
        if number in reasons:
            # A line that is too short is filled up, so that its reason stands where it is passed over.
            cells = row + [""] * (width - len(row))
            yield [*(cells[n] for n in kept), *cells[width:], reasons[number]]
