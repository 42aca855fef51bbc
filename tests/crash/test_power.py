"""The power goes, and the disk forgets: nothing that was answered is lost (`python -m bench.powerloss`: longer)."""

import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from bench import disk as disks
from bench.power.disk import ALL, NOTHING, Disk, Forgets, Odds, keeps_its_word
from bench.power.house import Cut, House, Life
from bench.power.tape import Deed, Tape, compiler

from postroom.access.secrets import Vault
from postroom.config import Settings

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler to build the recorder with")

CUTS = 4
MAYBE = Odds(names=0.5, files=0.5, tear=512)
LIES: dict[str, Forgets] = {
    "the log of SQLite": lambda path: path.endswith("-wal"),
    "what is in the files of mails": lambda path: path.startswith("data/blobs/incoming/"),
    "how the files of mails are called": lambda path: path.startswith("data/blobs/") and len(path) == 13,
    "that there is a folder of data": lambda path: path == ".",
}

# Four ways to write a file; only the last is as it should be.
WRITING = """
import os
def write(name, text, sync):
    with open(name, "w") as file:
        file.write(text)
        file.flush()
        if sync:
            os.fsync(file.fileno())
write("replaced", "old", True)
write("swapped", "old", True)
folder = os.open(".", os.O_RDONLY)
os.fsync(folder)
write("unsynced", "new", False)
write("nameless", "new", True)
write("part", "new", False)
os.replace("part", "swapped")
write("part", "new", True)
os.replace("part", "replaced")
"""
KEYS = """
from pathlib import Path
from postroom.access.secrets import Vault
from postroom.config import Settings
Vault.open(Settings(data_dir=Path(".")))
"""

# Who makes a folder notes that after it is there, and somebody else may be in it by then.
MEETING = """
import os, subprocess
from pathlib import Path
subprocess.run(["mkdir", "shared"], env={"PATH": os.environ["PATH"]}, check=True)
Path("shared").mkdir(exist_ok=True)
Path("part").touch()
Path("part").replace("shared/whole")
"""


def recorded(program: str, folder: Path) -> tuple[Disk, list[Deed]]:
    root, memory = folder / "root", folder / "memory"
    root.mkdir()
    memory.mkdir()
    with Tape(root, memory) as tape:
        empty = Disk(root)
        subprocess.run([sys.executable, "-c", program], env=os.environ | tape.environment(), cwd=root, check=True)
        return empty, list(tape.deeds())


def test_a_disk_forgets_what_was_not_synced_and_nothing_else(tmp_path: Path) -> None:
    disk, deeds = recorded(WRITING, tmp_path)
    for deed in deeds:
        disk.do(deed)
    chance = random.Random(1)
    found: dict[str, set[str | None]] = defaultdict(set)
    for n in range(80):
        left = tmp_path / str(n)
        disk.leave(left, MAYBE, chance)
        for name in ("unsynced", "nameless", "swapped", "replaced"):
            found[name].add((left / name).read_text() if (left / name).exists() else None)
    torn = {"", "\0\0\0"}
    assert found == {
        "unsynced": {None, "new", *torn},
        "nameless": {None, "new"},
        "swapped": {"old", "new", *torn},
        "replaced": {"old", "new"},
    }


def test_a_folder_that_somebody_else_has_just_made_is_known(tmp_path: Path) -> None:
    disk, deeds = recorded(MEETING, tmp_path)
    for deed in deeds:
        disk.do(deed)
    disk.leave(tmp_path / "left", ALL, random.Random(1))
    assert (tmp_path / "left" / "shared" / "whole").exists()


def test_a_loss_of_power_leaves_a_whole_key_or_none(tmp_path: Path) -> None:
    disk, deeds = recorded(KEYS, tmp_path)
    chance = random.Random(1)
    for n, deed in enumerate(deeds):
        disk.do(deed)
        for m in range(40):
            left = tmp_path / f"{n}-{m}"
            disk.leave(left, MAYBE, chance)
            Vault.open(Settings(data_dir=left))  # raises over what is no key
    assert deeds


async def test_what_was_answered_is_there_after_a_loss_of_power() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="postroom-power-", dir=disks.folder()) as place,
        tempfile.TemporaryDirectory(prefix="postroom-power-") as memory,
    ):
        chance = random.Random(1)
        async with House(Path(place), Path(memory), chance) as house:
            life = await house.live(24)
            cuts = await house.cut(life, life.moments(CUTS, chance))
            assert len(cuts) == CUTS
            last = life.promises()[-1]
            cuts += await left_bare(house, life, last)
            assert not [fault for cut in cuts for fault in cut.faults]
            # The test is tested, too: each lie of a disk is found out.
            for lie, forgets in LIES.items():
                assert await found_out(house, life, forgets), lie


async def found_out(house: House, life: Life, forgets: Forgets) -> bool:
    """Whether something is missing after one answer at least: what was in a log may have come to its place by then."""
    for moment in reversed(life.promises()):
        if any(cut.faults for cut in await left_bare(house, life, moment, forgets)):
            return True
    return False


async def left_bare(house: House, life: Life, moment: int, forgets: Forgets = keeps_its_word) -> list[Cut]:
    """The power goes when an answer is in hand, and nothing is left but what had to be."""
    return await house.cut(life, [moment], forgets=forgets, odds=lambda _: NOTHING)
