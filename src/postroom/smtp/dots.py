"""The lines of a message that passes in pieces: none ends in half a CRLF, and by DATA dots are stuffed.

RFC 5321 §4.5.2 (dots), §2.3.8 (line ends); RFC 3030 (BDAT, which counts octets and leaves them as they are).
"""

from typing import ClassVar, Final

_CRLF: Final = b"\r\n"


class BareLineEnd(ValueError):  # noqa: N818 - the word says it
    """The message holds a CR or LF that is not part of a CRLF."""


class Lines:
    """Lets a message pass as it is, wherever the borders of the pieces fall, and counts its ``octets``."""

    _END: ClassVar = b""  # what tells the server that the message ends

    def __init__(self) -> None:
        self.octets = 0
        self._tail = _CRLF  # a message begins at the beginning of a line

    def feed(self, piece: bytes) -> bytes:
        """The piece as it goes on the wire. Raises ``BareLineEnd``."""
        self._join(piece)
        return piece

    def finish(self) -> bytes:
        """What the last line lacks, and the end of the message. Raises ``BareLineEnd``."""
        if self._tail == _CRLF:
            return self._END
        if self._tail.endswith(b"\r"):
            raise BareLineEnd("the message ends in a bare CR")
        return _CRLF + self._END

    def _join(self, piece: bytes) -> bytes:
        """The piece behind the two octets that went before it."""
        joined = self._tail + piece
        # RFC 5321 §2.3.8: a bare CR or LF must not be sent. A server that takes "\n.\n" for the end of a message would
        # read what follows as commands of ours (SMTP smuggling, CVE-2023-51764); one that got it by BDAT may hand it on
        # by DATA. Composing never makes one.
        bare = joined.replace(_CRLF, b"")
        # An LF that stands first had its CR in the piece before; a CR that stands last may find its LF in the next.
        if b"\n" in bare[joined.startswith(b"\n") :] or b"\r" in bare[: len(bare) - joined.endswith(b"\r")]:
            raise BareLineEnd("the message holds a bare CR or LF")
        self.octets += len(piece)
        self._tail = joined[-2:]
        return joined


class DotStuffer(Lines):
    """Doubles the dot that begins a line, and ends with one on a line of its own."""

    _END: ClassVar = b".\r\n"

    def feed(self, piece: bytes) -> bytes:
        """The piece as it goes on the wire. Raises ``BareLineEnd``."""
        return self._join(piece).replace(b"\r\n.", b"\r\n..")[2:]
