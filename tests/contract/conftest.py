"""Each case of a module's CASES is a test of its own; the servers are shared by all."""

from collections.abc import Iterator

import pytest

from tests.contract.stage import Stage


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each row of ``CASES`` to the test that asks for ``case``."""
    if "case" in metafunc.fixturenames:
        cases = metafunc.module.CASES
        metafunc.parametrize("case", cases, ids=[each.name for each in cases])


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Where the cases are played."""
    with Stage() as made:
        yield made
