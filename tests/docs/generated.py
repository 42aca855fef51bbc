"""The parts of the documents that are made from the code.

A part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``. ``python -m tests.docs.generated`` writes all
of them anew; ``test_generated.py`` fails where one differs from what the code says today.
"""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from types import ModuleType
from typing import Final

import click

from postroom.access.scope import spelled
from postroom.cli.main import postroom
from postroom.client import files, mails, records
from postroom.client import settings as client_settings
from postroom.config import sentences
from postroom.mail.life import FINAL, MOVES, State, Why
from postroom.mail.retry import HOUR, MINUTE, PAUSES, PAUSES_OF
from postroom.web.api.routes import ROUTES
from postroom.web.refusals import ANSWERS
from tests.shape.source import ROOT
from tests.smtp.replies import seen

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
    """Every route with its method, what a token must allow, what it costs, and what the handler says of itself."""
    rows = [
        (
            f"`{each.method} {each.template}`",
            " and ".join(f"`{spelled(need)}`" for need in each.needs),
            each.cost.value,
            _first_sentence(each.handler.__doc__),
        )
        for each in sorted(ROUTES, key=lambda each: each.template)
    ]
    return _table(("call", "needs", "credits", "does"), rows)


def refusals() -> str:
    """Every reason of a refusal with its status, code and message."""
    rows = [
        (f"`{reason.name}`", str(wire.status), f"`{wire.code}`", f"`{wire.message}`")
        for reason, wire in ANSWERS.items()
    ]
    return _table(("reason", "HTTP", "code", "message"), rows)


def replies() -> str:
    """Every reason of a server with the pauses that follow it, and how many replies of it have been collected."""
    count = Counter(each.why for each in seen())
    rows = [(f"`{why.value}`", _pauses(PAUSES_OF.get(why, PAUSES)), str(count[why])) for why in Why]
    return _table(("reason", "pauses", "seen"), rows)


def _pauses(pauses: Sequence[int]) -> str:
    minutes = [f"{each // MINUTE}" for each in pauses if each < HOUR]
    hours = [f"{each // HOUR}" for each in pauses if each >= HOUR]
    return " ".join([*minutes, *(["min,"] if minutes else []), *hours, "h"])


def client_calls() -> str:
    """Every call of the client for Python: its arguments, what it gives, and what it says of itself."""
    rows = [
        (f"`{_argued(module, name, call)}`", f"`{_given(call)}`", _first_sentence(call.__doc__))
        for module in (mails, files, records, client_settings)
        for name, call in inspect.getmembers(module, inspect.isfunction)
        if call.__module__ == module.__name__ and name[0] != "_" and "Call[" in _returned(call)
    ]
    return _table(("call", "gives", "does"), rows)


# The options of nearly all verbs, told once at the top of the page.
EVERYWHERE: Final = {"data_dir", "config", "org_word"}

PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/settings.md": settings,
    "docs/reference/life.md": life,
    "docs/reference/cli.md": verbs,
    "docs/reference/api.md": routes,
    "docs/reference/replies.md": replies,
    "docs/reference/wire.md": refusals,
    "docs/reference/client.md": client_calls,
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


def _argued(module: ModuleType, name: str, call: Callable[..., object]) -> str:
    """A call as it is written, with the names of its arguments; a star parts those that are named."""
    given = []
    for each in inspect.signature(call).parameters.values():
        if each.kind is each.KEYWORD_ONLY and "*" not in given:
            given.append("*")
        given.append(each.name if each.default is each.empty else f"{each.name}=…")
    return f"{module.__name__.rpartition('.')[2]}.{name}({', '.join(given)})"


def _given(call: Callable[..., object]) -> str:
    """What ``Call[…]`` holds, without the modules of the names."""
    found = re.sub(r"[a-z_]+\.", "", _returned(call)).partition("Call[")[2].removesuffix("]")
    return found.replace("dict[str, Any]", "Object").replace("NoneType", "None")


def _returned(call: Callable[..., object]) -> str:
    return str(inspect.signature(call).return_annotation)


def _first_sentence(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").replace("``", "`").strip().partition(". ")[0].rstrip(".")


def _verb(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        if command.invoke_without_command:
            yield from _page(command, name)
        for word in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), word)
            assert inner is not None, word
            yield from _verb(inner, f"{name} {word}")
    else:
        yield from _page(command, name)


def _page(command: click.Command, name: str) -> Iterator[str]:
    options = [each for each in command.params if isinstance(each, click.Option)]
    arguments = [each.make_metavar(click.Context(command)) for each in command.params if each not in options]
    own = [each for each in options if each.name not in EVERYWHERE]
    usage = [name, *(["[OPTIONS]"] if options else []), *arguments]
    yield f"## {name}\n"
    yield f"{_paragraphs(command.help or '')}\n"
    yield f"`{' '.join(usage)}`{_above({each.name for each in options})}\n"
    if own:
        yield _table(("option", "meaning"), [(f"`{_spelling(each)}`", _meaning(each)) for each in own]) + "\n"


def _above(names: Set[str | None]) -> str:
    """Which of the options at the top of the page a verb takes."""
    if names >= EVERYWHERE:
        return ", and the options above"
    return ", and the options above but `--org`" if names & EVERYWHERE else ""


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in re.split(r"\n\s*\n", text))


def _spelling(option: click.Option) -> str:
    words = ", ".join([*option.opts, *option.secondary_opts])
    return words if option.is_flag else f"{words} {option.make_metavar(click.Context(click.Command('none')))}"


def _meaning(option: click.Option) -> str:
    said = [(option.help or "").replace("<", "&lt;")]
    if option.required:
        said.append("Required.")
    if option.show_default and not option.is_flag:
        said.append(f"[default: {option.default}]")
    return " ".join(said).strip()


if __name__ == "__main__":
    for each in PARTS:
        (ROOT / each).write_text(with_part(each)[1], encoding="utf-8")
