"""Content as it goes on the wire: line ends, 7bit, quoted-printable and base64. RFC 2045 §2.7, §6.7, §6.8."""

import re
from binascii import b2a_base64, b2a_qp
from typing import Final

from postroom.mail.limits import ENCODED_LINE_OCTETS, LINE_OCTETS

CRLF: Final = b"\r\n"
_ROW: Final = ENCODED_LINE_OCTETS // 4 * 3  # 57 octets make one line of base64

# A line's piece that is followed by a soft line break: at most 75 columns, the "=" is the 76th. It ends neither
# within "=XX" nor before a continuation octet of UTF-8, so that every line holds whole characters.
_SOFT = re.compile(rb"[^\n]{1,%d}(?<!=)(?<!=.)(?!=[89AB])" % (ENCODED_LINE_OCTETS - 1))


def canonical(text: str) -> str:
    """The text with LF for every line end (CRLF, CR or LF) and U+FFFD for surrogates, which no encoding can carry."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two surrogates that make a pair are one character; this joins them.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encoded_text(text: str) -> tuple[str, bytes]:
    """How canonical text is encoded (the value of Content-Transfer-Encoding), and the octets that this makes.

    7bit where that is allowed, else quoted-printable or base64, whichever is shorter.
    """
    octets = text.encode()
    # RFC 2045 §2.7: 7bit has neither NUL nor a line of more than 998 octets.
    if text.isascii() and "\0" not in text and _longest_line(octets) <= LINE_OCTETS:
        return "7bit", octets.replace(b"\n", CRLF)
    wire = octets.replace(b"\n", CRLF)
    size = encoded_size(len(wire))
    # Every octet beyond ASCII takes three columns: often that is enough to know that base64 is shorter.
    if len(wire) + 2 * (len(octets) - len(text.encode("ascii", "ignore"))) <= size:
        quoted = _quoted_printable(octets)
        if len(quoted) <= size:
            return "quoted-printable", quoted
    return "base64", encoded_rows(wire)


def _longest_line(octets: bytes) -> int:
    return len(octets) if len(octets) <= LINE_OCTETS else max(map(len, octets.split(b"\n")))


def _quoted_printable(octets: bytes) -> bytes:
    # b2a_qp breaks lines within characters: its soft line breaks (no other "=" is followed by LF) are undone first.
    lines = b2a_qp(octets).replace(b"=\n", b"").split(b"\n")
    return CRLF.join(
        [line if len(line) <= ENCODED_LINE_OCTETS else b"=\r\n".join(_SOFT.findall(line)) for line in lines]
    )


def encoded_size(octets: int) -> int:
    """How many octets so many octets make as lines of base64, each ended by CRLF."""
    return (octets + 2) // 3 * 4 + (octets + _ROW - 1) // _ROW * len(CRLF)


def encoded_rows(octets: bytes) -> bytes:
    """Base64 in lines of 76 columns, each ended by CRLF, the last one too (RFC 2045 §6.8)."""
    if not octets:
        return b""
    columns = b2a_base64(octets, newline=False)
    rows = [columns[at : at + ENCODED_LINE_OCTETS] for at in range(0, len(columns), ENCODED_LINE_OCTETS)]
    return CRLF.join([*rows, b""])


class Base64Lines:
    """``encoded_rows`` of a file that comes in pieces of any size, in constant memory."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> bytes:
        """The lines that are complete with ``piece``."""
        octets = self._rest + piece
        whole = len(octets) - len(octets) % _ROW
        self._rest = octets[whole:]
        return encoded_rows(octets[:whole])

    def finish(self) -> bytes:
        """The last line, or nothing."""
        rest, self._rest = self._rest, b""
        return encoded_rows(rest)
