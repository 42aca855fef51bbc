"""``postroom record import``."""

from pathlib import Path

from postroom.record import CONTACTS
from postroom.store import finding
from postroom.store.db import Tx
from postroom.store.finding import Found, Question
from postroom.store.orgs import Org
from postroom.store.records import Record
from tests.cli.command import postroom, stored, well

LINES = """\
Given,Last_Name,Email,Email_Opt_Out,Tag
Ann,Li,ann@a.example,no,a;b
Bob,,bob@a.example,no,
Ann,Second,ANN@a.example,maybe,

Cy,Ro,cy@a.example,yes,
Dee,Wu
"""
REFUSED = [
    (3, "Last_Name: is missing"),
    (4, "Email_Opt_Out: is not of type boolean; Email: an earlier line has it"),
    (7, "has 2 values, the first line has 5"),
]


async def contacts(home: Path) -> dict[str | None, Record]:
    """The contacts of the data directory, by address."""

    def read(tx: Tx, org: Org) -> list[Found]:
        return finding.find(tx, Question(org_id=org.id, module=CONTACTS, limit=1000))

    found = await stored(home / "data", read)
    return {each.record.email: each.record for each in found}


async def test_good_lines_are_kept_and_bad_ones_told(home: Path) -> None:
    (home / "c.csv").write_text(LINES)
    words = ("record", "import", "Contacts", "c.csv", "--map", "Given=First_Name")
    tried = await postroom(*words, "--dry-run", "--json", cwd=home)
    assert tried.code == 1
    assert (tried.json["imported"], tried.json["dry_run"]) == (2, True)
    assert [(each["line"], each["reason"]) for each in tried.json["refused"]] == REFUSED
    assert await contacts(home) == {}

    done = await postroom(*words, cwd=home)
    assert (done.code, done.out) == (1, "Contacts: 2 imported, 3 refused\n")
    assert done.err.splitlines() == [f"c.csv:{line}: {reason}" for line, reason in REFUSED]
    kept = await contacts(home)
    assert kept.keys() == {"ann@a.example", "cy@a.example"}
    assert (kept["ann@a.example"].name, kept["ann@a.example"].fields["Tag"]) == ("Ann Li", ["a", "b"])
    assert kept["cy@a.example"].opted_out


async def test_a_rehearsal_and_the_import_agree_beyond_one_batch(home: Path) -> None:
    rows = [f"N{n},n{n % 149}@a.example" for n in range(150)]
    (home / "many.csv").write_text("\n".join(["Last_Name,Email", *rows, ""]))
    words = ("record", "import", "Contacts", "many.csv", "--json")
    tried = (await postroom(*words, "--dry-run", cwd=home)).json
    done = (await postroom(*words, cwd=home)).json
    assert tried["imported"] == done["imported"] == 149
    assert [each["line"] for each in tried["refused"]] == [each["line"] for each in done["refused"]] == [151]
    assert len(await contacts(home)) == 149


async def test_lookups_lead_to_records(home: Path) -> None:
    (home / "a.csv").write_text("Account_Name\nPoole & Daughters\n")
    await well("record", "import", "Accounts", "a.csv", cwd=home)
    (home / "d.csv").write_text("Deal_Name;Stage;Amount;Account_Name\nFirst;Closed Won;12.5;12345\n")
    done = await postroom("record", "import", "Pipelines", "d.csv", "--delimiter", ";", cwd=home)
    assert done.err == "d.csv:2: Account_Name: leads to nothing\n"


async def test_a_first_line_of_strangers_is_one_line(home: Path) -> None:
    (home / "c.csv").write_text("Name\nA\n")
    done = await postroom("record", "import", "Contacts", "c.csv", cwd=home)
    assert done.code == 1
    assert done.err == "postroom: Contacts has no field 'Name'; say what it is with --map\n"
