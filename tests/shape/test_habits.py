"""Habits that a reader relies on everywhere: names, docstrings, where imports and broad catches may stand."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.shape.exemptions import CATCHES_ALL
from tests.shape.source import Function, Module, modules, product, texts

EMPTY_NAMES: Final = {"util", "utils", "helper", "helpers", "common", "manager", "base", "misc"}
LATER: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MOCKS: Final = re.compile(r"Mock\(|monkeypatch\.setattr|mock\.patch")
MOCKS_PER_THOUSAND_LINES: Final = 2


def test_imports_stand_at_the_top_but_for_the_command_line() -> None:
    inside = {
        f"{module.path}:{statement.lineno}"
        for module in product()
        if "/cli/" not in module.path
        for _, function in module.functions()
        for statement in ast.walk(function)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    }
    assert not inside, "a cycle, or a wish for speed: say which in a decision record"


def test_names_say_what_a_thing_is() -> None:
    empty = set()
    for module in modules("src/postroom"):
        parts = module.path.removesuffix(".py").split("/")
        classes = [node.name for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
        words = {word.lower() for name in (*parts, *classes) for word in re.findall(r"[A-Z]?[a-z]+\d*", name)}
        empty |= {f"{module.path}: {word}" for word in words & EMPTY_NAMES}
    assert not empty


def test_nothing_is_left_for_later() -> None:
    later = {
        f"{module.path}:{n}"
        for folder in ("src", "tests", "bench")
        for module in modules(folder)
        if module.path != "tests/shape/test_habits.py"
        for n, line in enumerate(module.text.splitlines(), start=1)
        if LATER.search(line)
    }
    assert not later


def test_what_is_public_says_what_it_does() -> None:
    silent = {f"{module.path}: {name}" for module in modules("src/postroom") for name in _undocumented(module)}
    assert not silent


def test_who_catches_everything_says_why() -> None:
    catching = {
        f"{module.path}: {name}"
        for module in product()
        for name, function in module.functions()
        for node in _own_nodes(function)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _raises(node)
    }
    assert catching == CATCHES_ALL.keys()


def test_tests_wait_for_signals() -> None:
    asleep = {
        f"{module.path}:{node.lineno}"
        for module in modules("tests")
        for node in ast.walk(ast.parse(module.text))
        if isinstance(node, ast.Call) and _sleeps(node)
    }
    assert not asleep


def test_tests_meet_real_peers() -> None:
    lines = sum(module.lines for module in modules("tests"))
    mocks = sum(len(MOCKS.findall(text)) for path, text in texts().items() if path.startswith("tests/"))
    assert mocks * 1000 <= lines * MOCKS_PER_THOUSAND_LINES, f"{mocks} mocks in {lines} lines"


def _undocumented(module: Module) -> Iterator[str]:
    if module.text.strip() and ast.get_docstring(module.tree) is None:
        yield "the module"
    for node in module.tree.body:
        if isinstance(node, Function | ast.ClassDef) and node.name[0] != "_" and ast.get_docstring(node) is None:
            yield node.name


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """What stands in the function itself, not in functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function):
            waiting.extend(ast.iter_child_nodes(node))


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(names & {"Exception", "BaseException"})


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for statement in handler.body for node in ast.walk(statement))


def _sleeps(call: ast.Call) -> bool:
    """``time.sleep(…)``, ``asyncio.sleep(…)`` and the like; ``sleep(0)`` only lets others run."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    return name == "sleep" and given != 0
