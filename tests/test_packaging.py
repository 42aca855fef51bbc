"""The built wheel is the whole program: installed apart from this checkout, it starts and makes its schema."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.cli.command import environment
from tests.shape.source import ROOT


def run(*words: str | Path, cwd: Path) -> str:
    """Run a command that must work; what it says."""
    done = subprocess.run(words, cwd=cwd, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_what_the_package_holds(wheel: Path) -> None:
    package = ROOT / "src" / "postroom"
    files = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("postroom/")}
    assert held == {f"postroom/{path.relative_to(package).as_posix()}" for path in files}


def test_the_wheel_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    # The locked packages are those of this environment; a .pth adds them and, unlike it, no checkout.
    (site / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    words = ("install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", wheel)
    run(sys.executable, "-m", "pip", "--python", python, *words, cwd=tmp_path)
    assert run(python, "-c", "import postroom; print(postroom.__file__)", cwd=tmp_path).startswith(str(site))
    command = home / "bin" / "postroom"
    assert "Commands:" in run(command, "--help", cwd=tmp_path)
    assert "brought up to date" in run(command, "migrate", "--data-dir", "data", cwd=tmp_path)
    assert (tmp_path / "data" / "postroom.db").exists()
