"""The table of differences and extensions, held against the routes, codes, settings and commands that exist."""

import re
from typing import Final

import click

from tests.docs import existing
from tests.docs.generated import PART
from tests.docs.tables import Row, calls, page, rows

TABLE: Final = [*rows(page("docs/compatibility.md"))]
OURS: Final = [row for row in TABLE if row.cells[0] != "not yet"]
MISSING: Final = [row for row in TABLE if row.cells[0] == "not yet"]
WIRE: Final = PART.sub("", page("docs/reference/wire.md"))

# A code has two words at least: HEAD and POST are none.
CODE: Final = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)`")
WORD: Final = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
COMMAND: Final = re.compile(r"`(postroom(?: [a-z]+)*)(?: (--[a-z-]+))?`")


def name(row: Row) -> str:
    return f"{row.cells[0]}: {row.cells[1]}"


def test_each_row_is_of_a_kind_that_is_explained() -> None:
    kinds = re.findall(r"^\* \*\*([\w ]+)\*\*: ", page("docs/compatibility.md"), re.MULTILINE)
    assert {row.cells[0] for row in TABLE} == set(kinds)


def test_each_row_is_there_once() -> None:
    assert len({name(row) for row in TABLE}) == len(TABLE)


def test_it_names_sections_of_the_wire() -> None:
    sections = set(re.findall(r"^##+ (\d+(?:\.\d+)?) ", WIRE, re.MULTILINE))
    for row in TABLE:
        named = re.findall(r"\d+(?:\.\d+)?", row.cells[3])
        assert named or row.cells[3] == "–", name(row)
        assert not set(named) - sections, name(row)


def test_what_a_row_names_exists() -> None:
    # The rest are keys, which the wire has.
    words = existing.WORDS | existing.SETTINGS | set(re.findall(r"\w+", WIRE))
    for row in OURS:
        said = " ".join(row.cells[1:3])
        assert not [str(call) for call in calls(said) if not existing.has(call)], name(row)
        assert not set(CODE.findall(said)) - existing.CODES, name(row)
        assert not set(WORD.findall(said)) - words, name(row)
        assert not [each for each in COMMAND.findall(said) if not runs(*each)], name(row)


def runs(words: str, option: str) -> bool:
    """Whether there is a command of these words, and it has the option where one is named."""
    command = existing.command(words)
    if command is None:
        return False
    options = {each for param in command.params if isinstance(param, click.Option) for each in param.opts}
    return not option or option in options


def test_what_is_not_yet_there_is_not_there() -> None:
    for row in MISSING:
        said = " ".join(row.cells[1:3])
        assert not [str(call) for call in calls(said) if existing.has(call)], name(row)
        assert not set(CODE.findall(said)) & existing.CODES, name(row)


def test_each_call_that_no_source_knows_is_told() -> None:
    # What the sources know stands in the wire's reference before the sentences that are ours.
    theirs = {call.path for call in calls(re.sub(r"\*\*Postroom:\*\*.*?(?=\n\n|\Z)", "", WIRE, flags=re.DOTALL))}
    told = {call.path for row in OURS for call in calls(row.cells[2])}
    assert not {call.path for call in existing.CALLS} - theirs - told


def test_each_code_message_and_word_that_no_source_knows_is_told() -> None:
    told = WIRE + "\n".join(row.cells[2] for row in OURS)
    for named in (existing.CODES, existing.MESSAGES, existing.WORDS):
        assert not {each for each in named if f"`{each}`" not in told and f'"{each}"' not in told}
