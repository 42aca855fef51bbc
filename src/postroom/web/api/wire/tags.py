"""Tags as clients see them (W 6.2): a name, and nothing that anybody could have chosen for it."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from postroom.record.terms import fold
from postroom.web.api.wire.values import Id, made_id

AT_MOST: Final = 1000  # W 6.2 tells of no pages


class KnownTag(Struct, frozen=True, kw_only=True):
    """One tag."""

    name: str
    id: Id
    color_code: None = None
    created_time: None = None
    created_by: None = None
    modified_time: None = None
    modified_by: None = None


class TagsInfo(Struct, frozen=True, kw_only=True):
    """How many there are, and how many are told of at the most."""

    count: int
    allowed_count: int = AT_MOST


class Tags(Struct, frozen=True, kw_only=True):
    """The tags of a module."""

    tags: list[KnownTag]
    info: TagsInfo


def tags(names: Sequence[str]) -> Tags:
    """Tags by their names."""
    return Tags(tags=[KnownTag(name=name, id=tag_id(name)) for name in names], info=TagsInfo(count=len(names)))


def tag_id(name: str) -> str:
    """The id of a tag, the same in whatever case it is written."""
    return made_id("tag", fold(name).decode(errors="ignore"))
