"""Requests and answers as values, and talks made of them: no socket, clock or chance in sight.

A talk is a generator that yields requests and is sent their answers; what it returns is the result of a call. Most
calls are one request, some are several: a mail with files from the disk is an upload and a mail.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, BinaryIO, Final, Generic, TypeVar
from urllib.parse import quote

from postroom.client.multipart import Form, Progress, Upload

T = TypeVar("T")

Object = dict[str, Any]


class Repeat(Enum):
    """When a request may be sent again though it is unknown what became of it."""

    SAFE = "safe"  # it changes nothing
    KEYED = "keyed"  # where an idempotency key is understood
    NEVER = "never"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the API is asked. ``path`` is below the API's prefix, ``json`` the body where there are no ``uploads``.

    ``into`` takes the octets of a file that is downloaded. ``key`` makes it one with an earlier request of the same key
    (W 1.8). ``extension``: only Postroom has this call.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Object | None = None
    uploads: Sequence[Upload] = ()
    progress: Progress | None = None
    into: BinaryIO | None = None
    repeat: Repeat = Repeat.NEVER
    key: str | None = None
    extension: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A request as it goes over the wire."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]] = field(repr=False)
    content: bytes | Form | None = field(default=None, repr=False)
    into: BinaryIO | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """Nothing came back. ``sent`` is False only where it is known that the server got nothing."""

    why: str
    sent: bool


Talk = Generator[Request, Answer, T]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """Something to be done, as a value: a client does it, as often as one likes."""

    talk: Callable[[], Talk[T]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[T]):
    """Some of many, and the call for those that follow; None at the end."""

    items: Sequence[T]
    following: Call["Page[T]"] | None = None


def single(request: Request, read: Callable[[Answer], T]) -> Call[T]:
    """The call of one request."""

    def talk() -> Talk[T]:
        return read((yield request))

    return Call(talk)


def question(where: str, params: Mapping[str, str] | None = None) -> Request:
    """A GET, which changes nothing."""
    return Request(method="GET", path=where, params=params or {}, repeat=Repeat.SAFE)


def path(*segments: str) -> str:
    """A path of segments, none of which can leave its place."""
    for each in segments:
        if each in _NO_SEGMENTS:
            raise ValueError(f"{each!r} can be no part of a URL")
    return "".join(f"/{quote(each, safe='')}" for each in segments)


_NO_SEGMENTS: Final = ("", ".", "..")
