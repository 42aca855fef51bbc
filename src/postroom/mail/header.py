"""Header fields: RFC 5322 §2.2 (folding) and §3.4 (mailboxes), RFC 2047 (encoded words), RFC 2231 (parameters).

A field is a text that ends in CRLF. Nothing that a caller wrote can end a line here: ``plain`` makes a space of every
control character and line separator, wherever the text came from.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from postroom.mail.draft import Mailbox
from postroom.mail.encoding import canonical
from postroom.mail.limits import ENCODED_LINE_OCTETS, ENCODED_WORD_OCTETS, FOLDED_OCTETS

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# RFC 5322 §3.2.3 atext; a phrase is made of atoms (§3.2.5).
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_PHRASE: Final = 66  # columns: it leaves room for "Reply-To: "; a longer name is folded as encoded words

# RFC 2047 §5 (3): the octets that stand for themselves in a phrase, and so in every other place too.
_SELF: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q: Final = tuple(chr(n) if n in _SELF else "_" if n == 0x20 else f"={n:02X}" for n in range(256))
_WORD_FRAME: Final = len("=?utf-8?q??=")

# RFC 6838 §4.2: names of types.
_MEDIA_TYPE = re.compile(
    r"(?P<type>[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126})/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?=[ \t]*(?:;|\Z))"
)

# No quote, no backslash (readers differ on quoted pairs), no space at the ends or in a row (folding may eat it).
_UNDISPUTED = re.compile(r"[!#-\[\]-~]++(?: [!#-\[\]-~]++)*+")
_CHARSET: Final = "utf-8''"
# RFC 2231 §7 attribute-char, less what quote() leaves alone by itself; "*", "'", "%" and the tspecials are not in it.
_ATTRIBUTE_SAFE: Final = "!#$&+^`{|}"
_PARAMETER_ROOM: Final = 57  # columns for a value's piece; a space, "filename*nn*=" and ";" make up the rest of 78


def plain(text: str) -> str:
    """The text with a space for each control character and line separator, and U+FFFD for surrogates."""
    return text if text.isprintable() else canonical(_CONTROL.sub(" ", text))


def date(moment: int) -> str:
    """The Date field of a moment in milliseconds since the epoch."""
    return f"Date: {date_time(moment)}\r\n"


def date_time(moment: int) -> str:
    """A moment in milliseconds since the epoch as fields have it (RFC 5322 §3.3), always in UTC."""
    return _second(moment // 1000)


@lru_cache(maxsize=64)  # the mails of a batch are of the same few seconds
def _second(second: int) -> str:
    at = datetime.fromtimestamp(second, UTC)
    return (
        f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04}"
        f" {at.hour:02}:{at.minute:02}:{at.second:02} +0000"
    )


def unstructured(name: str, text: str) -> str:
    """A field of free text: as it stands where ASCII can say it, else in encoded words."""
    text = plain(text)
    if text.isascii() and "=?" not in text and text == text.strip():
        line = f"{name}: {text}"
        if len(line) <= FOLDED_OCTETS:
            return f"{line.rstrip()}\r\n"
        # Unfolding takes back the CRLF only: a line can be cut where one space stands between two words.
        words = text.split(" ")
        if "" not in words and max(map(len, words)) <= FOLDED_OCTETS - len(name) - len(": "):
            return _folded(f"{name}:", words, FOLDED_OCTETS)
    return _folded(f"{name}:", encoded_words(text, len(name) + len(": ")), ENCODED_LINE_OCTETS)


def mailboxes(name: str, boxes: Sequence[Mailbox]) -> str:
    """A field of addresses (RFC 5322 §3.6.2-3): A-labels for domains; a local part may be UTF-8 (RFC 6532 §3.2)."""
    column = len(name) + len(": ")
    tokens: list[str] = []
    for box in boxes:
        if box.name:
            tokens += (*_phrase(box.name, column), f"<{box.address}>,")
        else:
            tokens.append(f"{box.address},")
    tokens[-1] = tokens[-1][:-1]
    return _folded(f"{name}:", tokens, ENCODED_LINE_OCTETS)


def words(name: str, written: Sequence[str]) -> str:
    """A field of words or Message-IDs (RFC 5322 §3.6.4), none longer than a line, folded between them."""
    return _folded(f"{name}:", written, FOLDED_OCTETS)


def structured(name: str, value: str, *parameters: list[str]) -> str:
    """A MIME field: its value, then what ``parameter`` made."""
    tokens = [value, *(token for tokens in parameters for token in tokens)]
    return _folded(f"{name}:", [*(f"{token};" for token in tokens[:-1]), tokens[-1]], FOLDED_OCTETS)


def media_type(written: str) -> str:
    """The content type of a file as it may stand in a field: ``type/subtype`` in lower case, without parameters."""
    found = _MEDIA_TYPE.match(written)
    # RFC 2046 §5.1 and §5.2.1: neither multipart nor message may be encoded in base64, and all files are.
    if found is None or found["type"].lower() in ("multipart", "message"):
        return "application/octet-stream"
    return found[0].lower()


def parameter(name: str, value: str) -> list[str]:
    """A parameter of a MIME field, as tokens between which a line may be folded.

    A quoted string where all readers agree what that says, else RFC 2231 §4 in UTF-8, in pieces (§3) where it is long.
    """
    value = plain(value)
    if len(value) <= _PARAMETER_ROOM and _UNDISPUTED.fullmatch(value) and "=?" not in value:
        return [f'{name}="{value}"']
    quoted = [quote(char, safe=_ATTRIBUTE_SAFE) for char in value]
    cuts = list(_cuts([len(char) for char in quoted], _PARAMETER_ROOM - len(_CHARSET), _PARAMETER_ROOM))
    pieces = ["".join(quoted[cut]) for cut in cuts]
    pieces[0] = _CHARSET + pieces[0]
    if len(pieces) == 1:
        return [f"{name}*={pieces[0]}"]
    return [f"{name}*{n}*={piece}" for n, piece in enumerate(pieces)]


def encoded_words(text: str, column: int) -> list[str]:
    """The text in words of at most 75 octets (RFC 2047 §2), B or Q, whichever is shorter; each holds whole characters.

    ``column`` is where the first word will stand: it is made to fit on that line, which may have 76.
    """
    first = min(ENCODED_LINE_OCTETS - column, ENCODED_WORD_OCTETS) - _WORD_FRAME
    rest = ENCODED_WORD_OCTETS - _WORD_FRAME
    octets = text.encode()
    quoted = "".join([_Q[octet] for octet in octets])
    if len(quoted) <= (len(octets) + 2) // 3 * 4:
        if len(quoted) <= first:
            return [f"=?utf-8?q?{quoted}?="]
        chars = ["".join([_Q[octet] for octet in char.encode()]) for char in text]
        return [f"=?utf-8?q?{''.join(chars[cut])}?=" for cut in _cuts([len(char) for char in chars], first, rest)]
    sizes = [len(char.encode()) for char in text]
    pieces = [text[cut].encode() for cut in _cuts(sizes, first // 4 * 3, rest // 4 * 3)]
    return [f"=?utf-8?b?{b2a_base64(piece, newline=False).decode()}?=" for piece in pieces]


def _phrase(name: str, column: int) -> list[str]:
    """A display name as tokens between which a line may be folded: atoms, one quoted string, or encoded words."""
    name = plain(name)
    # A name that looks like an encoded word must not be read as one; readers differ on spaces at its ends.
    if name.isascii() and "=?" not in name and name == name.strip():
        if len(name) <= _LONGEST_PHRASE and _ATOMS.fullmatch(name):
            return name.split(" ")
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if len(quoted) <= _LONGEST_PHRASE:
            return [quoted]
    return encoded_words(name, column)


def _cuts(sizes: Sequence[int], first: int, rest: int) -> Iterator[slice]:
    """Cut a row of things of these sizes so that no piece is larger than ``rest``, nor the first than ``first``."""
    start, taken, room = 0, 0, first
    for index, size in enumerate(sizes):
        if taken + size > room:
            yield slice(start, index)
            start, taken, room = index, 0, rest
        taken += size
    yield slice(start, len(sizes))


def _folded(line: str, tokens: Sequence[str], limit: int) -> str:
    """A field that starts with ``line``, folded before tokens so that no line is longer than ``limit`` without need."""
    field = f"{line} {' '.join(tokens)}"
    if len(field) <= limit:
        return f"{field}\r\n"
    field, width = line, len(line)
    for n, token in enumerate(tokens):
        width += 1 + len(token)
        # RFC 5322 §2.2.3: the first line stays with the field's name, some readers lose it otherwise.
        if n and width > limit:
            field += "\r\n"
            width = 1 + len(token)
        field += f" {token}"
    return f"{field}\r\n"
