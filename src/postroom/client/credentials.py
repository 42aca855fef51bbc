"""What is shown to get an access token: from the environment, or from a file that nobody else can read."""

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from postroom.client import private

_NAMES: Final = ("client_id", "client_secret", "refresh_token")


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """A registered client and a user's refresh token for it."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> "Credentials":
        """``POSTROOM_CLIENT_ID``, ``POSTROOM_CLIENT_SECRET`` and ``POSTROOM_REFRESH_TOKEN``. Raises ``ValueError``."""
        for name in _NAMES:
            if not variables.get(f"POSTROOM_{name.upper()}"):
                raise ValueError(f"POSTROOM_{name.upper()} is missing")
        return cls(**{name: variables[f"POSTROOM_{name.upper()}"] for name in _NAMES})

    @classmethod
    def read(cls, path: Path) -> "Credentials":
        """The same, from a file of ``NAME=value`` lines with the mode 0600. Raises ``OSError`` or ``ValueError``."""
        return cls.of(variables(private.read(path)))

    def fingerprint(self, accounts: str) -> str:
        """A name for them at an accounts server, from which they cannot be read."""
        told = "\n".join((accounts, self.refresh_token, self.client_id, self.client_secret))
        return hashlib.sha256(told.encode()).hexdigest()


def variables(text: str) -> dict[str, str]:
    """The variables of ``NAME=value`` lines, as shells read them; others are passed over. Raises ``ValueError``."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    pairs = (line.removeprefix("export ").partition("=") for line in lines)
    return {name.strip(): "".join(shlex.split(value)) for name, equals, value in pairs if equals}
