"""Settings: defaults, the file, the environment, what is given; each mistake is named with its origin."""

from pathlib import Path

import pytest

from postroom.config import Settings, load


def test_each_origin_wins_over_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "postroom.toml"
    file.write_text('port = 1\nhost = "::1"\nlease_seconds = 3\nlog_level = "debug"\n')
    environ = {"POSTROOM_PORT": "2", "POSTROOM_HOST": "127.0.0.2", "HOME": "/"}
    settings = load(file, environ, host="127.0.0.3", data_dir=None)
    assert (settings.log_level, settings.port, settings.host) == ("debug", 2, "127.0.0.3")
    assert settings.lease_seconds == 3.0
    assert settings.data_dir == Settings().data_dir


def test_database_is_a_file_of_the_data_directory_unless_told() -> None:
    assert load(None, {}, data_dir=Path("here")).database_url == "sqlite:///here/postroom.db"
    assert load(None, {"POSTROOM_DATABASE": "postgresql://h/d"}).database_url == "postgresql://h/d"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", "there is no setting 'prot'"),
        ('port = "many"', "port must be a number, not 'many'"),
        ("port = true", "port must be a number, not True"),
        ("host = 7", "host must be text, not 7"),
        ("port = ", "Invalid value"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "postroom.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=words) as error:
        load(file, {})
    assert str(file) in str(error.value)


def test_mistake_in_the_environment_names_the_variable() -> None:
    with pytest.raises(ValueError, match="POSTROOM_PORT: port must be a number"):
        load(None, {"POSTROOM_PORT": "x"})
