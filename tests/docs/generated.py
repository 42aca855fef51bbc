"""The parts of the documents that are made from the code.

A part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``. ``python -m tests.docs.generated`` writes all
of them anew; ``test_generated.py`` fails where one differs from what the code says today.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import click

from postroom.access.scope import Need
from postroom.cli.main import postroom
from postroom.config import sentences
from postroom.mail.life import FINAL, MOVES, State
from postroom.web.refusals import ANSWERS
from postroom.web.server import ROUTES
from tests.shape.source import ROOT

PART: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def settings() -> str:
    """Each setting with its variable, default and sentence."""
    rows = [
        (f"`{name}`", f"`POSTROOM_{name.upper()}`", f"`{default}`" if str(default) else "empty", sentence)
        for name, (default, sentence) in sentences().items()
    ]
    return _table(("setting", "variable", "default", "meaning"), rows)


def life() -> str:
    """The states of a mail and the moves between them."""
    starts = [f"    [*] --> {state.value}" for state in (State.SCHEDULED, State.QUEUED)]
    moves = [
        f"    {origin.value} --> {target.value}" for origin in State for target in State if target in MOVES[origin]
    ]
    ends = [f"    {state.value} --> [*]" for state in State if state in FINAL]
    return "\n".join(["```mermaid", "stateDiagram-v2", *starts, *moves, *ends, "```"])


def verbs() -> str:
    """Every verb of the command line with its arguments and options."""
    return "\n".join(_verb(postroom, "postroom")).strip()


def routes() -> str:
    """Every route with its method, what a token must allow, and what the handler says of itself."""
    rows = [
        (
            f"`{each.method} {each.template}`",
            " and ".join(f"`{_scope(need)}`" for need in each.needs),
            _first_sentence(each.handler.__doc__),
        )
        for each in sorted(ROUTES, key=lambda each: each.template)
    ]
    return _table(("call", "needs", "does"), rows)


def refusals() -> str:
    """Every reason of a refusal with its status, code and message."""
    rows = [
        (f"`{reason.name}`", str(wire.status), f"`{wire.code}`", f"`{wire.message}`")
        for reason, wire in ANSWERS.items()
    ]
    return _table(("reason", "HTTP", "code", "message"), rows)


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/settings.md": settings,
    "docs/reference/life.md": life,
    "docs/reference/cli.md": verbs,
    "docs/reference/api.md": routes,
    "docs/reference/wire.md": refusals,
}


def with_part(path: str) -> tuple[str, str]:
    """The document as it is, and as it should be."""
    text = (ROOT / path).read_text(encoding="utf-8")
    make = PARTS[path]
    return text, PART.sub(lambda found: f"{found[1]}{make()}\n{found[3]}", text)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    rules = ("---",) * len(heads)
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in (heads, rules, *rows)
    )


def _first_sentence(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").replace("``", "`").strip().partition(". ")[0].rstrip(".")


def _scope(need: Need) -> str:
    return ".".join(("ZohoBigin", *need.path, need.operation.value))


def _verb(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            assert inner is not None, word
            yield from _verb(inner, f"{name} {word}")
        return
    yield f"## {name}\n"
    yield f"{_help(command)}\n"
    arguments = [param.make_metavar(click.Context(command)) for param in command.params if not _is_option(param)]
    yield (
        "```\n"
        + " ".join([name, *arguments, "[OPTIONS]" if any(map(_is_option, command.params)) else ""]).strip()
        + "\n```\n"
    )
    rows = [(f"`{_spelling(param)}`", _explanation(param)) for param in command.params if _is_option(param)]
    if rows:
        yield _table(("option", "meaning"), rows) + "\n"


def _help(command: click.Command) -> str:
    return re.sub(r"[ \t]*\n[ \t]*(?=\S)", " ", (command.help or "").replace("\b", "")).strip()


def _is_option(param: click.Parameter) -> bool:
    return isinstance(param, click.Option)


def _spelling(param: click.Parameter) -> str:
    words = ", ".join([*param.opts, *param.secondary_opts])
    if isinstance(param, click.Option) and (param.is_flag or param.count):
        return words
    return f"{words} {param.make_metavar(click.Context(click.Command('none')))}"


def _explanation(param: click.Parameter) -> str:
    said = getattr(param, "help", None) or ""
    return f"{said} (required)" if param.required else said


if __name__ == "__main__":
    for each in PARTS:
        (ROOT / each).write_text(with_part(each)[1], encoding="utf-8")
