"""Every link between documents leads somewhere, to its heading too."""

import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.shape.source import ROOT

LINK: Final = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)|(?:src|srcset|href)=\"(?!\w+:)([^\"#]+)\"")
DOCUMENTS: Final = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target, heading, source in LINK.findall(text):
        file = (path.parent / (target or source)).resolve() if target or source else path
        assert file.exists(), f"{document}: {target or source}"
        if heading:
            assert heading in _headings(file), f"{document}: {target}#{heading}"


@cache
def _headings(path: Path) -> set[str]:
    """The anchors that a forge makes of headings."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in found}
