"""A disk that forgets: which folder may be left, if the power goes at a moment of the tape.

What was synced is there. Of what was written to a file since its last sync any part may be, in any order and torn
between sectors; its size may have grown without what was written. Of the names in a folder any changes since the
folder's last sync may be. That is all that POSIX promises: a sync of a file keeps its octets, a sync of a folder its
names, and no journal keeps an order. In two things a disk is trusted: a sector is written whole or not at all, and a
file that was renamed has one of its two names.
"""

import os
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from bench.power.tape import Deed, Kind

T = TypeVar("T", Deed, "Change")

_TEARS: Final = (512, 4096, 1 << 30)  # octets that are written as one: a sector, a page, each write whole


@dataclass(eq=False, slots=True)
class File:
    """A file: what is on disk, and what was done to it since."""

    inode: int
    kept: bytearray = field(default_factory=bytearray)
    later: list[Deed] = field(default_factory=list)
    made: "Change | None" = None  # what gave it its first name
    mapped: bool = False  # written through a mapping too, so that nobody knows its octets


@dataclass(eq=False, slots=True)
class Folder:
    """A folder: the names on disk, the names there are, and the changes between both."""

    inode: int
    kept: "dict[str, Node]" = field(default_factory=dict)
    names: "dict[str, Node]" = field(default_factory=dict)
    later: "list[Change]" = field(default_factory=list)


Node: TypeAlias = File | Folder


@dataclass(eq=False, slots=True)
class Change:
    """Names of a folder that change at once; None: the name is gone. ``after`` is on disk where this is."""

    at: int
    folder: Folder
    names: dict[str, Node | None]
    after: "Change | None" = None
    durable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Odds:
    """How much of what was not synced is kept: of names and of files, in [0, 1], and how writes are torn (octets)."""

    names: float
    files: float
    tear: int

    @classmethod
    def draw(cls, chance: random.Random) -> "Odds":
        """All, nothing, or something."""
        names, files = (chance.choice((0.0, 1.0, chance.random())) for _ in range(2))
        return cls(names=names, files=files, tear=chance.choice(_TEARS))


NOTHING: Final = Odds(names=0.0, files=0.0, tear=_TEARS[0])
ALL: Final = Odds(names=1.0, files=1.0, tear=_TEARS[-1])

Forgets: TypeAlias = Callable[[str], bool]  # whether a sync of a path, relative to the root, does nothing


def keeps_its_word(path: str) -> bool:  # noqa: ARG001 - others look at it
    """A disk that forgets no sync."""
    return False


class Disk:
    """The disk below ``root``, which holds at first what is there now, all of it safely."""

    def __init__(self, root: Path, journalled: str = "") -> None:
        """What is there now is there for good. In the folder ``journalled`` a sync of a new file keeps its name too."""
        self._root = str(root)
        self._journalled = journalled
        self._forgets: Forgets = keeps_its_word
        self._nodes: dict[int, Node] = {}
        self._paths: dict[int, str] = {}
        self._top = self._read(root)

    def do(self, deed: Deed) -> None:
        """Go on by one record."""
        match deed.kind:
            case Kind.WRITE | Kind.RESIZE | Kind.GROW:
                self._file(deed.inode).later.append(deed)
            case Kind.SYNC:
                self._sync(deed)
            case Kind.MAP:
                self._file(deed.inode).mapped = True
            case Kind.CREATE | Kind.MKDIR:
                self._make(deed)
            case Kind.UNLINK:
                folder, name = self._place(deed.paths()[0])
                found = folder.names.get(name)
                if found is not None and found.inode == deed.inode:
                    _change(Change(deed.at, folder, {name: None}))
            case Kind.RENAME | Kind.LINK:
                self._move(deed)

    def leave(self, target: Path, odds: Odds, chance: random.Random) -> None:
        """Write to ``target``, which is not there yet, what is left if the power goes now."""
        _Remains(odds, chance).write(self._top, target)

    def copy(self, forgets: Forgets | None = None) -> "Disk":
        """Another disk that holds the same."""
        other = deepcopy(self)
        other._forgets = forgets or self._forgets
        return other

    def mapped(self) -> set[str]:
        """The files that are written through mappings too."""
        return {self._paths[node.inode] for node in self._nodes.values() if isinstance(node, File) and node.mapped}

    def _read(self, path: Path) -> Folder:
        folder = Folder(path.stat().st_ino)
        self._know(folder, str(path))
        for entry in os.scandir(path):
            if entry.is_dir():
                folder.kept[entry.name] = self._read(Path(entry.path))
            elif entry.is_file():
                found = File(entry.inode(), bytearray(Path(entry.path).read_bytes()))
                self._know(found, entry.path)
                folder.kept[entry.name] = found
        folder.names.update(folder.kept)
        return folder

    def _know(self, node: Node, path: str) -> None:
        self._nodes[node.inode] = node
        self._paths[node.inode] = os.path.relpath(path, self._root)

    def _file(self, inode: int) -> File:
        found = self._nodes[inode]
        assert isinstance(found, File)
        return found

    def _place(self, path: str) -> tuple[Folder, str]:
        folder = self._top
        *above, name = os.path.relpath(path, self._root).split("/")
        for each in above:
            found = folder.names[each]
            assert isinstance(found, Folder)
            folder = found
        return folder, name

    def _make(self, deed: Deed) -> None:
        folder, name = self._place(deed.paths()[0])
        known = folder.names.get(name)
        if known is None or known.inode != deed.inode:
            new = File(deed.inode) if deed.kind is Kind.CREATE else Folder(deed.inode)
            self._know(new, deed.paths()[0])
            change = Change(deed.at, folder, {name: new})
            _change(change)
            if isinstance(new, File) and self._paths[deed.inode].partition("/")[0] == self._journalled:
                new.made = change

    def _move(self, deed: Deed) -> None:
        source, target = deed.paths()
        (old, name), (new, new_name) = self._place(source), self._place(target)
        node = old.names[name]
        if deed.kind is Kind.RENAME:
            self._paths[node.inode] = os.path.relpath(target, self._root)
        if deed.kind is Kind.LINK or old is not new:
            added = Change(deed.at, new, {new_name: node})
            _change(added)
            if deed.kind is Kind.RENAME:
                _change(Change(deed.at, old, {name: None}, after=added))
        else:
            _change(Change(deed.at, old, {name: None, new_name: node}))

    def _sync(self, deed: Deed) -> None:
        node = self._nodes[deed.inode]
        if self._forgets(self._paths[deed.inode]):
            return
        if isinstance(node, File):
            for each in _take(node.later, deed.number):
                _apply(node.kept, each)
            if node.made is not None:
                _keep_early(node.made)
        else:
            for change in _take(node.later, deed.number):
                _keep(change)


def _change(change: Change) -> None:
    _set(change.folder.names, change)
    change.folder.later.append(change)


def _set(names: dict[str, Node], change: Change) -> None:
    for name, node in change.names.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _keep(change: Change) -> None:
    if change.after is not None:
        _keep_early(change.after)
    _set(change.folder.kept, change)
    change.durable = True


def _keep_early(change: Change) -> None:
    """Keep it before its folder is synced."""
    if not change.durable:
        change.folder.later.remove(change)
        _keep(change)


def _take(later: list[T], before: int) -> list[T]:
    """What was done before that moment, taken out of the list."""
    done = [each for each in later if each.at < before]
    later[:] = [each for each in later if each.at >= before]
    return done


def _apply(octets: bytearray, deed: Deed, start: int = 0, stop: int | None = None) -> None:
    """Do what a record tells to the octets of a file; of a write only the octets between ``start`` and ``stop``."""
    if deed.kind is Kind.RESIZE:
        del octets[deed.number :]
    piece = deed.payload[start:stop]
    at = deed.number + start
    if len(octets) < at:
        octets += bytes(at - len(octets))
    octets[at : at + len(piece)] = piece


class _Remains:
    """One folder that may be left."""

    def __init__(self, odds: Odds, chance: random.Random) -> None:
        self._odds = odds
        self._chance = chance
        self._drawn: dict[Change, bool] = {}

    def write(self, folder: Folder, target: Path) -> None:
        target.mkdir(mode=0o700)
        names = dict(folder.kept)
        for change in folder.later:
            if self._is_kept(change):
                _set(names, change)
        for name, node in names.items():
            if isinstance(node, Folder):
                self.write(node, target / name)
            else:
                (target / name).write_bytes(self._octets(node))

    def _is_kept(self, change: Change) -> bool:
        if change not in self._drawn:
            # A name is gone only where the file has its other one.
            possible = change.after is None or self._is_kept(change.after)
            self._drawn[change] = change.durable or (possible and self._chance.random() < self._odds.names)
        return self._drawn[change]

    def _octets(self, file: File) -> bytes:
        size = len(file.kept)
        octets = bytearray(file.kept)
        for deed in file.later:
            size = deed.number if deed.kind is Kind.RESIZE else max(size, deed.number + len(deed.payload))
            for start, stop in _pieces(deed, self._odds.tear):
                if self._chance.random() < self._odds.files:
                    _apply(octets, deed, start, stop)
        if file.mapped:
            return self._chance.randbytes(size)
        if self._chance.random() < self._odds.files:
            # Its size came to the disk before its end did.
            octets += bytes(max(0, size - len(octets)))
        return bytes(octets)


def _pieces(deed: Deed, tear: int) -> Iterator[tuple[int, int]]:
    """Where a write may be torn: at the sectors of the disk, which are those of the file."""
    start, size = 0, len(deed.payload)
    while start < size:
        stop = min(size, start + tear - (deed.number + start) % tear)
        yield start, stop
        start = stop
    if size == 0:
        yield 0, 0
