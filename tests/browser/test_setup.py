"""``make test`` has a browser, or says in one line why not (requirements/browser.sh)."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.shape.source import ROOT

# What the script itself is made of; whatever else a machine has, these machines have not.
TOOLS = ("sh", "env")
INSTALLS = (
    '#!/bin/sh\necho "$@" >>"$0.asked"\ncase "$1" in install) ln -s /bin/true "$(dirname "$0")/chromium" ;; esac\n'
)


def machine(folder: Path, programs: dict[str, str]) -> Path:
    """A folder for PATH, with these programs and hardly any other."""
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def run(path: Path, tmp_path: Path, **environ: str) -> tuple[int, str]:
    """The script's status and what it says, on a machine with that PATH."""
    done = subprocess.run(
        ["sh", ROOT / "requirements" / "browser.sh", tmp_path / "browser.log"],
        env={"PATH": str(path), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.fixture
def root() -> dict[str, str]:
    """On Debian, as root, with packages to be had."""
    return {"id": "#!/bin/sh\necho 0\n", "apt-get": INSTALLS, "dirname": shell("dirname"), "ln": shell("ln")}


def shell(name: str) -> str:
    """A program of this machine."""
    return f'#!/bin/sh\nexec {shutil.which(name)} "$@"\n'


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_there_is_enough(name: str, tmp_path: Path) -> None:
    assert run(machine(tmp_path / "bin", {name: "#!/bin/sh\n"}), tmp_path) == (0, "")


def test_a_browser_may_be_named(tmp_path: Path) -> None:
    path = machine(tmp_path / "bin", {})
    assert run(path, tmp_path, CHROMIUM=str(path / "sh")) == (0, "")
    wrong = (1, "postroom: CHROMIUM is /no/browser, which is no program\n")
    assert run(path, tmp_path, CHROMIUM="/no/browser") == wrong


def test_root_has_debians(root: dict[str, str], tmp_path: Path) -> None:
    path = machine(tmp_path / "bin", root)
    assert run(path, tmp_path, CI="true") == (0, "postroom: installing Debian's chromium\n")
    asked = (path / "apt-get.asked").read_text().splitlines()
    assert asked == ["update", "install -y --no-install-recommends chromium"]
    assert run(path, tmp_path) == (0, ""), "the second time it is there"


def test_who_may_use_sudo_has_it_too(root: dict[str, str], tmp_path: Path) -> None:
    others = {"id": "#!/bin/sh\necho 1000\n", "sudo": '#!/bin/sh\n[ "$1" = -n ] && shift && exec "$@"\n'}
    path = machine(tmp_path / "bin", {**root, **others, "true": "#!/bin/sh\n"})
    assert run(path, tmp_path) == (0, "postroom: installing Debian's chromium\n")
    assert (path / "chromium").exists()


def test_without_root_the_tests_are_skipped_but_not_where_they_decide(root: dict[str, str], tmp_path: Path) -> None:
    path = machine(tmp_path / "bin", {**root, "id": "#!/bin/sh\necho 1000\n"})
    why = "postroom: there is no Chromium, and only root may install it: apt-get install chromium; "
    assert run(path, tmp_path) == (0, why + "the browser tests are skipped\n")
    assert run(path, tmp_path, CI="true") == (1, why + "under CI the browser tests must run\n")
    assert not (path / "apt-get.asked").exists()


def test_where_it_cannot_be_had_the_log_says_why(root: dict[str, str], tmp_path: Path) -> None:
    fails = '#!/bin/sh\necho "E: no $1 today" >&2\nexit 100\n'
    path = machine(tmp_path / "bin", {**root, "apt-get": fails})
    status, said = run(path, tmp_path)
    assert (status, said.splitlines()[1:]) == (
        0,
        [f"postroom: Debian's chromium could not be installed; {tmp_path}/browser.log has the details; "
         "the browser tests are skipped"],
    )  # fmt: skip
    assert (tmp_path / "browser.log").read_text() == "E: no update today\nE: no install today\n"
    assert run(path, tmp_path, CI="true")[0] == 1


def test_where_there_are_no_packages_somebody_has_to_bring_one(tmp_path: Path) -> None:
    status, said = run(machine(tmp_path / "bin", {}), tmp_path)
    assert status == 0
    assert said == (
        "postroom: there is no Chromium; install one, or name it: make CHROMIUM=/path/to/it test; "
        "the browser tests are skipped\n"
    )
