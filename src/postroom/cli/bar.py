"""A bar for lines that are worked through: how many, how many a second, how much time is left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

_BAR_CHARACTERS = 20  # so that a line of 80 holds all of it


class _Counts(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = "" if task.speed is None else f"  {task.speed:,.0f} lines/s"
        return Text(f"{task.completed:,.0f}/{task.total or 0:,.0f}{speed}")


@contextmanager
def counting(name: str, *, of: int, done: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, which goes away at its end; gives what moves it on. Where stderr is no terminal there is none.

    ``done`` of the lines were done before: they say nothing of the speed.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=_BAR_CHARACTERS),
        _Counts(),
        TimeRemainingColumn(),
    )
    # Not as rich decides: variables make it take a file for a terminal.
    shown = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as progress:
        task = progress.add_task(name, total=of, completed=done)
        yield lambda lines: progress.advance(task, lines)
