"""Tokens are read back whatever became of their case, and nobody makes or changes one without the secret."""

import pytest

from postroom.mail.token import CHARACTERS, Addressee, Token, Use, token

SECRET = bytes(range(32))
ADDRESSEES = [
    Addressee(mail_seq=1, n=0),
    Addressee(mail_seq=123_456_789, n=149),
    Addressee(mail_seq=2**48 - 1, n=2**15 - 1),
]


@pytest.mark.parametrize("addressee", ADDRESSEES)
@pytest.mark.parametrize("use", Use)
def test_a_token_is_read_back_in_any_case(addressee: Addressee, use: Use) -> None:
    made = token(addressee, use, SECRET)
    assert (len(made), made.isascii(), made.isalnum(), made.lower()) == (CHARACTERS, True, True, made)
    for written in (made, made.upper(), made.title()):
        read = Token.read(written)
        assert read is not None
        assert (read.addressee, read.is_genuine(use, SECRET)) == (addressee, True)


def test_it_is_always_the_same() -> None:
    assert token(ADDRESSEES[1], Use.RETURN_PATH, SECRET) == "aaaaow6ncuajk3rc7juoxzmzcqirm62v"


def test_no_other_secret_use_or_addressee_fits() -> None:
    made = token(ADDRESSEES[1], Use.UNSUBSCRIBE, SECRET)
    read = Token.read(made)
    assert read is not None
    assert not read.is_genuine(Use.RETURN_PATH, SECRET)
    assert not read.is_genuine(Use.UNSUBSCRIBE, SECRET[1:])
    for n in range(CHARACTERS):
        changed = Token.read(f"{made[:n]}{'a' if made[n] != 'a' else 'b'}{made[n + 1 :]}")
        assert changed is not None
        assert not changed.is_genuine(Use.UNSUBSCRIBE, SECRET)


def test_a_place_that_no_recipient_has_is_none() -> None:
    assert Token.read(token(Addressee(mail_seq=1, n=2**15), Use.UNSUBSCRIBE, SECRET)) is None


@pytest.mark.parametrize(
    "text", ["", "a" * 31, "a" * 33, "1" * 32, f"{'a' * 31}=", f"{'a' * 31}\n", "ı" * 32, "ſ" * 32]
)
def test_what_cannot_be_a_token_is_none(text: str) -> None:
    assert Token.read(text) is None
