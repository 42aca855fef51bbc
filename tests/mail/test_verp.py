"""Return paths with a token: an address that any server takes, read back as it comes."""

import pytest

from postroom.mail import verp
from postroom.mail.address import Address
from postroom.mail.token import Addressee, Token, Use, token

TOKEN = token(Addressee(mail_seq=7, n=1), Use.RETURN_PATH, bytes(32))


@pytest.mark.parametrize("base", ["bounces@example.com", "b+c@example.com", f"{'b' * verp.ROOM}@münchen.example"])
def test_a_token_is_carried_and_read_back(base: str) -> None:
    address = Address.parse(base)
    assert verp.can_carry(address)
    made = verp.return_path(address, TOKEN)
    assert Address.parse(str(made)) == made
    assert len(made.local) <= 64
    for written in (str(made), str(made).upper()):
        assert verp.read(Address.parse(written)) == Token.read(TOKEN)


@pytest.mark.parametrize(
    "base",
    [
        f"{'b' * (verp.ROOM + 1)}@example.com",
        '"b b"@example.com',
        "bö@example.com",
        f"b@{'.'.join(['d' * 44] * 5)}.example",
    ],
)
def test_who_cannot_carry_one_is_told_so(base: str) -> None:
    assert not verp.can_carry(Address.parse(base))


@pytest.mark.parametrize("address", ["bounces@example.com", f"{TOKEN}@example.com", "bounces+office@example.com"])
def test_an_address_without_a_token_has_none(address: str) -> None:
    assert verp.read(Address.parse(address)) is None
