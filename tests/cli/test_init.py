"""``postroom init`` and ``postroom migrate``."""

from pathlib import Path

from tests.cli.command import postroom, well


async def test_init_asks_nothing_and_says_what_it_made(tmp_path: Path) -> None:
    done = await well("init", cwd=tmp_path)
    assert "admin@localhost" in done.out
    assert "postroom client add --data-dir data" in done.out
    data = tmp_path / "data"
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "keys").stat().st_mode & 0o777 == 0o600
    assert (data / "postroom.db").exists()


async def test_init_takes_names_once(tmp_path: Path) -> None:
    words = ("init", "--data-dir", "d", "--org", "Poole Ltd", "--email", "Mary@Poole.example", "--name", "Mary Poole")
    made = (await well(*words, "--json", cwd=tmp_path)).json
    assert (made["org"], made["user"], made["profile"]) == ("Poole Ltd", "mary@poole.example", "Administrator")
    assert made["data_dir"] == str(tmp_path / "d")
    again = await postroom(*words, cwd=tmp_path)
    assert (again.code, again.out) == (1, "")
    assert "holds an organisation already" in again.err


async def test_a_bad_address_makes_nothing(tmp_path: Path) -> None:
    done = await postroom("init", "--email", "mary", cwd=tmp_path)
    assert done.code == 2
    assert "'mary' is not of the form local@domain" in done.err
    assert not (tmp_path / "data").exists()


async def test_the_verbs_work_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    env = {"POSTROOM_DATABASE": postgres_url}
    assert "nothing to do" in (await well("migrate", cwd=tmp_path, env=env)).out
    assert "holds no organisation" in (await postroom("user", "ls", cwd=tmp_path, env=env)).err
    await well("init", cwd=tmp_path, env=env)
    (user,) = (await well("user", "ls", "--json", cwd=tmp_path, env=env)).json
    assert user["email"] == "admin@localhost"
    assert not (tmp_path / "data" / "postroom.db").exists()


async def test_migrate_makes_the_schema_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    assert "brought up to date" in (await well("migrate", cwd=tmp_path)).out
    assert "nothing to do" in (await well("migrate", cwd=tmp_path)).out
