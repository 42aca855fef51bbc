"""Lists of tags, ``v=DMARC1; p=none``: the form that DKIM, DMARC and TLS-RPT share (RFC 6376 §3.2). Pure."""

import re
from collections.abc import Mapping, Sequence

_TAG = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*([^;]*?)\s*")


def read(text: str) -> Mapping[str, str] | None:
    """The tags by their names in lower case; None where the text is no such list."""
    tags: dict[str, str] = {}
    for piece in text.split(";"):
        if not piece.strip():
            continue
        found = _TAG.fullmatch(piece)
        if found is None or found[1].lower() in tags:
            return None
        tags[found[1].lower()] = found[2]
    return tags


def of_version(texts: Sequence[str], version: str) -> list[str]:
    """The texts that begin with that version."""
    beginning = re.compile(rf"\s*v\s*=\s*{re.escape(version)}\s*(?:;|$)")
    return [text for text in texts if beginning.match(text)]
