"""The wire's reference, held against what exists: the contract's cases, the calls, the words of refusals."""

import re
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from postroom.errors import Reason
from postroom.record.criteria import Operator
from postroom.web.api.routes import ROUTES
from postroom.web.refusals import ANSWERS
from tests import contract
from tests.contract.case import Case
from tests.docs import existing
from tests.docs.generated import PART
from tests.docs.tables import Row, calls, page, rows

TEXT: Final = PART.sub("", page("docs/reference/wire.md"))
OAUTH: Final = TEXT.partition("\n## 4 ")[2].partition("\n## 5 ")[0]
CASES: Final[list[Case]] = [
    case
    for each in iter_modules(contract.__path__)
    if each.name.startswith("test_")
    for case in import_module(f"{contract.__name__}.{each.name}").CASES
]
# A chapter of which there is a case is shown whole.
CHAPTERS: Final = {case.section.partition(".")[0] for case in CASES}
PARTED: Final = re.findall(r"^### (\d+)\.\d+ ", TEXT, re.MULTILINE)
SECTIONS: Final = [
    section
    for section, chapter in re.findall(r"^##+ ((\d+)(?:\.\d+)?) ", TEXT, re.MULTILINE)
    if chapter in CHAPTERS and (section != chapter or chapter not in PARTED)
]
ROWS: Final = [row for row in rows(TEXT) if row.section in SECTIONS]
# The page says of a row that no call of ours can show it; what is to be shown is the rest.
NOT_SERVED: Final = [row for row in ROWS if row.cells[-1].startswith("not served")]
# Here several rows share a code, and what makes one of them is its text.
BY_TEXT: Final = ("1.4", "1.5", "3.1")


def name(row: Row) -> str:
    return f"{row.section} {row.name}"


def shown(case: Case) -> list[Row]:
    """The rows that a case names: the one called so, or those that begin so."""
    here = [row for row in ROWS if case.row and row.section == case.section]
    return [row for row in here if row.name == case.row] or [row for row in here if row.name.startswith(case.row)]


SHOWN: Final = {case.name: shown(case) for case in CASES}


def test_the_contract_has_its_cases_and_each_is_another() -> None:
    assert len(SHOWN) == len(CASES) >= 750
    assert {"1", "2", "3", "4", "5", "6", "7"} <= CHAPTERS


def test_each_section_has_a_case() -> None:
    assert set(SECTIONS) == {case.section for case in CASES}


def test_each_row_has_a_case_or_says_that_it_is_not_served() -> None:
    served = [row for rows_shown in SHOWN.values() for row in rows_shown]
    assert not [name(row) for row in ROWS if row not in served and row not in NOT_SERVED], "no case"
    assert not [name(row) for row in NOT_SERVED if row in served], "has a case"


def test_what_is_not_served_is_not_there() -> None:
    statuses = {str(wire.status) for wire in ANSWERS.values() if wire is not ANSWERS[Reason.INTERNAL]}
    for row in NOT_SERVED:
        told = " ".join(row.cells[:-1])
        texts = {text for text in re.findall(r"`([^`]+)`", told) if " " in text}
        codes = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", told))
        assert not texts & existing.MESSAGES, name(row)
        assert not codes & existing.CODES or (texts and row.section in BY_TEXT), name(row)
        assert row.name not in statuses, name(row)


def test_each_case_shows_a_section_or_one_row_of_it() -> None:
    assert not [case.name for case in CASES if len(SHOWN[case.name]) != bool(case.row)]


def test_each_operator_of_searches_is_a_row() -> None:
    assert {each.value for each in Operator} <= {row.name for row in ROWS if row.section == "7.4"}


def test_each_parameter_is_named() -> None:
    assert not {param.name for route in ROUTES for param in route.params if not re.search(rf"\b{param.name}\b", TEXT)}


def test_each_call_is_named() -> None:
    named = {*calls(TEXT), *calls(page("docs/compatibility.md"))}
    paths = {call.path for call in named if not call.method}
    assert not {str(call) for call in existing.CALLS if call not in named and call.path not in paths}


def test_each_call_of_the_accounts_server_stands_in_the_list_of_calls() -> None:
    assert not {str(call) for call in existing.AT_ACCOUNTS - set(calls(page("docs/reference/api.md")))}


def test_each_word_of_a_refusal_stands_in_the_section_on_oauth() -> None:
    assert not {word for word in existing.WORDS if f"`{word}`" not in OAUTH and f'"{word}"' not in OAUTH}


def test_each_word_that_the_section_on_oauth_gives_is_said() -> None:
    said = set(re.findall(r'[{,]"error":"([^"]+)"', OAUTH))
    said |= {row.name for row in ROWS if row.section == "4.9"}
    assert len(said) > 6, "the pattern finds nothing"
    assert not said - existing.WORDS
