"""``postroom user``."""

from functools import partial
from pathlib import Path

from sqlalchemy import select

from postroom.access.secrets import verify_password
from postroom.store import accounts
from postroom.store.accounts import Account, Session
from postroom.store.db import Database, Tx
from postroom.store.orgs import Org
from postroom.store.tables import session
from tests.cli.command import postroom, stored, well
from tests.world import NOW

PASSWORD = "correct hörse battery \n"
ADMIN = "admin@localhost"


async def test_users_are_added_and_listed(home: Path) -> None:
    await well("user", "add", "Ada@X.example", "--name", "Ada Byron", "--profile", "Standard", cwd=home)
    first, second = (await well("user", "ls", "--json", cwd=home)).json
    assert first["name"] == "Administrator"
    assert (second["email"], second["name"], second["profile"]) == ("ada@x.example", "Ada Byron", "Standard")
    assert (second["active"], second["signs_in"]) == ("yes", "no password")
    again = await postroom("user", "add", "ada@x.example", cwd=home)
    assert again.code == 1
    assert again.err == "postroom: ada@x.example is a user already\n"


async def test_a_password_comes_from_stdin_and_is_kept_hashed(home: Path) -> None:
    words = ("user", "password", ADMIN)
    assert "is missing: set POSTROOM_USER_PASSWORD" in (await postroom(*words, cwd=home)).err
    short = await postroom(*words, "--password-stdin", cwd=home, stdin="fourteen chars\n")
    assert (short.code, short.err) == (1, "postroom: the password is too short: it needs 15 characters or more\n")
    done = await well(*words, "--password-stdin", cwd=home, stdin=PASSWORD)
    assert "ö" not in done.out
    kept = await _account(home, ADMIN)
    assert kept is not None
    assert verify_password(kept.password_hash or "", PASSWORD.rstrip("\n"))
    (listed,) = (await well("user", "ls", "--json", cwd=home)).json
    assert listed["signs_in"] == "here"


async def test_a_user_is_disabled_in_one_organisation_and_signed_out_with_the_last(home: Path) -> None:
    await well("org", "add", "Second", "--email", ADMIN, cwd=home)
    await well("user", "password", ADMIN, "--password-stdin", cwd=home, stdin=PASSWORD)
    await _sign_in(home, ADMIN)
    await well("user", "disable", ADMIN, "--org", "Second", cwd=home)
    assert await _browsers(home) == 1
    assert [each["active"] for each in (await well("user", "ls", "--json", cwd=home)).json] == ["yes"]
    await well("user", "disable", ADMIN, cwd=home)
    assert await _browsers(home) == 0
    assert [each["active"] for each in (await well("user", "ls", "--json", cwd=home)).json] == ["no"]
    await well("user", "enable", ADMIN, cwd=home)
    await well("user", "profile", ADMIN, "Standard", cwd=home)
    (listed,) = (await well("user", "ls", "--json", cwd=home)).json
    assert (listed["active"], listed["profile"], listed["signs_in"]) == ("yes", "Standard", "here")
    unknown = await postroom("user", "disable", "bob@x.example", cwd=home)
    assert (unknown.code, unknown.err) == (1, "postroom: there is no user bob@x.example; see: postroom user ls\n")


async def test_somebody_lives_at_another_centre_and_comes_back(home: Path) -> None:
    (home / "postroom.toml").write_text(
        "data_centers = 'eu=https://mail.x.example cn=https://mail.y.example'\n", encoding="utf-8"
    )
    words = ("user", "elsewhere", ADMIN, "--data-center")
    await well("user", "password", ADMIN, "--password-stdin", cwd=home, stdin=PASSWORD)
    await well(*words, "us", cwd=home)
    at_home = await _account(home, ADMIN)
    assert at_home is not None
    assert at_home.password_hash is not None
    await _sign_in(home, ADMIN)

    assert (await well(*words, "eu", cwd=home)).out == "admin@localhost signs in at eu\n"
    assert await _browsers(home) == 0
    away = await _account(home, ADMIN)
    assert away is not None
    assert (away.data_center, away.password_hash) == ("eu", None)
    assert [each["signs_in"] for each in (await well("user", "ls", "--json", cwd=home)).json] == ["eu"]
    settled = await postroom("user", "password", ADMIN, "--password-stdin", cwd=home, stdin=PASSWORD)
    assert settled.err == "postroom: admin@localhost signs in at eu; see: postroom user elsewhere\n"
    # Nobody knows of a centre that no setting names, and nobody is sent to China (W 4.12).
    for name in ("jp", "cn"):
        done = await postroom(*words, name, cwd=home)
        assert (done.code, done.err) == (1, f"postroom: from us nobody is sent on to {name}; data_centers has: eu\n")

    assert (await well(*words, "us", cwd=home)).out == "admin@localhost signs in here\n"
    back = await _account(home, ADMIN)
    assert back is not None
    assert back.data_center is None
    # Somebody who is no user here may live elsewhere, too.
    await well("user", "elsewhere", "Maria@x.example", "--data-center", "eu", cwd=home)
    maria = await _account(home, "maria@x.example")
    assert maria is not None
    assert maria.data_center == "eu"


async def _account(home: Path, email: str) -> Account | None:
    return await stored(home / "data", lambda tx, _: accounts.find(tx, email))


async def _browsers(home: Path) -> int:
    def count(tx: Tx, _: Org) -> int:
        return len(tx.execute(select(session.c.hash)).all())

    return await stored(home / "data", count)


async def _sign_in(home: Path, email: str) -> None:
    db = Database(f"sqlite:///{home}/data/postroom.db")
    new = Session(hash=b"x", email=email, created_at=NOW, expires_at=NOW + 1)
    await db.write(partial(accounts.open_session, new=new))
    await db.close()
