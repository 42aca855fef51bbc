"""Bars for what takes a while, lines or octets: how many, how many a second, how much time is left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

_BAR_CHARACTERS = 20  # so that a line of 80 holds all of it
_MANY_OCTETS = 1024 * 1024  # fewer are gone before a bar can be read


class _Counts(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = "" if task.speed is None else f"  {task.speed:,.0f} lines/s"
        return Text(f"{task.completed:,.0f}/{task.total or 0:,.0f}{speed}")


@contextmanager
def counting(name: str, *, of: int, done: int) -> Iterator[Callable[[int], None]]:
    """A bar of lines; gives what moves it on by some. ``done`` were done before: they say nothing of the speed."""
    with _bar(_Counts()) as progress:
        task = progress.add_task(name, total=of, completed=done)
        yield lambda lines: progress.advance(task, lines)


@contextmanager
def carrying(name: str, *, of: int) -> Iterator[Callable[[int, int], None]]:
    """A bar of octets, where there are many; gives what is told how many were taken, and of how many."""
    with _bar(DownloadColumn(), TransferSpeedColumn(), wanted=of >= _MANY_OCTETS) as progress:
        task = progress.add_task(name, total=of)
        yield lambda taken, of: progress.update(task, completed=taken, total=of)


@contextmanager
def _bar(*counts: ProgressColumn, wanted: bool = True) -> Iterator[Progress]:
    """On stderr, gone at its end. Where stderr is no terminal there is none."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=_BAR_CHARACTERS))
    # Not as rich decides: variables make it take a file for a terminal.
    shown = wanted and sys.stderr.isatty()
    console = Console(stderr=True)
    with Progress(*columns, *counts, TimeRemainingColumn(), console=console, disable=not shown, transient=True) as bar:
        yield bar
