"""Budgets: nothing grows past what can be read in one sitting, and the typical file and function stay small."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.shape.exemptions import LONG_FUNCTIONS, MANY_ARGUMENTS
from tests.shape.source import Function, length, modules, product

LONGEST_FILE: Final = 500
LONGEST_FUNCTION: Final = 60
MOST_ARGUMENTS: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """Lines. A ratchet: the numbers may go down, not up."""

    median: int
    p90: int


FILES: Final = Budget(median=140, p90=350)
FUNCTIONS: Final = Budget(median=8, p90=30)


def test_no_file_is_longer_than_can_be_read() -> None:
    long = {
        module.path: module.lines
        for folder in ("src", "tests", "bench")
        for module in modules(folder)
        if module.lines > LONGEST_FILE
    }
    assert not long, "split by noun"


def test_no_function_is_longer_than_a_page() -> None:
    long = {
        f"{module.path}: {name}": length(function)
        for module in product()
        for name, function in module.functions()
        if length(function) > LONGEST_FUNCTION
    }
    assert long.keys() == LONG_FUNCTIONS.keys(), f"a noun is missing: {long}"


def test_no_function_takes_more_than_five_positional_arguments() -> None:
    many = {
        f"{module.path}: {name}"
        for module in product()
        for name, function in module.functions()
        if _positional(function) > MOST_ARGUMENTS
    }
    assert many == MANY_ARGUMENTS.keys()


def test_the_typical_file_stays_small() -> None:
    _within(FILES, [module.lines for module in product()])


def test_the_typical_function_stays_small() -> None:
    _within(FUNCTIONS, [length(function) for module in product() for _, function in module.functions()])


def _within(budget: Budget, lines: Sequence[int]) -> None:
    ranked = sorted(lines)
    found = Budget(median=ranked[len(ranked) // 2], p90=ranked[len(ranked) * 9 // 10])
    assert found.median <= budget.median, found
    assert found.p90 <= budget.p90, found


def _positional(function: Function) -> int:
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))
