"""What we compose, read by SpamAssassin: it finds nothing to blame in the form of a message."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import structs

from postroom.mail.compose import compose
from postroom.mail.draft import Stream
from postroom.mail.notice import notice
from postroom.mail.piece import Stamp, personal
from tests.mail.keys import ed25519, rsa
from tests.mail.letters import DATED_AT, box, file_ref, letter, read
from tests.mail.test_golden import CASES, asked
from tests.mail.test_report import NOW, ORIGIN, missed, report
from tests.peers.debian import TREE, environment, program
from tests.peers.test_dkim import signed

# Rules that hold of a good message, too, and why that is no fault of its form.
ALLOWED: Final[Mapping[str, str]] = {
    "HTML_MESSAGE": "says that there is HTML",
    "RCVD_ILLEGAL_IP": "of the way here, which is made up: the address is one for documents",
    "HTML_IMAGE_ONLY_04": "of what was written: two mails of the golden ones are a picture and three words",
    "WEIRD_PORT": "of what was written: a notice names the server that refused, with its port",
}

# How it came to a server that judges it: rules about the way need one, and a name that was looked up.
CAME: Final = (
    b"Received: from mail.example.com (mail.example.com [192.0.2.7])\r\n"
    b"\tby mx.example.net with ESMTPS id 4711\r\n\tfor <cleo@example.net>; Thu, 9 Oct 2025 08:53:21 +0000\r\n"
)
WORDS: Final = "Dear Cleo, your order of the ninth is on its way to you, and this is what we have put into the parcel. "


def judged(folder: Path, messages: Mapping[str, bytes]) -> dict[str, set[str]]:
    """The rules that each message breaks, by its name."""
    paths = {name: folder / str(n) for n, name in enumerate(messages)}
    for name, path in paths.items():
        path.write_bytes(CAME + messages[name])
    program("spamassassin")
    rules = (str(TREE / "usr/share/spamassassin"), str(TREE / "etc/spamassassin"))
    judge = subprocess.run(
        ["perl", str(Path(__file__).with_name("judge.pl")), *rules, *map(str, paths.values())],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert judge.returncode == 0, judge.stderr
    told = dict(line.split("\t") for line in judge.stdout.splitlines())
    return {name: set(filter(None, told[str(path)].split(","))) for name, path in paths.items()}


def everything() -> dict[str, bytes]:
    """Messages of each kind that leaves, signed."""
    found = {}
    for path in CASES:
        golden, contents = asked(path)
        stored = {ref.digest: octets for ref, octets in zip(golden.files, contents, strict=True)}
        found[path.stem] = signed(compose(golden), [rsa(), ed25519()], DATED_AT, stored)
    page = f"<h1>Your order</h1><p>{WORDS * 4}</p><p><a href='https://example.com/o/1'>See it</a></p>"
    listed = structs.replace(letter(page, subject="Your order"), stream=Stream(org_id=1, user_id=2, module="Contacts"))
    [piece] = personal(listed, listed.recipients, 7, Stamp(secret=b"x" * 32, server="https://post.example.com"))
    found["one click"] = signed(compose(piece.letter, piece.fields), [rsa()], DATED_AT, {})
    pdf = file_ref("order.pdf", b"%PDF-1.4\n" * 90, "application/pdf")
    enclosed = letter(page, subject="Your order", files=(pdf,), cc=(box("ben@example.net", "Ben Ito"),))
    found["a file"] = signed(compose(enclosed), [rsa()], DATED_AT, {pdf.digest: b"%PDF-1.4\n" * 90})
    found["a notice"] = signed(compose(notice(report(missed()), origin=ORIGIN, at=NOW)), [rsa()], NOW, {})
    return found


def test_no_rule_blames_the_form_of_a_message(tmp_path: Path) -> None:
    messages = everything()
    for octets in messages.values():
        read(octets)  # without a defect, by the standard library
    # In the same process, whose start costs most: that it is awake.
    bad = b"From: a@example.com\r\nContent-Type: text/html\r\n\r\n<p>" + WORDS.encode() + b"</p>"
    broken = judged(tmp_path, {**messages, "bad": bad})
    assert broken.pop("bad") >= {"MISSING_MID", "MISSING_DATE", "MIME_HTML_ONLY", "MISSING_SUBJECT"}
    assert {name: rules - ALLOWED.keys() for name, rules in broken.items() if rules - ALLOWED.keys()} == {}
    assert set().union(*broken.values()) == ALLOWED.keys()
