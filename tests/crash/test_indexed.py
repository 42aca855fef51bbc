"""Who brings new records into the index is killed on the way: whatever was answered is found, and once."""

import tempfile
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import msgspec
from bench import disk
from bench.line import Line
from bench.processes import Part
from bench.site import Site, prepare

from postroom.app import open_app
from postroom.record import CONTACTS
from postroom.record.terms import terms
from postroom.store import indexer, records
from postroom.store.db import Tx
from tests.store.indexed import Row, everything

LIVES, BATCHES, SIZE = 4, 3, 60
QUESTIONS = 60  # at the most, before it is killed: together they take longer than all comes into the index


async def test_records_are_found_however_often_the_index_is_cut_short() -> None:
    chance, known = Random(3), list[str]()
    with tempfile.TemporaryDirectory(prefix="postroom-indexed-", dir=disk.folder()) as name:
        folder = Path(name)
        site = await prepare(folder / "data", 25)
        api = Part("api", site.environment(), folder)
        for _ in range(LIVES):
            await api.start()
            line = await Line.open(api.port)
            for _ in range(BATCHES):
                await ask(line, site, "POST", "/Contacts", {"data": [contact(len(known) + n) for n in range(SIZE)]})
                known += [contact(len(known) + n)["Email"] for n in range(SIZE)]
            for _ in range(chance.randrange(QUESTIONS)):
                await look(line, site, chance.choice(known))
            await api.kill()
        async with Part("api", site.environment(), folder) as again:
            line = await Line.open(again.port)
            for email in known[::7]:
                await look(line, site, email)
            line.close()
        async with open_app(site.settings) as app:
            await indexer.finish(app.db)
            there = await app.db.read(lambda tx: compare(tx, site.world.org.id))
    assert sorted(there) == sorted([*known, site.recipient])


def contact(n: int) -> dict[str, str]:
    return {"Last_Name": f"N{n % 17}", "Email": f"c{n}@x.example", "Title": "Head of Law"}


async def look(line: Line, site: Site, email: str) -> None:
    """Exactly one has that address."""
    found = await ask(line, site, "GET", f"/Contacts/search?{urlencode({'email': email})}")
    assert [each["Email"] for each in found["data"]] == [email]


async def ask(line: Line, site: Site, method: str, path: str, body: Any = None) -> Any:
    content = b"" if body is None else msgspec.json.encode(body)
    answer = await line.ask(site.request(method, path, content, "application/json"))
    assert answer.status in (200, 201), answer
    return msgspec.json.decode(answer.body)


def compare(tx: Tx, org_id: int) -> list[str]:
    """The addresses of all contacts, whose terms are the index."""
    found = records.behind(tx, org_id, "Contacts", 0, 10_000)
    expected: list[Row] = [(org_id, *one, each.id) for each in found for one in terms(CONTACTS, each.values)]
    own = {each.id for each in found}
    assert sorted(row for row in everything(tx) if row[-1] in own) == sorted(expected)
    return [each.email or "" for each in found]
