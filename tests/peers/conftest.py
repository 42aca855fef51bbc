"""The servers, each started once in a process of the tests, when a test first asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.dovecot import dovecot
from tests.peers.exim import exim
from tests.peers.mailserver import MailServer
from tests.peers.postfix import postfix
from tests.peers.premises import Premises, premises


@pytest.fixture(scope="session")
def ground() -> Iterator[Premises]:
    """Where they stand."""
    with premises() as made:
        yield made


@pytest.fixture(scope="session")
def sasl(ground: Premises) -> Iterator[Path]:
    """The socket of Dovecot's authentication."""
    with dovecot(ground) as socket:
        yield socket


@pytest.fixture(scope="session")
def postfix_server(ground: Premises, sasl: Path) -> Iterator[MailServer]:
    """Postfix."""
    with postfix(ground, sasl) as running:
        yield running


@pytest.fixture(scope="session")
def exim_server(ground: Premises, sasl: Path) -> Iterator[MailServer]:
    """Exim."""
    with exim(ground, sasl) as running:
        yield running


@pytest.fixture(params=["postfix", "exim"])
def server(request: pytest.FixtureRequest) -> MailServer:
    """Each of them: the test runs once with each."""
    found: MailServer = request.getfixturevalue(f"{request.param}_server")
    return found
