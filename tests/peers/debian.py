"""The programs that requirements/peers.sh unpacked: where each is, and what it must be told to run from there."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

HOME: Final = Path(__file__).parents[2] / ".venv-peers"
TREE: Final = HOME / "tree"
_FOLDERS: Final = ("usr/sbin", "usr/bin", "usr/lib/postfix/sbin", "usr/lib/dovecot")


def program(name: str) -> str:
    """The path of a program; where none was brought the test is skipped, but under CI it fails."""
    found = shutil.which(name, path=os.pathsep.join(str(TREE / each) for each in _FOLDERS))
    if found is None and os.environ.get("CI"):
        pytest.fail(f"there is no {name} in {HOME}: `make peers` brings it", pytrace=False)
    if found is None:
        pytest.skip(f"there is no {name}: `make peers` says why")
    return found


def as_root(name: str) -> str:
    """Like ``program``, for one that changes its user: skipped where the tests do not run as root."""
    if os.getuid() != 0:
        pytest.skip(f"{name} runs as root only")
    return program(name)


def environment(**more: str) -> dict[str, str]:
    """All that such a program sees: its own libraries, modules of Perl and of Debian's Python, and ``more``."""
    return {
        "PATH": os.pathsep.join([*(str(TREE / each) for each in _FOLDERS), "/usr/sbin", "/usr/bin", "/sbin", "/bin"]),
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": _all(
            "usr/lib", "usr/lib/*-linux-*", "usr/lib/dovecot", "usr/lib/dovecot/modules/*", "usr/lib/postfix"
        ),
        "PERL5LIB": _all("usr/share/perl5", "usr/lib/*/perl5/5.*", "usr/share/perl/5.*", "usr/lib/*/perl/5.*"),
        "PYTHONPATH": _all("usr/lib/python3/dist-packages"),
        **more,
    }


def _all(*patterns: str) -> str:
    return os.pathsep.join(str(found) for pattern in patterns for found in sorted(TREE.glob(pattern)))
