import re
from email import message_from_string, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from postroom.mail.draft import Mailbox
from postroom.mail.header import date, encoded_words, mailboxes, media_type, parameter, plain, structured, unstructured
from tests.mail.letters import box

ANYTHING = st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from(' \r\n\0"\\=?<>,;:@'))
WORDS = st.lists(st.text(st.sampled_from("abcäö日😀=?_ .,'\"\\"), min_size=1, max_size=90), max_size=12).map(" ".join)


def read(field: str) -> EmailMessage:
    message = message_from_string(f"{field}\r\n", policy=policy.SMTPUTF8)
    assert isinstance(message, EmailMessage)
    assert len(message.keys()) == 1
    assert message.get_payload() == ""
    return message


def lines_of(field: str) -> list[str]:
    lines = field.split("\r\n")
    assert lines.pop() == ""
    assert not any(set(line) & set("\r\n\0") for line in lines)
    assert all(line[0] == " " for line in lines[1:])
    assert all(line.strip() for line in lines)
    assert max(len(line.encode()) for line in lines) <= 998
    assert all(len(line) <= 76 for line in lines if "=?utf-8?" in line)
    return lines


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (0, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"),
        (1_760_000_000_999, "Date: Thu, 09 Oct 2025 08:53:20 +0000\r\n"),
        (1_709_164_799_000, "Date: Wed, 28 Feb 2024 23:59:59 +0000\r\n"),
        (1_709_164_800_000, "Date: Thu, 29 Feb 2024 00:00:00 +0000\r\n"),
    ],
)
def test_date(moment: int, expected: str) -> None:
    assert date(moment) == expected


@given(st.integers(0, 4_000_000_000_000))
def test_the_standard_library_reads_the_date(moment: int) -> None:
    assert read(date(moment))["Date"].datetime.timestamp() == moment // 1000


@given(ANYTHING | WORDS)
@example("a" * 500)
@example("hello " * 30)
@example("hello  world " * 20)
@example(" lead and trail ")
@example("=?utf-8?q?no?=")
@example("x\r\nBcc: eve@example.com")
def test_a_subject_comes_back(text: str) -> None:
    field = unstructured("Subject", text)
    lines = lines_of(field)
    assert field.isascii()
    assert max(map(len, lines)) <= 78
    assert read(field)["Subject"] == plain(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Subject:\r\n"),
        ("Hello", "Subject: Hello\r\n"),
        ("a" * 69, f"Subject: {'a' * 69}\r\n"),
        ("Angebot für Ada", "Subject: =?utf-8?q?Angebot_f=C3=BCr_Ada?=\r\n"),
        ("日本語", "Subject: =?utf-8?b?5pel5pys6Kqe?=\r\n"),
        ("a\nb", "Subject: a b\r\n"),
        ("Hello world " * 6 + "!", f"Subject: {'Hello world ' * 5}Hello\r\n world !\r\n"),
    ],
)
def test_subjects(text: str, expected: str) -> None:
    assert unstructured("Subject", text) == expected


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(0, 20))
def test_each_encoded_word_is_short_and_holds_whole_characters(text: str, column: int) -> None:
    words = encoded_words(text, column)
    assert column + len(words[0]) <= 76
    assert all(len(word) <= 75 for word in words)
    # RFC 2047 §5 (3): what may stand in a phrase.
    assert all(re.fullmatch(r"=\?utf-8\?[qb]\?[A-Za-z0-9!*+/=_-]+\?=", word) for word in words)
    pieces = [(octets, charset) for word in words for octets, charset in decode_header(word)]
    assert "".join(octets.decode(charset) for octets, charset in pieces) == text


@given(st.text(min_size=1))
def test_words_are_in_the_shorter_encoding(text: str) -> None:
    text = plain(text)
    words = encoded_words(text, 0)
    if len(words) == 1:
        octets = text.encode()
        q = sum(1 if re.match(rb"[A-Za-z0-9 !*+/-]", bytes([octet])) else 3 for octet in octets)
        assert len(words[0]) - 12 == min(q, (len(octets) + 2) // 3 * 4)


@given(st.lists(ANYTHING | WORDS, min_size=1, max_size=6))
@example(["Byron, Ada", 'Ada "Countess" Byron', "back\\slash", "Jürgen", "", "=?utf-8?q?x?=", "a  b", " a"])
@example(['"' * 64])
@example(["x" * 255])
@example(["eve@example.com>\r\nBcc: <x@example.com"])
def test_names_and_addresses_come_back(names: list[str]) -> None:
    boxes = [box(f"ada{n}@example.com", name) for n, name in enumerate(names)]
    field = mailboxes("Reply-To", boxes)
    assert max(map(len, lines_of(field))) <= 78
    addresses = read(field)["Reply-To"].addresses
    assert [each.addr_spec for each in addresses] == [str(each.address) for each in boxes]
    # RFC 2047 §6.2: no space between encoded words; the library's newer parser sees one in names.
    written = [name for name, _ in getaddresses([field.partition(":")[2].replace("\r\n", "")])]
    assert [str(make_header(decode_header(name))) for name in written] == [plain(name) for name in names]


@pytest.mark.parametrize(
    ("mailbox", "expected"),
    [
        (box("a@example.com"), "a@example.com"),
        (box("a@example.com", "Ada Byron"), "Ada Byron <a@example.com>"),
        (box("a@example.com", "Ada K. Byron"), '"Ada K. Byron" <a@example.com>'),
        (box("a@example.com", "Jürgen"), "=?utf-8?q?J=C3=BCrgen?= <a@example.com>"),
        (box("jürgen@bücher.example", "J"), "J <jürgen@xn--bcher-kva.example>"),
        (box('"a b"@example.com'), '"a b"@example.com'),
    ],
)
def test_mailboxes(mailbox: Mailbox, expected: str) -> None:
    assert mailboxes("From", [mailbox]) == f"From: {expected}\r\n"


def test_the_longest_address_fits_a_line() -> None:
    address = f"{'ü' * 32}@{'.'.join(['b' * 60] * 3)}.com"
    lines_of(mailboxes("To", [box(address, "ü" * 255)] * 50))


@given(ANYTHING | WORDS)
@example("a.pdf")
@example("a" * 255)
@example("ü" * 127 + ".pdf")
@example('a"b\\c;d=e.pdf')
@example("100%.txt")
@example('x"\r\nContent-Type: text/html; a="')
def test_a_file_name_comes_back(name: str) -> None:
    assume(name)
    field = structured("Content-Disposition", "attachment", parameter("filename", name))
    assert field.isascii()
    assert max(map(len, lines_of(field))) <= 78
    message = read(field)
    assert message.get_content_disposition() == "attachment"
    assert message["Content-Disposition"].params["filename"] == plain(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b.pdf", ['filename="a b.pdf"']),
        ("ü.pdf", ["filename*=utf-8''%C3%BC.pdf"]),
        ("a" * 60, [f"filename*0*=utf-8''{'a' * 50}", f"filename*1*={'a' * 10}"]),
        ('"', ["filename*=utf-8''%22"]),
    ],
)
def test_file_names(name: str, expected: list[str]) -> None:
    assert parameter("filename", name) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("application/pdf", "application/pdf"),
        ("Image/PNG", "image/png"),
        ("text/csv; charset=utf-8", "text/csv"),
        ("image/svg+xml", "image/svg+xml"),
        ("", "application/octet-stream"),
        ("pdf", "application/octet-stream"),
        ("a/b/c", "application/octet-stream"),
        ("a/b c", "application/octet-stream"),
        ("text/html\r\nX: y", "application/octet-stream"),
        ("text/html\n", "application/octet-stream"),
        ("tëxt/html", "application/octet-stream"),
        ("message/rfc822", "application/octet-stream"),  # RFC 2046 §5.2.1: no base64
        ("Message/Partial", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        (f"a/{'b' * 200}", "application/octet-stream"),
    ],
)
def test_media_types(written: str, expected: str) -> None:
    assert media_type(written) == expected
