import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mail.life import Result, Stage
from postroom.smtp.reply import (
    REPLIES_OCTETS,
    REPLY_LINE_OCTETS,
    REPLY_LINES,
    BadReply,
    Reply,
    ReplyReader,
    one_line,
    outcome,
)


def read(*pieces: bytes) -> list[Reply]:
    reader = ReplyReader()
    for piece in pieces:
        reader.feed(piece)
    return list(reader.replies)


def read_to_the_end(*pieces: bytes) -> tuple[list[Reply], bool]:
    """The replies, and whether something after them was none."""
    reader = ReplyReader()
    try:
        for piece in pieces:
            reader.feed(piece)
    except BadReply:
        return list(reader.replies), True
    return list(reader.replies), False


def test_one_line() -> None:
    assert read(b"250 2.1.0 Ok\r\n") == [Reply(250, ("2.1.0 Ok",))]


def test_several_lines_are_one_reply() -> None:
    assert read(b"250-server\r\n250-SIZE 10\r\n250 HELP\r\n") == [Reply(250, ("server", "SIZE 10", "HELP"))]


@pytest.mark.parametrize("octets", [b"250\r\n", b"250 \r\n"])
def test_a_code_may_come_alone(octets: bytes) -> None:
    assert read(octets) == [Reply(250, ("",))]


def test_a_bare_lf_ends_a_line_too() -> None:
    assert read(b"250-a\n250 b\n") == [Reply(250, ("a", "b"))]


def test_what_is_not_whole_is_no_reply() -> None:
    reader = ReplyReader()
    reader.feed(b"250-a\r\n250 b")
    assert not reader.replies
    assert not reader.idle


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"\r\n",
        b"150 preliminary\r\n",
        b"650 what\r\n",
        b"25 short\r\n",
        b"2500 long\r\n",
        b"250_under\r\n",
        b"\xb2\xb3\xb9 not digits\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"250-one\r\n550 another\r\n",
        b"x" * (REPLY_LINE_OCTETS + 1),
        b"250 " + b"x" * REPLY_LINE_OCTETS + b"\r\n",
        b"250-x\r\n" * (REPLY_LINES + 1),
    ],
)
def test_garbage_is_refused(octets: bytes) -> None:
    with pytest.raises(BadReply):
        read(octets)


def test_the_replies_before_garbage_stand() -> None:
    assert read_to_the_end(b"250 a\r\n250 b\r\nwhat\r\n") == ([Reply(250, ("a",)), Reply(250, ("b",))], True)


lines = st.lists(
    st.one_of(
        st.builds(
            lambda code, mark, text: b"%d%c%s\r\n" % (code, mark, text),
            st.sampled_from([250, 354, 421, 550, 999]),
            st.sampled_from(b" -"),
            st.binary(max_size=30),
        ),
        st.binary(max_size=8),
        st.just(b"250 " + b"x" * REPLY_LINE_OCTETS),
    ),
    max_size=8,
)


@given(lines, st.data())
def test_any_split_gives_the_same_replies(found: list[bytes], data: st.DataObject) -> None:
    octets = b"".join(found)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=10)))
    pieces = [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    assert read_to_the_end(*pieces) == read_to_the_end(octets)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=50), min_size=1))
def test_what_a_server_writes_is_what_is_read(texts: list[str]) -> None:
    texts = texts[:REPLY_LINES]
    octets = b"".join(b"451-" + text.encode() + b"\r\n" for text in texts[:-1]) + b"451 " + texts[-1].encode() + b"\r\n"
    assert read(octets) == [Reply(451, tuple(texts))]


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (250, "2.1.5 Ok", "2.1.5"),
        (550, "5.1.1", "5.1.1"),
        (550, "5.1.1: no such user", None),
        (550, "5.7.123 policy", "5.7.123"),
        (550, "5.1.1234 no", None),
        (550, "5.01.1 no", None),
        (550, "4.2.2 of another class", None),
        (550, "no 5.1.1", None),
        (354, "3.0.0 no such class", None),
    ],
)
def test_enhanced_code(code: int, text: str, enhanced: str | None) -> None:
    assert Reply(code, (text,)).enhanced == enhanced


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (200, Result.ACCEPTED),
        (251, Result.ACCEPTED),
        (354, Result.DEFERRED),
        (421, Result.DEFERRED),
        (450, Result.DEFERRED),
        (471, Result.DEFERRED),
        (550, Result.REJECTED),
        (571, Result.REJECTED),
        (530, Result.DEFERRED),
        (535, Result.DEFERRED),
    ],
)
def test_result(code: int, result: Result) -> None:
    assert Reply(code, ("",)).result is result


@pytest.mark.parametrize(
    ("code", "text", "result"),
    [
        (452, "4.5.3 too many recipients", Result.DEFERRED),
        (552, "too many recipients", Result.DEFERRED),
        (552, "5.5.3 too many recipients", Result.DEFERRED),
        (552, "5.2.2 mailbox full", Result.REJECTED),
        (550, "5.1.1 who?", Result.REJECTED),
    ],
)
def test_recipient_result(code: int, text: str, result: Result) -> None:
    assert Reply(code, (text,)).recipient_result is result


def test_outcome_keeps_what_was_said() -> None:
    found = outcome(
        Reply(550, ("5.1.1 no", "such user")),
        Result.REJECTED,
        stage=Stage.ENVELOPE,
        command="RCPT TO:<a@b.example>",
        server="mx:25",
    )
    assert (found.code, found.enhanced, found.line) == (550, "5.1.1", "5.1.1 no such user")
    assert (found.command, found.server) == ("RCPT TO:<a@b.example>", "mx:25")


@given(st.text())
def test_a_line_prints(text: str) -> None:
    assert one_line(text).isprintable()
    assert len(one_line(text)) == min(len(text), 1000)


def test_a_line_is_bounded_and_of_one_colour() -> None:
    assert one_line("a\x1b[31mred\u202e\r\nb" + "x" * 2000) == ("a [31mred   b" + "x" * 2000)[:1000]


def test_who_is_not_listened_to_does_not_fill_the_memory() -> None:
    reader, said = ReplyReader(), b"250 2.0.0 " + b"x" * 100 + b"\r\n"
    most = REPLIES_OCTETS // len(said)
    for _ in range(3):
        for _ in range(most):
            reader.feed(said)
        reader.replies.clear()
    for _ in range(most):
        reader.feed(said)
    with pytest.raises(BadReply, match="more than it could be asked"):
        reader.feed(said)
