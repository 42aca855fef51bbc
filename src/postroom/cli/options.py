"""The words that several verbs share."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from postroom.config import Settings, load
from postroom.errors import Misconfigured

R = TypeVar("R")

CONFIG_FILE: Final = "postroom.toml"

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_NAMED_ORG: Final = "postroom.cli.options.named_org"


def with_settings(verb: Callable[..., R]) -> Callable[..., R]:
    """Give a verb ``--data-dir`` and ``--config``, and the settings they lead to as its argument ``settings``."""

    @click.option("--data-dir", type=click.Path(path_type=Path), help="The folder that holds everything. [data]")
    @click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"The file of settings. [./{CONFIG_FILE} or the one in the data directory]",
    )
    @functools.wraps(verb)
    def run(*args: Any, data_dir: Path | None, config: Path | None, **words: Any) -> R:
        return verb(*args, settings=read_settings(data_dir, config), **words)

    return run


def in_org(verb: Callable[..., R]) -> Callable[..., R]:
    """Give a verb what ``with_settings`` gives, and ``--org``, which ``opening.with_org`` reads by ``named_org``."""

    def remember(ctx: click.Context, _: click.Parameter, word: str | None) -> None:
        ctx.meta[_NAMED_ORG] = word

    named = click.option(
        "--org",
        "org_word",
        metavar="ID|NAME",
        expose_value=False,
        callback=remember,
        help="The organisation. [the oldest]",
    )
    return with_settings(named(verb))


def named_org() -> str | None:
    """The id or name that the verb's ``--org`` was given."""
    word: str | None = click.get_current_context().meta.get(_NAMED_ORG)
    return word


def read_settings(data_dir: Path | None, config: Path | None) -> Settings:
    """The settings of the file named, else of the one in this folder, else of the one in the data directory.

    Raises ``Misconfigured``.
    """
    try:
        if config is None:
            data = data_dir or load().data_dir
            config = next((file for file in (Path(CONFIG_FILE), data / CONFIG_FILE) if file.is_file()), None)
        return load(config, data_dir=data_dir)
    except ValueError as error:
        raise Misconfigured(str(error)) from None


def make_data_dir(settings: Settings) -> None:
    """Make the data directory where it is missing; raises ``Misconfigured`` where it cannot be."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(f"data_dir: {settings.data_dir}: {error.strerror}") from None


def secret(name: str, variable: str, *, from_stdin: bool = False, flag: str | None = "--password-stdin") -> str:
    """A password from stdin, the environment or a prompt: never a word of the command line, which others can see."""
    import os
    import sys

    found = (
        sys.stdin.readline().rstrip("\r\n") if from_stdin else os.environ.get(variable) or _ask(name, variable, flag)
    )
    if not found:
        raise Misconfigured(f"the {name} is empty")
    return found


def _ask(name: str, variable: str, flag: str | None) -> str:
    import sys

    if not sys.stdin.isatty():
        raise Misconfigured(f"the {name} is missing: set {variable}{f' or use {flag}' if flag else ''}")
    answer: str = click.prompt(name.capitalize(), hide_input=True, confirmation_prompt=True, err=True)
    return answer
