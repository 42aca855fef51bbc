"""What an operator may ask a from address's mails to tell machines."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from postroom.cli.telling import Told, with_told
from postroom.config import Settings
from postroom.errors import Misconfigured
from postroom.store.senders import Sender
from tests.world import NOW

ADA = Sender(id=1, org_id=2, user_id=3, email="ada@x.example", name="", confirmed_at=NOW, created_at=NOW)


@click.command()
@with_told
def verb(told: Told) -> None:
    """Print what was understood."""
    click.echo(f"{told.return_path} {told.plain} {told.one_click}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "None False None"),
        ("--return-path B@x.example --one-click", "B@x.example False True"),
        ("--no-return-path --no-one-click", "None True False"),
        (f"--return-path {'b' * 32}@x.example", "at most 31 characters before the @, plain ones"),
        ("--return-path b@x.example --no-return-path", "--return-path or --no-return-path"),
    ],
)
def test_words(words: str, said: str) -> None:
    assert said in " ".join(CliRunner().invoke(verb, words).output.split())


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ({"public_url": "https://post.x.example"}, ""),
        ({"accounts_server": "https://in.x.example", "public_url": "http://post.x.example"}, ""),
        ({"host": "127.0.0.1", "port": 8025}, ""),
        ({"public_url": "http://post.x.example"}, "this server is at http://post.x.example"),
        ({"host": "192.0.2.1"}, "this server is at http://192.0.2.1:8025"),
        ({"host": "0.0.0.0"}, "public_url is missing"),
        ({"port": 0}, "public_url is missing"),
    ],
)
def test_one_click_needs_a_server_that_others_can_call(settings: dict[str, object], refusal: str) -> None:
    chosen = Settings(data_dir=Path("nowhere"), **settings)  # type: ignore[arg-type]
    asking = Told(return_path=None, plain=False, one_click=True)
    if refusal:
        with pytest.raises(Misconfigured, match=refusal):
            asking.by(ADA, chosen)
    else:
        assert asking.by(ADA, chosen).one_click
    assert Told(return_path=None, plain=False, one_click=None).by(ADA, chosen) == ADA
