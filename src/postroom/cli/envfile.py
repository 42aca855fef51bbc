"""Files of ``NAME=value`` lines, as shells read them."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from postroom.errors import Misconfigured


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Write the file in one step, readable by its owner only: whoever sees it sees all of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    try:
        # 0600 from the first moment, and never through a link that somebody laid there.
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as out:
            out.write(text)
        part.replace(path)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None


def read(path: Path) -> dict[str, str]:
    """The variables of a file; other lines are passed over. Raises ``Misconfigured`` where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        pairs = (line.removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
        return {name.strip(): "".join(shlex.split(value)) for name, equals, value in pairs if equals}
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Misconfigured(f"{path}: {error}") from None
