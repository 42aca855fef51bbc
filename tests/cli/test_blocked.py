"""``postroom blocked``: addresses are blocked, listed and let go."""

from pathlib import Path

from tests.cli.command import postroom, well


async def test_an_address_is_blocked_listed_and_let_go(home: Path) -> None:
    told = await well("blocked", "add", "Ann@X.example", "--reason", "hard bounce", cwd=home)
    assert told.out == "ann@x.example is blocked: hard bounce\n"
    (row,) = (await well("blocked", "ls", "--json", cwd=home)).json
    assert (row["address"], row["reason"]) == ("ann@x.example", "hard bounce")
    assert (await well("blocked", "rm", "ANN@x.example", cwd=home)).out == "ann@x.example is blocked no more\n"
    assert (await well("blocked", "ls", cwd=home)).out == ""
    none = await postroom("blocked", "rm", "ann@x.example", cwd=home)
    assert (none.code, none.err) == (1, "postroom: ann@x.example is not blocked\n")
