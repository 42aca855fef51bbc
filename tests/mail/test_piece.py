"""What each recipient of a mail gets: read by the standard library, and the same each time."""

from html import escape

import pytest
from msgspec.structs import replace

from postroom.mail import unsubscribe, verp
from postroom.mail.compose import compose, header
from postroom.mail.draft import Format, Letter, Stream
from postroom.mail.feedback import sender_id
from postroom.mail.piece import Piece, Stamp, is_personal, personal, whole
from postroom.mail.token import Token, Use
from tests.mail.letters import box, letter, read, texts

SECRET = bytes(range(32))
STAMP = Stamp(secret=SECRET, server="https://post.example.com")
STREAM = Stream(org_id=11, user_id=12, module="Contacts")
BOUNCES = box("bounces@example.com").address


def written(**changes: object) -> Letter:
    """A letter to three, one of whom nobody sees."""
    plain = letter(to=(box("cleo@example.net", "Cleo"),), cc=(box("dora@example.net"),), bcc=(box("eve@example.net"),))
    return replace(plain, **changes)


def octets(piece: Piece) -> bytes:
    (segment,) = compose(piece.letter, piece.fields).segments
    assert isinstance(segment, bytes)
    return segment


def test_a_mail_that_is_nobodys_in_particular_stays_whole() -> None:
    plain = written()
    piece = whole(plain, plain.recipients[1:])
    assert not is_personal(plain)
    assert not is_personal(written(format=Format.REPORT, bounces=BOUNCES, stream=STREAM))
    assert piece == Piece(letter=plain, recipients=plain.recipients[1:], return_path=plain.sender.address)


def test_each_recipient_can_unsubscribe_alone_and_all_see_the_same_names() -> None:
    mail = written(stream=STREAM)
    assert is_personal(mail)
    pieces = personal(mail, mail.recipients, 70, STAMP)
    assert [piece.recipients for piece in pieces] == [(each,) for each in mail.recipients]
    assert {piece.return_path for piece in pieces} == {mail.sender.address}
    links = set()
    for n, piece in enumerate(pieces):
        message = read(octets(piece))
        assert (message["To"], message["Cc"], message["Bcc"]) == ("Cleo <cleo@example.net>", "dora@example.net", None)
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Feedback-ID"] == f"12:Contacts:11:{sender_id('example.com')}"
        link = message["List-Unsubscribe"]
        server, _, shown = link.strip("<>").partition("/unsubscribe?token=")
        token = Token.read(shown)
        assert token is not None
        assert token.is_genuine(Use.UNSUBSCRIBE, SECRET)
        assert (server, token.addressee.mail_seq, token.addressee.n) == (STAMP.server, 70, n)
        links.add(link)
    assert len(links) == 3
    assert b"eve" not in octets(pieces[2])


@pytest.mark.parametrize("as_text", [True, False])
def test_a_text_may_show_the_link_to_its_reader(as_text: bool) -> None:
    content = "No more? ${unsubscribe_url}" if as_text else '<a href="${unsubscribe_url}">No more</a>'
    mail = replace(letter(content, as_text=as_text), stream=STREAM)
    (piece,) = personal(mail, mail.recipients, 70, Stamp(secret=SECRET, server="https://post.example.com/a&b"))
    message = read(octets(piece))
    link = message["List-Unsubscribe"].strip("<>")
    shown = texts(message)
    assert "https://post.example.com/a&b/unsubscribe?token=" in link
    assert link in shown["text/plain"]
    assert as_text or f'href="{escape(link)}"' in shown["text/html"]
    plain = replace(mail, stream=None, bounces=BOUNCES)
    assert personal(plain, mail.recipients, 70, STAMP)[0].letter.content == content


def test_a_return_path_names_the_recipient_and_changes_no_octet_of_the_message() -> None:
    mail = written(bounces=BOUNCES)
    first, second, _ = personal(mail, mail.recipients, 70, STAMP)
    assert octets(first) == octets(second) == octets(whole(mail, mail.recipients))
    assert first.return_path is not None
    token = verp.read(first.return_path)
    assert token is not None
    assert token.is_genuine(Use.RETURN_PATH, SECRET)
    assert str(first.return_path).startswith("bounces+")
    assert first.return_path != second.return_path


def test_who_is_tried_again_gets_the_very_same() -> None:
    mail = written(bounces=BOUNCES, stream=STREAM)
    assert personal(mail, mail.recipients[2:], 70, STAMP) == personal(mail, mail.recipients, 70, STAMP)[2:]


def test_a_senders_id_is_of_the_length_that_google_wants_and_stays() -> None:
    assert sender_id("example.com") == "649941c6a3ed"
    assert 5 <= len(sender_id("example.com")) <= 15


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (written(), None),
        (written(is_own=True), "auto-generated"),
        (written(is_own=True, format=Format.REPORT), "auto-replied"),
    ],
)
def test_machines_are_told_what_a_machine_wrote(of: Letter, said: str | None) -> None:
    (*_, fields) = header(of).partition("Auto-Submitted: ")
    assert (fields.rstrip() or None) == said


@pytest.mark.parametrize(
    ("server", "can"),
    [
        ("https://post.example.com", True),
        ("https://post.example.com:8443/mail", True),
        ("http://127.0.0.1:8025", True),
        ("http://[::1]:8025", True),
        ("http://localhost:8025", True),
        ("http://post.example.com", False),
        ("http://localhost.example.com", False),
        ("ftp://127.0.0.1", False),
        ("", False),
        ("https://post.example.com/\r\nBcc: eve@example.net", False),
        ("https://post.example.com/>,<https://evil.example", False),
        (f"https://post.example.com/{'a' * 800}", False),
    ],
)
def test_links_lead_to_servers_that_others_can_trust(server: str, can: bool) -> None:
    assert unsubscribe.can_serve(server) is can
