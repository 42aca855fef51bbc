from base64 import b64encode
from email.message import MIMEPart
from hashlib import sha256

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postroom.mail.compose import compose, message_id, references
from postroom.mail.draft import FileRef, Mailbox
from postroom.mail.encoding import canonical
from postroom.mail.header import plain
from postroom.mail.limits import KIB, REFERENCES_PER_MAIL
from postroom.mail.text import text_of
from tests.mail.letters import DATED_AT, MAIL_ID, box, file_ref, files, letter, read, sent, texts

FRAGMENTS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<br>",
        "<b>x</b>",
        "Größe",
        "日本語",
        "😀",
        "a" * 1200,
        "\r\n",
        "\n",
        "\r",
        ".\n",
        "From x\n",
        " \n",
    ]
)
CONTENT = st.lists(FRAGMENTS | st.text(st.characters() | st.sampled_from("=\0\t .<")), max_size=8).map("".join)
WORDS = st.text(st.characters() | st.sampled_from('äö日😀 "\\\r\n=?'), max_size=40)
FILES = st.lists(
    st.tuples(
        st.text(min_size=1, max_size=60),
        st.binary(max_size=200),
        st.sampled_from(["application/pdf", "text/plain", "message/rfc822", "x\r\ny: z", "image/png; a=b"]),
    ),
    max_size=3,
)
ADDRESSES = st.sampled_from(
    ["cleo@example.net", "o'hara@bücher.example", '"a b"@example.org', "x" * 64 + "@example.com"]
)
BOXES = st.builds(box, ADDRESSES, WORDS)


def refs(stored: list[tuple[str, bytes, str]]) -> tuple[FileRef, ...]:
    return tuple(file_ref(name, octets, content_type) for name, octets, content_type in stored)


def shape(part: MIMEPart) -> object:
    """The types of a message as a tree."""
    if not part.is_multipart():
        return part.get_content_type()
    return (part.get_content_subtype(), *[shape(each) for each in part.iter_parts()])


@given(CONTENT, WORDS, FILES)
@example("", "", [])
@example("<p>x</p>\r\n", "x", [("a.txt", b"", "text/plain")])
def test_html_and_its_text_and_files_come_back(
    content: str, subject: str, stored: list[tuple[str, bytes, str]]
) -> None:
    octets = sent(letter(content, subject=subject, files=refs(stored)), *(octets for _, octets, _ in stored))
    message = read(octets)
    html = canonical(content)
    assert message["Subject"] == plain(subject)
    assert texts(message) == {"text/plain": text_of(html), "text/html": html}
    assert [(kind, octets) for kind, _, octets in files(message)] == [("attachment", octets) for _, octets, _ in stored]
    names = [part["Content-Disposition"].params["filename"] for part in message.walk() if part["Content-Disposition"]]
    assert names == [plain(name) for name, _, _ in stored]


@given(CONTENT, FILES)
@example("\x08\x80\r\n\r\n", [])
@example("\n", [])
@example("", [])
def test_text_comes_back_alone(content: str, stored: list[tuple[str, bytes, str]]) -> None:
    octets = sent(letter(content, as_text=True, files=refs(stored)), *(octets for _, octets, _ in stored))
    message = read(octets)
    # Without files the message's own line end is the last one of the text.
    end = 0 if stored else 1
    assert texts(message)["text/plain"].removesuffix("\n" * end) == canonical(content).removesuffix("\n" * end)
    assert list(texts(message)) == ["text/plain"]
    assert len(files(message)) == len(stored)


@given(BOXES, st.lists(BOXES, max_size=3), st.lists(BOXES, max_size=3), st.none() | BOXES)
def test_the_header_names_who_may_be_named(
    sender: Mailbox, cc: list[Mailbox], bcc: list[Mailbox], reply_to: Mailbox
) -> None:
    hidden = [box(f"hidden{n}@example.com", each.name) for n, each in enumerate(bcc)]
    written = letter(sender=sender, cc=tuple(cc), bcc=tuple(hidden), reply_to=reply_to)
    octets = sent(written)
    message = read(octets)
    copies = [each.mailbox for each in written.recipients if each.kind.value == "cc"]
    assert message.keys() == [
        "Date",
        "From",
        "To",
        *(["Cc"] if copies else []),
        *(["Reply-To"] if reply_to else []),
        "Subject",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
    ]
    for name, boxes in (("From", [sender]), ("Cc", copies), ("Reply-To", [reply_to] if reply_to else [])):
        found = message[name].addresses if boxes else ()
        assert [each.addr_spec for each in found] == [str(each.address) for each in boxes]
    assert b"hidden" not in octets.replace(b"hidden=\r\n", b"")


@given(WORDS, WORDS, WORDS, WORDS)
@example(*["x\r\nBcc: eve@example.com\r\n\r\n<script>"] * 4)
@example(*["x\nBcc: eve@example.com"] * 4)
@example(*["\u2028Bcc: eve@example.com", "\x85Bcc: e", "\x0bBcc: e", "\x0cBcc: e"])
def test_nothing_a_caller_writes_adds_a_field(subject: str, name: str, file_name: str, content_type: str) -> None:
    written = letter(
        subject=subject,
        sender=box("ada@example.com", name),
        to=(box("cleo@example.net", name),),
        files=(file_ref(file_name, b"x", content_type),),
    )
    message = read(sent(written, b"x"))
    assert set(message.keys()) == {"Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"}
    assert shape(message)[0] == "mixed"  # type: ignore[index]
    attached = list(message.iter_attachments())
    assert len(attached) == 1
    assert attached[0].keys() == ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]


def test_an_answer_names_the_mails_before_it() -> None:
    longest = f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 58}.com"
    before = tuple(message_id(bytes([n]) * 32, longest) for n in range(REFERENCES_PER_MAIL))
    octets = sent(letter(references=before))
    message = read(octets)
    assert (message["In-Reply-To"], tuple(message["References"].split())) == (before[-1], before)
    assert message["Subject"] == "Hello"
    assert len(octets.partition(b"\r\n\r\n")[0]) < 32 * KIB, "some servers take no longer header"
    alone = read(sent(letter()))
    assert (alone["In-Reply-To"], alone["References"]) == (None, None)


def test_of_a_long_thread_the_first_and_the_newest_are_named() -> None:
    known: tuple[str, ...] = ()
    for n in range(150):
        known = references(known, f"<{n}@x.example>")
    assert known == ("<0@x.example>", *(f"<{n}@x.example>" for n in range(51, 150)))
    assert len(known) == REFERENCES_PER_MAIL


def test_date_and_message_id_are_those_of_the_letter() -> None:
    message = read(sent(letter()))
    assert message["Date"].datetime.timestamp() * 1000 == DATED_AT
    assert message["Message-ID"] == message_id(MAIL_ID, "example.com")
    assert message_id(MAIL_ID, "example.com") != message_id(MAIL_ID[::-1], "example.com")


def test_who_knows_the_boundary_still_cannot_write_it() -> None:
    """The hash that makes boundaries is not secret once a mail has gone out."""
    content = "Hello"
    for _ in range(3):
        message = read(sent(letter(content, as_text=True, files=refs([("a", b"a", "a/b")])), b"a"))
        assert texts(message) == {"text/plain": content}
        assert len(files(message)) == 1
        content += f"\n--{message.get_boundary()}\nContent-Type: text/html\n\n--{message.get_boundary()}--"


PNG = b"\x89PNG\r\n\x1a\n\0picture"
DATA = f"data:image/png;base64,{b64encode(PNG).decode()}"


def test_pictures_are_related_parts() -> None:
    shown, other = file_ref("Grüße.png", b"shown", "image/png"), file_ref("a.pdf", b"other", "application/pdf")
    written = letter(f'<img src="{DATA}"><img src="cid:Grüße.png"><img src="{DATA}">', files=(shown, other))
    message = read(sent(written, b"shown", b"other"))
    assert shape(message) == (
        "mixed",
        ("alternative", "text/plain", ("related", "text/html", "image/png", "image/png")),
        "application/pdf",
    )
    assert files(message) == [
        ("inline", "image.png", PNG),
        ("inline", "Grüße.png", b"shown"),
        ("attachment", "a.pdf", b"other"),
    ]
    ids = [part["Content-ID"][1:-1] for part in message.walk() if part["Content-ID"]]
    assert texts(message)["text/html"] == "".join(f'<img src="cid:{ids[n]}">' for n in (0, 1, 0))
    related = next(part for part in message.walk() if part.get_content_subtype() == "related")
    assert related["Content-Type"].params["type"] == "text/html"


@settings(max_examples=40)
@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=4))
def test_every_data_image_comes_back(images: list[bytes]) -> None:
    html = "".join(f'<p>ä<img src="data:image/gif;base64,{b64encode(octets).decode()}">' for octets in images)
    message = read(sent(letter(html)))
    found = {
        f"cid:{part['Content-ID'][1:-1]}": part.get_payload(decode=True)
        for part in message.walk()
        if part["Content-ID"]
    }
    assert list(found.values()) == list(dict.fromkeys(images))
    shown = texts(message)["text/html"].replace("<p>ä<img src=", "").replace(">", " ").replace('"', "").split()
    assert [found[each] for each in shown] == images


@pytest.mark.parametrize("place", ["sender", "to", "cc", "bcc", "reply_to"])
def test_one_local_part_beyond_ascii_needs_smtputf8(place: str) -> None:
    mailbox = box("jürgen@bücher.example", "Jürgen")
    written = letter(**{place: mailbox if place in ("sender", "reply_to") else (mailbox,)})  # type: ignore[arg-type]
    # Of a blind copy the header says nothing: only its own recipient needs a server with SMTPUTF8.
    assert compose(written).smtputf8 is (place != "bcc")
    assert ("jürgen@xn--bcher-kva.example".encode() in sent(written)) is (place != "bcc")


def test_names_subject_and_domains_never_need_smtputf8() -> None:
    mailbox = box("j@bücher.example", "Jürgen")
    assert not compose(letter("ü", subject="ü", sender=mailbox, to=(mailbox,), reply_to=mailbox)).smtputf8


def test_a_text_without_pictures_or_files_is_one_part() -> None:
    assert shape(read(sent(letter("x", as_text=True)))) == "text/plain"
    assert shape(read(sent(letter("x")))) == ("alternative", "text/plain", "text/html")


def test_files_stay_references() -> None:
    composed = compose(letter(files=refs([("a", b"a" * 100, "a/b"), ("b", b"b", "a/b")])))
    assert [type(each) for each in composed.segments] == [bytes, FileRef, bytes, FileRef, bytes]


def test_a_file_shown_in_plain_text_is_an_attachment() -> None:
    written = letter("<img src=cid:a.png>", as_text=True, files=(file_ref("a.png", PNG, "image/png"),))
    assert files(read(sent(written, PNG))) == [("attachment", "a.png", PNG)]


@settings(max_examples=20)
@given(st.binary(max_size=20_000))
def test_a_large_file_comes_back(octets: bytes) -> None:
    ref = file_ref("a.bin", octets)
    message = read(sent(letter(files=(ref,)), octets))
    assert sha256(files(message)[0][2]).digest() == ref.digest
