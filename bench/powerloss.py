"""``python -m bench.powerloss``: the power goes at any moment, the disk forgets, and no accepted mail may be lost.

1. ``power.house`` runs a Postroom under load, with its database: each thing that it does to its folder is noted on a
   tape (``power.tape``).
2. A cut is a moment of that tape. ``power.disk`` leaves of the folder what a disk may hold then: all that was synced,
   and of the rest anything.
3. ``power.opened`` opens what is left with the program itself (PostgreSQL recovers first), and ``power.promises``
   holds it against what clients had been answered and the receiving server had got before that moment.
4. The next life of this Postroom begins with what one more cut leaves.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from bench.power.house import Cut, House
from bench.power.postgres import Postgres
from bench.power.tape import ROOM, Kind
from bench.trial import carried_out, planned, told

_MEMORY: Final = Path("/dev/shm")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``cuts`` in all, so many ``per_life``, in which ``mails`` are sent; ``seed`` of all chance.

    ``forgets``: a pattern of paths whose syncs the disk does nothing for; empty: it keeps its word.
    """

    cuts: int = 1000
    per_life: int = 50
    mails: int = 150
    seed: int = 1
    database: str = "sqlite"
    forgets: str = ""


@dataclass(kw_only=True, slots=True)
class Account:
    """What happened. ``misled``: what clients were told in a later life, and should not have been."""

    lives: int = 0
    deeds: int = 0
    syncs: int = 0
    cuts: list[Cut] = field(default_factory=list)
    misled: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def storm(plan: Plan, folder: Path, _: str = "") -> Account:
    """Do all of it, with the data in ``folder``. Raises where it cannot be done."""
    with tempfile.TemporaryDirectory(prefix="postroom-power-", dir=_memory()) as memory:
        for each in (folder, Path(memory)):
            each.chmod(0o711)  # PostgreSQL may run as somebody else
        postgres = Postgres.find(folder) if plan.database == "postgresql" else None
        chance = random.Random(plan.seed)
        async with House(folder, Path(memory), chance, postgres) as house:
            return await _live_and_die(plan, house, chance)


def _memory() -> Path | None:
    """Where files lie in memory, if there is enough of it for the tape and for what is left."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 2 * ROOM else None


async def _live_and_die(plan: Plan, house: House, chance: random.Random) -> Account:
    account, began = Account(), time.perf_counter()
    while (left := plan.cuts - len(account.cuts)) > 0:
        life = await house.live(plan.mails)
        account.lives += 1
        account.deeds += len(life.deeds)
        account.syncs += sum(deed.kind is Kind.SYNC for deed in life.deeds)
        account.misled += life.account.misled
        moments = life.moments(min(left, plan.per_life), chance)
        account.cuts += await house.cut(life, moments, forgets=partial(fnmatch, pat=plan.forgets))
        house.go_back(life)
    account.seconds = time.perf_counter() - began
    return account


def faults(account: Account) -> Iterator[str]:
    """What is wrong with it: of each cut the first that was found, and how much more there is."""
    yield from account.misled
    for n, cut in enumerate(account.cuts, start=1):
        if cut.faults:
            more = f" ({len(cut.faults) - 1} more)" if len(cut.faults) > 1 else ""
            yield f"cut {n}: {cut.faults[0]}{more}"


def table(account: Account) -> Iterator[str]:
    """The report for people."""
    promised = [cut.promised for cut in account.cuts]
    yield f"lives     {account.lives}: {account.deeds} changes of files and folders, {account.syncs} of them syncs"
    yield f"cuts      {len(account.cuts)} in {account.seconds:.0f} s"
    yield f"promised  {median(promised):.0f} mails before a cut (median), {max(promised)} at most"
    yield f"harmed    {sum(bool(cut.faults) for cut in account.cuts)} cuts after which something was lost or untrue"


def main() -> None:
    """Run as the command line says; exit code 1 where a promise was broken."""
    plan = planned(
        "powerloss",
        Plan,
        "Cut the power; count mails.",
        per_life="cuts of one recorded life",
        mails="mails sent in one life",
        forgets="paths whose syncs do nothing, like data/*-wal: see what is found then",
    )
    account = carried_out("powerloss", "sqlite", partial(storm, plan))
    told(table(account), list(faults(account)))


if __name__ == "__main__":
    main()
