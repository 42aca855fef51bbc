"""``postroom user``."""

from pathlib import Path

from postroom.access.secrets import verify_password
from postroom.store.tables import account
from tests.cli.command import postroom, stored, well


async def test_users_are_added_and_listed(home: Path) -> None:
    await well("user", "add", "Ada@X.example", "--name", "Ada Byron", "--profile", "Standard", cwd=home)
    first, second = (await well("user", "ls", "--json", cwd=home)).json
    assert first["name"] == "Administrator"
    assert (second["email"], second["name"], second["profile"]) == ("ada@x.example", "Ada Byron", "Standard")
    again = await postroom("user", "add", "ada@x.example", cwd=home)
    assert again.code == 1
    assert again.err == "postroom: ada@x.example is a user already\n"


async def test_a_password_comes_from_stdin_and_is_kept_hashed(home: Path) -> None:
    words = ("user", "password", "admin@localhost")
    assert "is missing: set POSTROOM_USER_PASSWORD" in (await postroom(*words, cwd=home)).err
    done = await well(*words, "--password-stdin", cwd=home, stdin="pass ä word \n")
    assert "ä" not in done.out
    kept = await stored(home / "data", lambda tx, _: tx.execute(account.select()).one().password_hash)
    assert verify_password(kept, "pass ä word ")
