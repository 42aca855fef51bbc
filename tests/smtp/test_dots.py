import re
from smtplib import quotedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.smtp.dots import BareLineEnd, DotStuffer, Lines


def stuffed(*pieces: bytes) -> bytes:
    stuffer = DotStuffer()
    return b"".join([*map(stuffer.feed, pieces), stuffer.finish()])


def unstuffed(octets: bytes) -> bytes:
    """What a server makes of it (RFC 5321 §4.5.2), line by line."""
    assert octets.endswith(b"\r\n.\r\n") or octets == b".\r\n"
    lines = octets.removesuffix(b".\r\n").split(b"\r\n")
    assert b"." not in lines
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


def pieces_of(octets: bytes, data: st.DataObject) -> list[bytes]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=12)))
    return [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]


messages = st.lists(st.text("ab.\0é", max_size=4), max_size=8).map(lambda lines: "\r\n".join(lines).encode())


@given(messages, st.data())
def test_a_server_reads_what_was_sent(message: bytes, data: st.DataObject) -> None:
    whole = message if message.endswith(b"\r\n") or not message else message + b"\r\n"
    assert unstuffed(stuffed(*pieces_of(message, data))) == whole


@given(st.text("ab.\r\n", max_size=30), st.data())
def test_the_same_as_the_standard_library(text: str, data: st.DataObject) -> None:
    message = re.sub(r"\r\n|\r|\n", "\r\n", text)
    stuffer = DotStuffer()
    found = b"".join(map(stuffer.feed, pieces_of(message.encode(), data)))
    assert found == quotedata(message).encode()
    assert stuffer.octets == len(message)


@pytest.mark.parametrize(
    "pieces",
    [
        (b"a\nb",),
        (b"a\rb",),
        (b"\n.\n",),
        (b"a\r", b"b"),
        (b"a", b"\n"),
        (b"a\r\n", b"\n"),
        (b"a\r\n\r", b"\r\n"),
        (b"end\r",),
    ],
)
def test_a_bare_cr_or_lf_is_not_sent(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(BareLineEnd):
        stuffed(*pieces)


@given(
    st.binary(max_size=20).map(lambda octets: octets.translate(bytes(b"\r\n.a"[n % 4] for n in range(256)))), st.data()
)
def test_line_ends_are_judged_alike_in_any_pieces(message: bytes, data: st.DataObject) -> None:
    bare = b"\n" in (rest := message.replace(b"\r\n", b"")) or b"\r" in rest
    pieces, lines = pieces_of(message, data), Lines()
    try:
        stuffed(*pieces)
    except BareLineEnd:
        assert bare
    else:
        assert not bare
        passed = b"".join([*map(lines.feed, pieces), lines.finish()])
        assert passed.removesuffix(b"\r\n") == message.removesuffix(b"\r\n")
        assert lines.octets == len(message)
