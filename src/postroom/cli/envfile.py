"""Files of ``NAME=value`` lines, as shells read them; they hold secrets, so they are their owner's alone."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from postroom.client import private
from postroom.client.credentials import variables
from postroom.errors import Misconfigured


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Write the file in one step. Raises ``Misconfigured``."""
    try:
        private.write(path, "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items()))
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None


def read(path: Path) -> dict[str, str]:
    """Its variables; other lines are passed over. Raises ``Misconfigured`` where we cannot read it, or others can."""
    try:
        return variables(private.read(path))
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Misconfigured(f"{path}: {error}") from None
