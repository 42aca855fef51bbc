"""The project's own source, read and parsed once: what the rules of this room are held against."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One file of Python. ``path`` is relative to the project, with slashes."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """What it says, parsed when somebody looks: most look at the text alone."""
        return _parsed(self.text)

    @property
    def lines(self) -> int:
        """How long the file is."""
        return self.text.count("\n")

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function, however deep, with its dotted name."""
        yield from _functions(self.tree, "")


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def modules(folder: str) -> tuple[Module, ...]:
    """Every Python file below ``folder``."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Module(path=path.relative_to(ROOT).as_posix(), text=text))
    return tuple(found)


def product() -> tuple[Module, ...]:
    """The package. Migrations are left out of budgets: each is a finished page of history."""
    return tuple(module for module in modules("src/postroom") if "/migrations/" not in module.path)


@cache
def texts() -> dict[str, str]:
    """Every text file that belongs to the project, by its path."""
    folders = (".ci", "bench", "docs", "requirements", "src", "tests")
    below = (path for folder in folders for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts)
    found = {}
    for path in sorted(path for path in (*ROOT.iterdir(), *below) if path.is_file()):
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def length(function: Function) -> int:
    """Lines from ``def`` to the last, decorators left out."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            if isinstance(child, Function):
                yield f"{prefix}{child.name}", child
            yield from _functions(child, f"{prefix}{child.name}.")
        else:
            yield from _functions(child, prefix)
