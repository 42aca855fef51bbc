"""What an import does with a file, and with one that it, or another, has begun before."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from sqlalchemy import select

from postroom.app import App, open_app
from postroom.cli import importing
from postroom.cli.csvfile import Sheet
from postroom.cli.importing import Summary
from postroom.cli.taking import Errand, Keeper, Rehearsal
from postroom.config import Settings
from postroom.record import CONTACTS
from postroom.store.tables import import_, record, refused_line
from tests.world import World, found

LONG = ["Last_Name,Email", *(f"N{n},n{n}@a.example" for n in range(2, 602)), "Late,N2@a.example", ",n9@b.example"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """An organisation whose contacts are imported."""

    app: App
    world: World

    def errand(self, *lines: str, again: bool = False) -> Errand:
        octets = io.BytesIO("\n".join(lines).encode())
        sheet = Sheet(octets, delimiter=",", names={}, module=CONTACTS)
        return Errand(app=self.app, user=self.world.user, sheet=sheet, again=again)

    async def keep(self, *lines: str, again: bool = False) -> Summary:
        errand = self.errand(*lines, again=again)
        return await importing.run(Keeper(errand), errand.sheet, "a.csv")

    async def rehearse(self, *lines: str, again: bool = False) -> Summary:
        errand = self.errand(*lines, again=again)
        return await importing.run(Rehearsal(errand), errand.sheet, "a.csv")

    async def names(self) -> list[str]:
        kept = select(record.c.name).where(record.c.module == "Contacts", record.c.id != self.world.contact.id)
        return sorted(await self.app.db.read(lambda tx: tx.execute(kept).scalars().all()))

    async def stored(self) -> int:
        """How many rows the imports have."""
        both = (select(import_.c.id), select(refused_line.c.line))
        return await self.app.db.read(lambda tx: sum(len(tx.execute(each).all()) for each in both))


@asynccontextmanager
async def desk(url: str, folder: Path) -> AsyncIterator[Desk]:
    async with open_app(Settings(data_dir=folder / "data", database=url)) as app:
        yield Desk(app=app, world=await app.db.write(found))


async def begun(desk: Desk, lines: int, *file: str) -> None:
    """Import a file as far as the batch that holds so many lines, and no further."""
    errand = desk.errand(*file)
    way = Keeper(errand)
    await way.begin()
    await way.take(list(errand.sheet.lines())[:lines])


async def test_what_is_imported_stays_so_unless_asked(database_url: str, tmp_path: Path) -> None:
    file = ("Last_Name", "A", "B")
    async with desk(database_url, tmp_path) as at:
        first = await at.keep(*file)
        assert (first.sentence(), first.already) == ("Contacts: 2 imported, 0 refused", False)
        for once_more in (at.keep, at.rehearse):
            done = await once_more(*file)
            assert done.already
            assert done.sentence().startswith("Contacts: this file is imported already (2")
            assert done.sentence().endswith("Z): 2 imported, 0 refused; --again imports it once more")
        assert await at.names() == ["A", "B"]
        assert (await at.rehearse(*file, again=True)).sentence() == "Contacts: 2 would be imported, 0 refused"
        assert (await at.keep(*file, again=True)).as_object() == {
            "module": "Contacts",
            "dry_run": False,
            "already": False,
            "resumed_after": None,
            "imported": 2,
            "refused": [],
        }
        assert await at.names() == ["A", "A", "B", "B"]
        assert await at.stored() == 1


async def test_again_goes_on_with_what_was_interrupted(database_url: str, tmp_path: Path) -> None:
    file = ("Last_Name", "A", "", "B", "C")
    async with desk(database_url, tmp_path) as at:
        await begun(at, 2, *file)
        done = await at.keep(*file, again=True)
        assert (done.resumed_after, done.standing.imported) == (4, 3)
        assert await at.names() == ["A", "B", "C"]


async def test_a_rehearsal_says_what_the_import_will_and_writes_nothing(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as at:
        tried = await at.rehearse(*LONG)
        assert (await at.names(), await at.stored()) == ([], 0)
        assert [(each.line, each.reason) for each in tried.refused] == [
            (602, "Email: an earlier line has it"),
            (603, "Last_Name: is missing"),
        ]
        await begun(at, 300, *LONG)
        rest = await at.rehearse(*LONG)
        assert (rest.resumed_after, rest.standing.imported) == (301, 600)
        # Only now a record has the address.
        assert [each.line for each in rest.refused] == [602, 603]
        done = await at.keep(*LONG)
        assert (done.standing.imported, done.refused) == (600, rest.refused)
        assert (await at.rehearse(*LONG)).refused == done.refused


async def test_of_two_who_stand_at_one_line_one_goes_on(database_url: str, tmp_path: Path) -> None:
    file = ("Last_Name", "A", "B", "C", "", "D")
    async with desk(database_url, tmp_path) as at:
        one, other = (Keeper(at.errand(*file)) for _ in range(2))
        lines = list(at.errand(*file).sheet.lines())
        await one.begin()
        await other.begin()
        await one.take(lines[:2])
        for late in (other.take(lines[:1]), other.take(lines[:2]), other.finish()):
            with pytest.raises(click.ClickException, match="another command imports this file, and is beyond line 0"):
                await late
        await one.take(lines[2:])
        await one.finish()
        assert await at.names() == ["A", "B", "C", "D"]


async def test_the_same_file_for_another_organisation_is_another_import(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as at:
        await at.keep("Last_Name", "A")
        other = Desk(app=at.app, world=await at.app.db.write(lambda tx: found(tx, 2)))
        assert not (await other.keep("Last_Name", "A")).already
