import re
from base64 import b64decode
from quopri import decodestring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from postroom.mail.encoding import Base64Lines, canonical, encoded_rows, encoded_size, encoded_text

TEXTS = st.text(max_size=300) | st.text(st.sampled_from("aé=日😀 \t\n.\0\x1b"), max_size=600)


def decoded(encoding: str, octets: bytes) -> bytes:
    if encoding == "7bit":
        return octets
    return b64decode(octets) if encoding == "base64" else decodestring(octets)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\r\r\nb\n\r", "a\n\nb\n\n"),
        ("\ud83d\ude00 \ud83d x \ude00", "😀 \ufffd x \ufffd"),
    ],
)
def test_canonical(text: str, expected: str) -> None:
    assert canonical(text) == expected


@given(st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from("\r\n")))
def test_canonical_text_can_be_encoded_and_has_one_kind_of_line_end(text: str) -> None:
    result = canonical(text)
    assert "\r" not in result
    assert canonical(result) == result
    result.encode()


@given(TEXTS)
@example("a" * 998)
@example("a" * 999)
@example("é" * 200)
@example("x" * 75 + "é" + "x" * 100)
@example("a \nb\t\n ")
@example("=" * 200)
@example("\0")
def test_text_comes_back_from_lines_that_mail_can_carry(text: str) -> None:
    text = canonical(text)
    encoding, octets = encoded_text(text)
    assert decoded(encoding, octets) == text.encode().replace(b"\n", b"\r\n")
    assert octets.isascii()
    assert b"\0" not in octets
    lines = octets.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= (998 if encoding == "7bit" else 76)


@given(TEXTS)
def test_7bit_wherever_it_is_allowed_else_what_is_shorter(text: str) -> None:
    text = canonical(text)
    encoding, octets = encoded_text(text)
    plain = text.isascii() and "\0" not in text and max(map(len, text.split("\n"))) <= 998
    assert (encoding == "7bit") is plain
    if not plain:
        wire = text.encode().replace(b"\n", b"\r\n")
        assert len(octets) <= encoded_size(len(wire))
        # Every octet beyond ASCII takes three columns: a lower bound, soft line breaks not counted.
        quoted = len(wire) + 2 * sum(octet > 126 for octet in wire)
        assert encoding == "quoted-printable" or quoted + wire.count(b"=") * 2 + len(wire) // 5 > len(octets) - 80


@given(st.text(st.sampled_from("aé日😀= "), min_size=80, max_size=600))
def test_quoted_printable_breaks_no_character_and_leaves_no_blank_at_a_line_end(text: str) -> None:
    encoding, octets = encoded_text(text)
    if encoding == "quoted-printable":
        for line in octets.split(b"\r\n"):
            decodestring(line.removesuffix(b"=")).decode()
            assert not re.search(rb"[ \t]$", line)


@given(st.binary(max_size=400), st.integers(1, 100))
def test_base64_in_pieces_is_base64_in_one_piece(octets: bytes, size: int) -> None:
    lines = Base64Lines()
    pieces = [lines.feed(octets[at : at + size]) for at in range(0, len(octets), size)]
    wire = b"".join(pieces) + lines.finish()
    assert wire == encoded_rows(octets)
    assert len(wire) == encoded_size(len(octets))
    assert b64decode(wire) == octets
    rows = wire.split(b"\r\n")
    assert rows.pop() == b""
    assert all(len(row) == 76 for row in rows[:-1])
    assert all(0 < len(row) <= 76 for row in rows)


def test_base64_keeps_less_than_a_line_in_memory() -> None:
    lines = Base64Lines()
    written = sum(len(lines.feed(bytes(1000))) for _ in range(1000))
    assert encoded_size(1_000_000) - written <= 78
