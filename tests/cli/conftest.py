"""A folder in which somebody ran ``postroom init``."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.cli.command import well


@pytest.fixture(scope="session")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one that is copied: making a schema takes a second."""
    folder = tmp_path_factory.mktemp("home")
    asyncio.run(well("init", cwd=folder))
    return folder


@pytest.fixture
def home(first_home: Path, tmp_path: Path) -> Path:
    """A fresh one; the data is in ``data``, where every verb looks for it."""
    shutil.copytree(first_home, tmp_path / "home")
    return tmp_path / "home"
