"""What the trials of this folder have in common: a plan, a disk and a database to carry it out on, and a report."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from bench import disk
from bench.databases import Databases

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

P = TypeVar("P", bound="DataclassInstance")
T = TypeVar("T")


def planned(name: str, plan: type[P], about: str, **words: str) -> P:
    """The plan of ``python -m bench.{name}``: each of its fields is an option; ``words`` explain some of them."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=about)
    for each in fields(plan):
        option = f"--{each.name.replace('_', '-')}"
        parser.add_argument(option, default=each.default, help=words.get(each.name), **_kind(each.name, each.default))
    return plan(**vars(parser.parse_args()))


def _kind(name: str, default: Any) -> dict[str, Any]:
    if name == "database":
        return {"choices": ["sqlite", "postgresql"]}
    return {"action": "store_true"} if isinstance(default, bool) else {"type": type(default)}


def carried_out(
    name: str,
    database: str,
    work: Callable[[Path, str], Coroutine[Any, Any, T]],
    *,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> T:
    """What ``work`` returns, given a folder on a disk and the setting of a fresh database of that kind."""
    with (
        tempfile.TemporaryDirectory(prefix=f"postroom-{name}-", dir=disk.folder()) as folder,
        Databases(database, Path(folder)) as databases,
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        return runner.run(work(Path(folder), databases.new()))


def told(lines: Iterable[str], faults: Sequence[str]) -> NoReturn:
    """Print the report and end; exit code 1 where there are faults."""
    print("\n".join((*lines, *(f"FAULT     {fault}" for fault in faults))))
    sys.exit(1 if faults else 0)
