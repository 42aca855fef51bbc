"""What the project must not carry: hosts of package indexes, paths of somebody's machine, unpinned packages."""

import re
from typing import Final

from tests.shape.source import texts

PINNED: Final = re.compile(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}")
# Written so that this file does not match itself.
FOREIGN: Final = re.compile(
    r"pyp[i]\.org|python[h]osted\.org|registry\.npm[j]s|deb\.debia[n]\.org|/(?:work|root)/[a-z.]|\.\./share[d]\b"
)


def test_no_text_names_a_machine_or_a_package_index() -> None:
    found = {
        f"{path}:{n}"
        for path, text in texts().items()
        for n, line in enumerate(text.splitlines(), start=1)
        if FOREIGN.search(line)
    }
    assert not found


def test_locks_pin_every_package_by_hash_and_name_no_host() -> None:
    locks = {path: text for path, text in texts().items() if path.endswith(".lock")}
    assert "requirements/dev.lock" in locks
    for path, text in locks.items():
        assert "://" not in text, path
        assert "index-url" not in text, path
        # One requirement and its options are one logical line.
        for requirement in re.sub(r"\\\n", " ", text).splitlines():
            if re.match(r"[A-Za-z]", requirement):
                assert PINNED.match(requirement), f"{path}: {requirement[:80]}"
