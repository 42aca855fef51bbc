"""What single words of the command line may be."""

from pathlib import Path

import click
import pytest

from postroom.cli.kinds import HOST, LINE, SHOWN_MAIL
from postroom.mail.address import Address
from tests.cli.command import postroom


@pytest.mark.parametrize("text", ["a\nb", "a\r", "\x1b[2J", "a\0", "a\x85b", "a\u2028b", "a\udcff"])
def test_a_line_is_one(text: str) -> None:
    with pytest.raises(click.BadParameter, match="holds a line end"):
        LINE.convert(text, None, None)
    assert LINE.convert("Zoë \u200d Ångström", None, None) == "Zoë \u200d Ångström"


def test_a_host_is_a_name_or_an_address() -> None:
    for right in (
        "localhost",
        "smtp_1.example.com",
        "smtp.exämple.example",
        "192.0.2.1",
        "2001:db8::1",
        "fe80::1%eth0",
    ):
        assert HOST.convert(right, None, None) == right
    for wrong in ("", "a b", "a\r\nb", "smtp.example.com:587", "https://a.example", "fe80::1%a\nb", "a" * 254):
        with pytest.raises(click.BadParameter):
            HOST.convert(wrong, None, None)


def test_a_mail_is_shown_by_its_id_or_its_return_path() -> None:
    assert SHOWN_MAIL.convert("0AB", None, None) == "0ab"
    assert SHOWN_MAIL.convert("b+a@x.example", None, None) == Address.parse("b+a@x.example")
    for wrong in ("b+a@", "xyz"):
        with pytest.raises(click.BadParameter):
            SHOWN_MAIL.convert(wrong, None, None)


async def test_names_and_reasons_are_lines(home: Path) -> None:
    for words in (
        ("blocked", "add", "a@x.example", "--reason", "a\nb"),
        ("sender", "add", "a@x.example", "--name", "a\nb"),
        ("sender", "set", "a@x.example", "--name", "a\nb"),
        ("org", "add", "a\nb", "--email", "a@x.example"),
        ("user", "add", "a@x.example", "--name", "a\nb"),
    ):
        refused = await postroom(*words, cwd=home)
        assert (refused.code, refused.err.count("\n"), "holds a line end" in refused.err) == (2, 1, True)
