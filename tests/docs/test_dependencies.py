"""Each dependency has its reason, and no reason is left of one that went."""

import re
import tomllib

from tests.shape.source import ROOT


def _named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", each, maxsplit=1)[0] for each in requirements}


def _rows(heading: str) -> set[str]:
    text = (ROOT / "docs/decisions/0003-dependencies.md").read_text(encoding="utf-8")
    part = text.partition(f"## {heading}\n")[2].partition("\n#")[0]
    cells = re.findall(r"^\| (?!package )([a-z][\w, -]*?) \| ", part, re.MULTILINE)
    return {name for cell in cells for name in cell.split(", ")}


def test_each_dependency_at_run_time_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert _named(project["dependencies"]) == _rows("At run time")


def test_each_dependency_for_working_on_it_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert _named(project["optional-dependencies"]["dev"]) == _rows("For working on it")
