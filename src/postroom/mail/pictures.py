"""The pictures that an HTML text brings along: ``data:`` images (RFC 2397) and attachments it shows (RFC 2392).

Few mail programs show ``data:`` images; as parts of the message that have a Content-ID, all show them.
"""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import unquote, unquote_to_bytes

from postroom.mail.draft import FileRef
from postroom.mail.html import Attribute, tags

_IMAGE_TYPE = re.compile(r"image/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")  # RFC 6838 §4.2
_SCHEME = re.compile(":(?:(?<=cid:)|(?<=data:)|(?<=CID:)|(?<=DATA:))")  # from the colon on, of which there are few
_BLANK = re.compile(rb"[ \t\n\f\r]+")
_SHOWING: Final = frozenset({"src", "background"})  # the attributes that show what they name


class Image(NamedTuple):
    """What a ``data:`` URL holds."""

    content_type: str
    octets: bytes

    @property
    def extension(self) -> str:
        """What a file of this type is called: ``png``, ``svg``."""
        return self.content_type.partition("/")[2].partition("+")[0]


Source: TypeAlias = FileRef | Image


class Picture(NamedTuple):
    """Something shown within the HTML, which names it ``cid:`` and ``content_id``."""

    content_id: str
    source: Source


def may_show(html: str) -> bool:
    """Whether the HTML has a scheme that names pictures, as people write it; most have none, and need no ``placed``."""
    return _SCHEME.search(html) is not None


def placed(html: str, files: Sequence[FileRef], suffix: str) -> tuple[str, tuple[Picture, ...]]:
    """The HTML naming its pictures by Content-ID, otherwise unchanged, and these pictures, each once.

    An attachment is named by ``cid:`` and its exact name or the hex digits of its id. What cannot be found or read
    stays as it is. Content-IDs are a number, a dot and ``suffix``.
    """
    names = {name: file for file in reversed(files) for name in (file.file_id.hex(), file.name)}
    pictures: dict[Source, Picture] = {}
    pieces: list[str] = []
    done = 0
    for attribute, source in _sources(html, names):
        picture = pictures.setdefault(source, Picture(f"{len(pictures) + 1}.{suffix}", source))
        pieces += (html[done : attribute.start], f"cid:{picture.content_id}")
        done = attribute.end
    return "".join([*pieces, html[done:]]), tuple(pictures.values())


def _sources(html: str, names: Mapping[str, FileRef]) -> Iterator[tuple[Attribute, Source]]:
    for tag, attributes in tags(html):
        for attribute in attributes:
            if attribute.name not in _SHOWING:
                continue
            scheme, _, rest = attribute.value.strip().partition(":")
            source: Source | None = None
            if scheme.lower() == "cid":
                source = names.get(rest) or names.get(unquote(rest))
            elif scheme.lower() == "data" and tag == "img" and attribute.name == "src":
                source = _image(rest)
            if source is not None:
                yield attribute, source


def _image(rest: str) -> Image | None:
    """What stands behind ``data:``: a type, parameters, ``;base64`` or not, a comma, the octets (RFC 2397 §3)."""
    head, comma, data = rest.partition(",")
    kind, *parameters = [each.strip(" ").lower() for each in head.split(";")]
    if not comma or not _IMAGE_TYPE.fullmatch(kind):
        return None
    octets = unquote_to_bytes(data.partition("#")[0])
    if "base64" in parameters[-1:]:
        # Browsers forgive white space and missing padding; nothing else.
        columns = _BLANK.sub(b"", octets).rstrip(b"=")
        try:
            octets = a2b_base64(columns + b"=" * (-len(columns) % 4), strict_mode=True)
        except NotBase64:
            return None
    return Image(kind, octets) if octets else None
