"""Signatures of messages: DKIM (RFC 6376), «relaxed» for header and body alike.

1. ``BodyHash`` takes the body as it passes; no more of it than a piece and some blanks is in memory.
2. ``sign`` names the fields that it vouches for and puts a signature of each key before the message.

Nothing here knows a clock: a letter that is signed again with the same keys has the same octets.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from postroom.mail.compose import Composed, Segment
from postroom.mail.dkim_key import Algorithm, Key
from postroom.mail.header import words

# RFC 6376 §5.4.1: what makes the message what its reader sees. Each is named once more than it is there (§5.4, §8.15),
# so that none can be added, be it one that there is none of.
_SHOWN: Final = ("from", "to", "cc", "reply-to", "subject", "date", "message-id", "mime-version", "content-type")
# Of these none can be added to one that is there; where there is none, a mailing list may well add its own. RFC 8058
# §4: a signature covers both fields of the one click.
_WHERE_PRESENT: Final = (
    "content-transfer-encoding",
    "in-reply-to",
    "references",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-id",
    "feedback-id",
)
_NAME: Final = "DKIM-Signature"
_FOLD: Final = "\r\n "
_COLUMNS: Final = 70  # of base64 in a line


class BodyHash:
    """The hash of a body that comes in pieces of any size (RFC 6376 §3.4.4, §3.7)."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._rest = b""  # blanks and line ends, which count only if something follows
        self._empty = True

    def feed(self, piece: bytes) -> None:
        """The next piece of the body."""
        octets = _collapsed(self._rest + piece).replace(b" \r\n", b"\r\n")
        content = octets.rstrip(b" \r\n")
        if content:
            self._hash.update(content)
            self._empty = False
        self._rest = octets[len(content) :]

    def digest(self) -> bytes:
        """The hash of all that came."""
        whole = self._hash.copy()
        if not self._empty:
            whole.update(b"\r\n")
        return whole.digest()


def body(composed: Composed) -> tuple[Segment, ...]:
    """The message without its header and the blank line after it."""
    first, *others = composed.segments
    assert isinstance(first, bytes), "a message begins with its header"
    return (first.partition(b"\r\n\r\n")[2], *others)


def body_hash(composed: Composed) -> bytes:
    """The hash of the body of a message without files."""
    whole = BodyHash()
    for segment in body(composed):
        assert isinstance(segment, bytes), "the hash of a file takes the file"
        whole.feed(segment)
    return whole.digest()


def sign(composed: Composed, keys: Sequence[Key], *, at: int, hashed: bytes) -> Composed:
    """The message with a signature of each key; ``at`` is in ms since the epoch, ``hashed`` is of its body.

    RFC 8463 §6: who does not know Ed25519 yet goes by the other one.
    """
    first, *others = composed.segments
    assert isinstance(first, bytes), "a message begins with its header"
    named, signed = _vouched(first.partition(b"\r\n\r\n")[0])
    told = f"t={at // 1000}; bh={b64encode(hashed).decode()};{_FOLD}{named}"
    fields = "".join([_field(key, told, signed) for key in keys]).encode()
    return replace(composed, segments=(fields + first, *others), size=composed.size + len(fields))


def _field(key: Key, told: str, signed: bytes) -> str:
    text = f"{_opening(key.algorithm, key.domain, key.selector)}{_FOLD}{told}{_FOLD}b="
    # RFC 6376 §3.7: last the field itself, unfolded, as it is without its signature and the line end.
    itself = f"{_NAME.lower()}:{text.replace(_FOLD, ' ')}".encode()
    b = b64encode(key.signature(signed + itself)).decode()
    return f"{_NAME}: {text}{_FOLD.join([b[at : at + _COLUMNS] for at in range(0, len(b), _COLUMNS)])}\r\n"


@lru_cache(maxsize=1024)
def _opening(algorithm: Algorithm, domain: str, selector: str) -> str:
    """What all signatures of a key begin with, folded."""
    tags = ("v=1;", f"a={algorithm.value}-sha256;", "c=relaxed/relaxed;", f"d={domain};", f"s={selector};")
    return words(_NAME, tags)[len(f"{_NAME}: ") : -len("\r\n")]


def _vouched(head: bytes) -> tuple[str, bytes]:
    """The tag of names, folded, and their fields as they are signed."""
    unfolded = _collapsed(head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" "))
    fields = [line.partition(b":") for line in unfolded.split(b"\r\n")]
    # RFC 6376 §3.4.2: the names in small letters, no blanks around the colon nor at the end.
    names = [name.rstrip(b" ").lower() for name, _, _ in fields]
    named, order = _named(tuple(names))
    return named, b"".join([b"%b:%b\r\n" % (names[n], fields[n][2].strip(b" ")) for n in order])


@lru_cache(maxsize=256)  # few kinds of messages leave an organisation
def _named(names: tuple[bytes, ...]) -> tuple[str, tuple[int, ...]]:
    """The tag of names (RFC 6376 §3.5 ``h``) for a header with these, folded, and which fields it means, in order."""
    named: list[str] = []
    order: list[int] = []
    for name in (*_SHOWN, *_WHERE_PRESENT):
        # §5.4.2: of several, the last in the header comes first.
        places = [n for n, each in enumerate(names) if each == name.encode()][::-1]
        if places or name in _SHOWN:
            named.append(f"{name}:" * (len(places) + 1))
            order += places
    tag = words("h", named)[len("h: ") : -len(":\r\n")]
    return f"h={tag};", tuple(order)


def _collapsed(octets: bytes) -> bytes:
    """One blank for each run of blanks and tabs."""
    octets = octets.replace(b"\t", b" ")
    while b"  " in octets:
        octets = octets.replace(b"  ", b" ")
    return octets
