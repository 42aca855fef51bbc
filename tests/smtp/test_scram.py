"""SCRAM-SHA-256 and SASLprep: the standards' examples, an independent server, and servers that lie."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scramp import ScramMechanism

from postroom.smtp import scram
from postroom.smtp.saslprep import prepare

# RFC 7677 §3
NONCE = "rOprNGfwEbeRWgbNEkqO"
CHALLENGE = f"r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

characters = st.characters(codec="utf-8", categories=["L", "N", "P", "S"], max_codepoint=0x17F)


def test_the_example_of_the_standard() -> None:
    assert scram.introduction("user", NONCE) == f"n,,n=user,r={NONCE}"
    proof = scram.prove("user", "pencil", NONCE, CHALLENGE)
    assert proof.message == (
        f"c=biws,r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    assert scram.is_server(proof, FINAL)
    other = b64encode(bytes([proof.signature[0] ^ 1]) + proof.signature[1:]).decode()
    for lie in ("", "v=", f"v={other}", f"v={FINAL}", FINAL[:-4], "e=other-error"):
        assert not scram.is_server(proof, lie)


@settings(max_examples=10)
@given(username=st.text(characters, min_size=1, max_size=9), password=st.text(characters, min_size=1, max_size=9))
def test_an_independent_server_lets_in_who_knows_the_password(username: str, password: str) -> None:
    mechanism = ScramMechanism("SCRAM-SHA-256")
    kept = mechanism.make_auth_info(password, iteration_count=4096, salt=b"0123456789abcdef")
    server = mechanism.make_server(lambda asked: kept if asked == prepare(username, stored=False) else None)
    server.set_client_first(scram.introduction(username, "fyko+d2lbbFgONRv9qkxdawL"))
    proof = scram.prove(username, password, "fyko+d2lbbFgONRv9qkxdawL", server.get_server_first())
    server.set_client_final(proof.message)
    assert scram.is_server(proof, server.get_server_final())


@pytest.mark.parametrize(
    ("challenge", "fault"),
    [
        (CHALLENGE.replace("i=4096", "i=4095"), "4095 iterations"),
        (CHALLENGE.replace("i=4096", "i=1000000000"), "1000000000 iterations"),
        (CHALLENGE.replace("i=4096", f"i={'9' * 40}"), "not SCRAM's"),
        (CHALLENGE.replace("i=4096", "i=-1"), "not SCRAM's"),
        (CHALLENGE.replace("i=4096", "i=٤٠٩٦"), "not SCRAM's"),
        (CHALLENGE.replace("W22Z", "W2-Z"), "not SCRAM's"),
        (CHALLENGE.replace(NONCE, NONCE[:-1]), "does not continue ours"),
        (f"r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "does not continue ours"),
        (f"m=new,{CHALLENGE}", "not SCRAM's"),
        ("", "not SCRAM's"),
    ],
)
def test_servers_that_lie(challenge: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        scram.prove("user", "pencil", NONCE, challenge)


def test_names_with_the_separators_of_the_message() -> None:
    assert scram.introduction("a=b,c", NONCE) == f"n,,n=a=3Db=2Cc,r={NONCE}"
    with pytest.raises(ValueError, match="empty"):
        scram.introduction("\xad", NONCE)


@pytest.mark.parametrize(
    ("text", "prepared"),
    [  # RFC 4013 §3, and what it says of spaces
        ("I\xadX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\xaa", "a"),
        ("\u2168", "IX"),
        ("a\xa0b c", "a b c"),
        ("\u0627\u0628", "\u0627\u0628"),
    ],
)
def test_texts_have_one_form(text: str, prepared: str) -> None:
    assert prepare(text, stored=True) == prepared


@pytest.mark.parametrize("text", ["\x07", "\u0627\x31", "\u0627a\u0627", "a\u2028", "\ud800", "\ue000"])
def test_texts_without_a_form(text: str) -> None:
    with pytest.raises(ValueError, match="SASLprep") as caught:
        prepare(text, stored=False)
    assert text not in str(caught.value)


def test_what_unicode_3_did_not_know_may_be_asked_for_and_not_kept() -> None:
    assert prepare("\U0001f600", stored=False) == "\U0001f600"
    with pytest.raises(ValueError, match="does not know"):
        prepare("\U0001f600", stored=True)
