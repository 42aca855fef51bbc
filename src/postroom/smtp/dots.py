"""Dot-stuffing of a message that passes in pieces. RFC 5321 §4.5.2."""

from typing import Final

_CRLF: Final = b"\r\n"


class BareLineEnd(ValueError):  # noqa: N818 - the word says it
    """The message holds a CR or LF that is not part of a CRLF."""


class DotStuffer:
    """Doubles the dot that begins a line, wherever the borders of the pieces fall, and counts what passes."""

    def __init__(self) -> None:
        self.octets = 0
        self._tail = _CRLF  # a message begins at the beginning of a line

    def feed(self, piece: bytes) -> bytes:
        """The piece as it goes on the wire. Raises ``BareLineEnd``."""
        joined = self._tail + piece
        # RFC 5321 §2.3.8: a bare CR or LF must not be sent. A server that takes "\n.\n" for the end of a message would
        # read what follows as commands of ours (SMTP smuggling, CVE-2023-51764). Composing never makes one.
        bare = joined.replace(_CRLF, b"")
        # An LF that stands first had its CR in the piece before; a CR that stands last may find its LF in the next.
        if b"\n" in bare[joined.startswith(b"\n") :] or b"\r" in bare[: len(bare) - joined.endswith(b"\r")]:
            raise BareLineEnd("the message holds a bare CR or LF")
        self.octets += len(piece)
        self._tail = joined[-2:]
        return joined.replace(b"\r\n.", b"\r\n..")[2:]

    def finish(self) -> bytes:
        """The end of the message: the final dot, on a line of its own. Raises ``BareLineEnd``."""
        if self._tail.endswith(b"\r"):
            raise BareLineEnd("the message ends in a bare CR")
        return b".\r\n" if self._tail == _CRLF else b"\r\n.\r\n"
