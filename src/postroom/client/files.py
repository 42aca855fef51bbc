"""Files, up and down (W 3)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from postroom.client import reading
from postroom.client.errors import NotFound
from postroom.client.multipart import Progress, Upload
from postroom.client.talk import Answer, Call, Request, path, single


def upload(uploads: Sequence[Path | Upload], progress: Progress | None = None) -> Call[list[str]]:
    """Up to ten files in one request; the ids under which they are stored, in order.

    ``progress`` is called with the octets that were taken so far and those there are; by ``AsyncClient`` in another
    thread.
    """
    return single(request(uploads, progress), ids)


def download(file_id: str, into: BinaryIO) -> Call[None]:
    """A file's octets, written as they come; a call that fails may have written some."""
    return taken(path("files"), {"id": file_id}, into)


def request(uploads: Sequence[Path | Upload], progress: Progress | None) -> Request:
    """What ``upload`` asks."""
    named = [Upload.of(each) if isinstance(each, Path) else each for each in uploads]
    return Request(method="POST", path=path("files"), uploads=named, progress=progress)


def taken(where: str, params: Mapping[str, str], into: BinaryIO) -> Call[None]:
    """The octets that a URL gives, written as they come."""
    return single(Request(method="GET", path=where, params=params, into=into), _taken)


def ids(answer: Answer) -> list[str]:
    """What ``upload`` gives. Raises the first error."""
    return [reading.well(each).id for each in reading.results(answer)]


def _taken(answer: Answer) -> None:
    if answer.status != 200:
        reading.body(answer)
        raise NotFound("there is no such file", status=answer.status)
