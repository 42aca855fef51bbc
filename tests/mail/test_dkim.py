"""Signatures hold the standards' own example, and come to the same however a message passes."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from postroom.mail.compose import compose
from postroom.mail.dkim import BodyHash, body, body_hash, sign
from postroom.mail.dkim_key import Algorithm, Key, is_selector, private_half, public_half, record, strings
from tests.mail.keys import ed25519, rsa
from tests.mail.letters import DATED_AT, box, file_ref, letter, on_the_wire, read

# RFC 8463 §A.3, the message as it is hashed: canonical fields, the signature's own among them, and the body.
FIELDS = (
    "from:Joe SixPack <joe@football.example.com>\r\n"
    "to:Suzie Q <suzie@shopping.example.net>\r\n"
    "subject:Is dinner ready?\r\n"
    "date:Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "message-id:<20030712040037.46341.5F8J@football.example.com>\r\n"
    "dkim-signature:v=1; a=ed25519-sha256; c=relaxed/relaxed; d=football.example.com; i=@football.example.com;"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to : subject : date : message-id : from : subject : date;"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b="
)
BODY = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
SIGNATURE = "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="


def hashed(*pieces: bytes) -> bytes:
    whole = BodyHash()
    for piece in pieces:
        whole.feed(piece)
    return whole.digest()


def test_the_standards_own_example() -> None:
    key = ed25519("football.example.com")
    assert b64encode(hashed(BODY)).decode() in FIELDS
    assert b64encode(key.signature(FIELDS.encode())).decode() == SIGNATURE
    told = record(key.algorithm, public_half(key.private))
    assert told == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


# RFC 6376 §3.4.4, §3.4.5
@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        (b"", b""),
        (b"\r\n\r\n \t\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        (b"\t\r\n\r\nx", b"\r\n\r\nx\r\n"),
        (b"x \t", b"x\r\n"),
    ],
)
def test_blanks_of_a_body(written: bytes, canonical: bytes) -> None:
    assert hashed(written) == sha256(canonical).digest()


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\r", b"\n", b"x", b".", b"  y"]), max_size=30), st.data())
def test_a_body_may_pass_in_any_pieces(parts: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(parts)
    cut = data.draw(st.integers(0, len(whole)))
    assert hashed(whole[:cut], *[whole[n : n + 1] for n in range(cut, len(whole))]) == hashed(whole)


def test_a_signed_message_is_the_same_each_time_and_told_right() -> None:
    octets = b"\x00file" * 5000
    attached = letter("Grüße " * 100, files=(file_ref("a.bin", octets),), sender=box("äda@bücher.example"))
    stored = {sha256(octets).digest(): octets}
    composed = compose(attached)
    bare = replace(composed, segments=body(composed))
    keys = [rsa("xn--bcher-kva.example"), ed25519("xn--bcher-kva.example")]
    signed = sign(composed, keys, at=DATED_AT, hashed=hashed(on_the_wire(bare, stored)))
    assert signed == sign(composed, keys, at=DATED_AT, hashed=hashed(on_the_wire(bare, stored)))
    wire = on_the_wire(signed, stored)
    assert (signed.size, signed.smtputf8) == (len(wire), True)
    assert wire.endswith(on_the_wire(composed, stored))
    fields = wire[: -composed.size].decode("ascii")
    assert max(map(len, fields.split("\r\n"))) <= 78
    told = [
        dict(tag.strip().split("=", 1) for tag in each.split(";")) for each in read(wire).get_all("DKIM-Signature", [])
    ]
    assert [(tags["a"], tags["d"], tags["s"]) for tags in told] == [
        ("rsa-sha256", "xn--bcher-kva.example", "test"),
        ("ed25519-sha256", "xn--bcher-kva.example", "brisbane"),
    ]
    assert told[0]["bh"] == told[1]["bh"]
    assert {tags["t"] for tags in told} == {str(DATED_AT // 1000)}
    assert not any("l" in tags for tags in told)


def test_each_field_is_named_once_more_than_it_is_there() -> None:
    composed = compose(letter(references=("<one@example.net>",), as_text=True))
    first = composed.segments[0]
    assert isinstance(first, bytes)
    wanted = b"List-Unsubscribe: <https://example.com/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    asked = replace(composed, segments=(wanted + first,), size=composed.size + len(wanted))
    signed = sign(asked, [ed25519()], at=DATED_AT, hashed=body_hash(asked))
    tags = "".join(read(on_the_wire(signed, {}))["DKIM-Signature"].split()).split(";")
    named = next(tag for tag in tags if tag.startswith("h=")).removeprefix("h=").split(":")
    times = {name: named.count(name) for name in named}
    once = {name for name, count in times.items() if count == 1}
    assert once == {"cc", "reply-to"}  # there are none, and none can be added
    assert {"from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"} <= times.keys()
    assert {"content-type", "content-transfer-encoding", "mime-version", "in-reply-to", "references"} <= times.keys()
    assert {times[name] for name in times.keys() - once} == {2}
    assert "list-id" not in times


@pytest.mark.parametrize("made", [rsa, ed25519])
def test_a_key_can_be_kept_as_text_and_never_shows(made: Callable[[], Key]) -> None:
    key = made()
    pem = private_half(key.private)
    again = Key.read(pem, domain=key.domain, selector=key.selector)
    assert again.signature(b"x") == key.signature(b"x")
    assert again.algorithm is key.algorithm
    assert "rivate" not in repr(again)


def test_a_long_record_is_written_in_strings() -> None:
    told = record(Algorithm.RSA, public_half(rsa().private))
    pieces = strings(told)
    assert [len(each) <= 255 for each in pieces] == [True, True]
    assert "".join(pieces) == told
    assert b64decode(told.partition("p=")[2])


@pytest.mark.parametrize(
    ("selector", "allowed"),
    [
        *((good, True) for good in ("a", "r2026-1", "a.b", "a" * 60 + ".b" * 60)),
        *((bad, False) for bad in ("", "-a", "a..b", "a_b", "A", "a\n", "a" * 64, "a.b" * 80)),
    ],
)
def test_selectors(selector: str, allowed: bool) -> None:
    assert is_selector(selector, "example.com") is allowed


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        Key.read("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", domain="x.example", selector="a")
