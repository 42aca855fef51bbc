"""``postroom record import``."""

import os
from pathlib import Path

import pytest

from postroom.store import records
from tests.cli.command import postroom, stored, well

CONTACTS = """\
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


async def contacts(home: Path) -> dict[str | None, records.Record]:
    """The contacts of the data directory, by address."""
    found = await stored(home / "data", lambda tx, org: records.page(tx, org.id, "Contacts", limit=1000))
    return {each.email: each for each in found}


async def test_good_lines_are_kept_and_bad_ones_told(home: Path) -> None:
    (home / "c.csv").write_text(CONTACTS)
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


async def test_refused_lines_are_mended_and_imported(home: Path) -> None:
    (home / "c.csv").write_text(CONTACTS)
    words = ("record", "import", "Contacts", "--map", "Given=First_Name")
    done = await postroom(*words, "c.csv", "--refused", "bad.csv", cwd=home)
    assert (done.code, done.out, done.err) == (1, "Contacts: 2 imported, 3 refused\n", "")
    bad = (home / "bad.csv").read_text()
    assert bad.splitlines() == [
        "Given,Last_Name,Email,Email_Opt_Out,Tag,Refused because",
        "Bob,,bob@a.example,no,,Last_Name: is missing",
        "Ann,Second,ANN@a.example,maybe,,Email_Opt_Out: is not of type boolean; Email: an earlier line has it",
        'Dee,Wu,,,,"has 2 values, the first line has 5"',
    ]
    (home / "bad.csv").write_text(bad.replace("Bob,", "Bob,Ba").replace("maybe", "no"))
    again = await postroom(*words, "bad.csv", "--refused", "worse.csv", cwd=home)
    assert again.out == "Contacts: 2 imported, 1 refused\n"
    (first, last) = (home / "worse.csv").read_text().splitlines()
    assert first == bad.splitlines()[0]
    assert last.startswith("Ann,Second,ANN@a.example,no,,Email: record ")
    assert sorted(each.name for each in (await contacts(home)).values()) == ["Ann Li", "Bob Ba", "Cy Ro", "Dee Wu"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("c.csv", "--refused", "./c.csv"), 2, "--refused names the file that is imported"),
        (("c.csv", "--refused", "none/bad.csv"), 1, "none/bad.csv: there is no such folder"),
        (("c.csv", "--delimiter", '"'), 2, "--delimiter is one character"),
        (("pipe",), 1, "pipe is read several times"),
        (("broken.csv",), 1, "line 3 cannot be read: unexpected end of data"),
    ],
)
async def test_what_would_end_badly_is_not_begun(home: Path, words: tuple[str, ...], code: int, said: str) -> None:
    (home / "c.csv").write_text(CONTACTS)
    (home / "broken.csv").write_text('Last_Name\nA\n"B\nC\n')
    os.mkfifo(home / "pipe")
    done = await postroom("record", "import", "Contacts", *words, "--map", "Given=First_Name", cwd=home)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert await contacts(home) == {}


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
