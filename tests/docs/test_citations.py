"""What the source cites exists: sections of the wire reference, and standards in the list of standards."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

import pytest

from tests.shape.source import ROOT, modules

WIRE: Final = re.compile(r"\bW (\d+(?:\.\d+)?)(?:(?:,| and| to) (\d+(?:\.\d+)?))*|wire reference (\d+(?:\.\d+)?)")
RFC: Final = re.compile(r"RFC (\d{4})")
ROW: Final = re.compile(r"^\| (\d{4}) \| [^|]+ \| (yes|partial|no) \| ", re.MULTILINE)


@cache
def _source() -> str:
    return "\n".join(module.text for module in modules("src"))


@cache
def _listed() -> Mapping[str, str]:
    return dict(ROW.findall((ROOT / "docs/rfc.md").read_text(encoding="utf-8")))


def test_each_section_cited_stands_in_the_wire_reference() -> None:
    wire = (ROOT / "docs/reference/wire.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^##+ (\d+(?:\.\d+)?) ", wire, re.MULTILINE))
    cited = {
        number
        for folder in ("src", "tests")
        for module in modules(folder)
        for found in WIRE.finditer(module.text)
        for number in re.findall(r"\d+(?:\.\d+)?", found[0])
    }
    assert cited, "the pattern finds nothing"
    assert not cited - sections


def test_each_standard_cited_is_listed() -> None:
    assert not set(RFC.findall(_source())) - _listed().keys()


def test_each_standard_obeyed_is_cited() -> None:
    obeyed = {number for number, how in _listed().items() if how != "no"}
    assert not obeyed - set(RFC.findall(_source()))


def test_the_list_is_honest() -> None:
    assert "no" in _listed().values()


@pytest.mark.parametrize("number", ["5321", "5322", "2045", "6749"])
def test_the_standards_that_carry_the_program_are_there(number: str) -> None:
    assert number in _listed()


def test_no_document_is_cited_that_is_not_here() -> None:
    foreign = re.compile(r"(?<!oauth-)\b(?:clients|bigin-api|performance|style)\.md")
    citing = {
        module.path for folder in ("src", "tests", "bench") for module in modules(folder) if foreign.search(module.text)
    }
    assert not citing - {"tests/docs/test_citations.py"}
