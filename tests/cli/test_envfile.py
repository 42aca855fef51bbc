"""Files of variables: a shell reads what we wrote, and we read it back."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.cli import envfile
from postroom.errors import Misconfigured

VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=20)


@settings(max_examples=25, deadline=None)
@given(VALUES)
def test_a_shell_and_we_read_what_was_written(value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.env"
        envfile.write(path, {"POSTROOM_X": value, "POSTROOM_Y": "y"})
        assert envfile.read(path) == {"POSTROOM_X": value, "POSTROOM_Y": "y"}
        script = f'. {path}; printf "%s|%s" "$POSTROOM_X" "$POSTROOM_Y"'
        said = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, check=True).stdout
        assert said.decode() == f"{value}|y"


def test_a_file_is_its_owners_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    path.write_text("OLD=1\n")
    path.chmod(0o644)
    envfile.write(path, {"NEW": "2"})
    assert path.stat().st_mode & 0o777 == 0o600
    assert envfile.read(path) == {"NEW": "2"}
    assert list(tmp_path.iterdir()) == [path]


def test_comments_and_exports_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    path.touch(0o600)
    path.write_text("# a note = no\n\nexport A='b c'\nD=\n")
    assert envfile.read(path) == {"A": "b c", "D": ""}


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        envfile.read(tmp_path / "none.env")
    (tmp_path / "open.env").touch(0o644)
    with pytest.raises(Misconfigured, match=r"open\.env: others can read it .*0644.*; chmod 600 it"):
        envfile.read(tmp_path / "open.env")
    with pytest.raises(Misconfigured, match="No such file"):
        envfile.write(tmp_path / "none" / "some.env", {})
