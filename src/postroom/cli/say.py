"""Output: tables and lines for people, JSON for machines."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import click


def as_json(value: object) -> None:
    """One JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Aligned columns; nothing at all where there is no row."""
    lines = [tuple(row) for row in rows]
    if not lines:
        return
    widths = [max(len(row[n]) for row in [tuple(heads), *lines]) for n in range(len(heads))]
    for row in [tuple(head.upper() for head in heads), *lines]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def facts(values: Iterable[tuple[str, str]]) -> None:
    """Names and values, one a line."""
    pairs = list(values)
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        click.echo(f"{name.ljust(width)}  {value}")


def moment(at: int | None) -> str:
    """A moment (ms since the epoch) in ISO 8601, UTC, to the second; a dash where there is none."""
    if at is None:
        return "-"
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def listing(rows: Sequence[Mapping[str, str]], in_json: bool) -> None:
    """Rows of the same names: a JSON array, or a table."""
    if in_json:
        as_json(rows)
    elif rows:
        table(list(rows[0]), [list(row.values()) for row in rows])
