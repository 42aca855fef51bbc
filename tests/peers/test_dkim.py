"""Signed mails are verified by dkimpy and by OpenDKIM, whatever their form; what is added on their way breaks them."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import structs

from postroom.mail.compose import Composed, compose
from postroom.mail.dkim import BodyHash, body, sign
from postroom.mail.dkim_key import Key
from postroom.mail.draft import Letter
from tests.mail.keys import ed25519, rsa
from tests.mail.letters import box, file_ref, letter, on_the_wire
from tests.mail.test_golden import CASES, asked
from tests.peers.verifiers import dkimpy, opendkim

FILE = b"\x00\r\n file  \r\n\r\n" * 4000
MANY = tuple(box(f"somebody-{n}@example.net", f"Nobody Number {n}") for n in range(12))
UNSUBSCRIBE = "List-Unsubscribe: <https://example.com/u/4711>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

# Fields that are folded, empty, long, or in encoded words; bodies with blanks where they count and where they do not.
AWKWARD: Mapping[str, Letter] = {
    "no subject": letter(subject=""),
    "blanks around the subject": letter(subject="  two  blanks \t "),
    "long subject": letter(subject="word " * 180 + "end"),
    "subject without a place to fold": letter(subject="x" * 990),
    "encoded words": letter(subject="Grüße, " * 60, sender=box("ada@example.com", "Äda " * 20)),
    "many recipients": letter(to=MANY, cc=MANY, reply_to=box("answers@example.com", 'A "quoted" name')),
    "a thread": letter(references=tuple(f"<{n}-{'x' * 60}@example.net>" for n in range(40))),
    "addresses beyond ASCII": letter(sender=box("äda@example.com"), to=(box("größe@bücher.example", "ß"),)),
    "empty body": letter("", as_text=True),
    "body of blank lines": letter("\n\n \n\t\n\n", as_text=True),
    "body of one blank": letter(" ", as_text=True),
    "blanks at the ends of lines": letter("a  \nb \t \n\n c\td\n\n\n", as_text=True),
    "no line end": letter("a", as_text=True),
    "dots and From": letter(".\n..\nFrom me\n.", as_text=True),
    "long lines": letter("x " * 2000, as_text=True),
    "umlauts": letter("Grüße   \n" * 30, as_text=True),
    "a file": letter("Hello", files=(file_ref("a  b.bin", FILE),)),
}


def signed(composed: Composed, keys: list[Key], at: int, files: Mapping[bytes, bytes]) -> bytes:
    """The octets of a message with a signature of each key."""
    hashed = BodyHash()
    octets = on_the_wire(structs.replace(composed, segments=body(composed)), files)
    for start in range(0, len(octets), 1000):
        hashed.feed(octets[start : start + 1000])
    return on_the_wire(sign(composed, keys, at=at, hashed=hashed.digest()), files)


def everything() -> dict[str, tuple[Letter, dict[bytes, bytes]]]:
    """All letters with the contents of their files."""
    found = {name: (each, {ref.digest: FILE for ref in each.files}) for name, each in AWKWARD.items()}
    for path in CASES:
        golden, contents = asked(path)
        found[path.stem] = (golden, {ref.digest: octets for ref, octets in zip(golden.files, contents, strict=True)})
    return found


def test_both_signatures_hold_before_two_judges(tmp_path: Path) -> None:
    keys = [rsa(), ed25519()]
    messages: dict[str, bytes] = {}
    alone: dict[str, bytes] = {}
    for name, (each, files) in everything().items():
        composed = compose(each, UNSUBSCRIBE)
        messages[name] = signed(composed, keys, each.dated_at, files)
        alone |= {f"{name}, {key.algorithm.value}": signed(composed, [key], each.dated_at, files) for key in keys}
    assert dkimpy(tmp_path, messages, keys) == dict.fromkeys(messages, (True, True))
    assert opendkim(tmp_path, alone, keys) == dict.fromkeys(alone, True)


def test_whatever_is_added_or_changed_breaks_them(tmp_path: Path) -> None:
    keys = [rsa(), ed25519()]
    plain = letter("Pay to account 4711.", as_text=True)
    composed = compose(plain, UNSUBSCRIBE)
    whole = signed(composed, keys, plain.dated_at, {})
    added = [
        *("From: <eve@example.org>", "To: <eve@example.org>", "Cc: <eve@example.org>", "Reply-To: <eve@example.org>"),
        *("Subject: Other", "Date: Thu, 09 Oct 2025 08:53:21 +0000", "Message-ID: <other@example.com>"),
        *("MIME-Version: 1.1", "Content-Type: text/html", "Content-Transfer-Encoding: base64"),
        *("List-Unsubscribe: <https://example.org>", "List-Unsubscribe-Post: List-Unsubscribe=Two-Click"),
    ]
    changed = {each: each.encode() + b"\r\n" + whole for each in added}
    changed["another account"] = whole.replace(b"4711.", b"4712.")
    changed["another line"] = whole + b"And more.\r\n"
    changed["another subject"] = whole.replace(b"Subject: Hello", b"Subject: hello")
    changed["a field less"] = whole.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b"")
    # What servers add on the way, and blank lines at the end, do no harm.
    harmless = {
        "untouched": whole,
        "received": b"Received: from a by b; Thu, 09 Oct 2025 08:53:21 +0000\r\nReturn-Path: <a@example.com>\r\n"
        + whole,
        "blank lines": whole + b"\r\n \r\n",
    }
    judged = dkimpy(tmp_path, changed | harmless, keys)
    assert judged == dict.fromkeys(changed, (False, False)) | dict.fromkeys(harmless, (True, True))
    assert opendkim(tmp_path, changed | harmless, keys) == dict.fromkeys(changed, False) | dict.fromkeys(harmless, True)
