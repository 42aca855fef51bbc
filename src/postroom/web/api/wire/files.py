"""Files as clients name and see them (W 3): names and types made harmless, answers, headers."""

import re
import unicodedata
from collections.abc import Sequence
from mimetypes import MimeTypes
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from postroom.mail.draft import FileRef
from postroom.mail.limits import FILE_NAME_OCTETS
from postroom.web.api.wire.items import Done, success
from postroom.web.api.wire.values import Opaque

PART: Final = "file"  # W 3.1: what each part of an upload is called
DOWNLOAD: Final = "application/x-download"  # W 3.2
_OCTETS: Final = "application/octet-stream"
_NAMELESS: Final = "unnamed"
_LONGEST_SUFFIX: Final = 16  # octets: what is longer is no suffix to be kept

# Controls, line ends and halves of surrogates; and the marks that make exe.fdp read as a name that ends in pdf.
_FORBIDDEN: Final = {"Cc", "Cs", "Zl", "Zp"}
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
# RFC 2045 §5.1 tokens, within the lengths of RFC 6838 §4.2.
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
# The built-in table only: a machine's own would make the same upload differ from node to node.
_TYPES: Final = {suffix[1:]: kind for suffix, kind in MimeTypes().types_map[True].items()}


def file_name(given: str) -> str:
    """A name without folders, controls and direction marks, of at most 255 octets, its suffix kept."""
    base = re.split(r"[/\\]", given)[-1]
    clean = "".join(one for one in base if unicodedata.category(one) not in _FORBIDDEN and one not in _BIDI).strip()
    if clean in ("", ".", ".."):
        return _NAMELESS
    if len(clean.encode()) <= FILE_NAME_OCTETS:
        return clean
    stem, dot, suffix = clean.rpartition(".")
    end = dot + suffix if dot and stem and len(suffix.encode()) <= _LONGEST_SUFFIX else ""
    kept = clean.removesuffix(end).encode()[: FILE_NAME_OCTETS - len(end.encode())]
    # A character cut in two is left out.
    return kept.decode(errors="ignore").rstrip() + end


def content_type(given: str | None, name: str) -> str:
    """The type/subtype of a part, or by the file's name where the part has none."""
    kind = given or _TYPES.get(name.rpartition(".")[2].lower(), _OCTETS)
    # RFC 2045 §6.4: what consists of parts may not be in base64, in which attachments travel.
    if not _TYPE.fullmatch(kind) or kind.startswith(("multipart/", "message/")):
        return _OCTETS
    return kind


class Uploaded(Struct, frozen=True, kw_only=True):
    """A stored file."""

    name: str
    id: Opaque


class UploadedFiles(Struct, frozen=True, kw_only=True):
    """Every file of one upload."""

    data: list[Done[Uploaded]]


def uploaded(new: Sequence[FileRef]) -> UploadedFiles:
    """The answer to an upload, one item per file; the misspelling is the vendor's (W 3.1)."""
    files = [Uploaded(name=ref.name, id=ref.file_id.hex()) for ref in new]
    return UploadedFiles(data=[success(f"{each.name} uploaded Succeessfully", each) for each in files])


def download_headers(ref: FileRef) -> dict[str, str]:
    """RFC 6266 §4: a name for everybody in ASCII, then the true one, which the SDKs look for at the end (W 13)."""
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", ref.name)
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(ref.name, safe='')}",
        "content-length": str(ref.size),
        "cache-control": "no-store, private",
        # Uploaded by anybody, served from our origin: no browser may take it for a page.
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }
