"""One event loop and one Chromium for all tests of this room in a process; each test has a profile of its own."""

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import browser
from tests.conftest import LONGEST


@pytest.fixture(scope="session", autouse=True)
def runner() -> Iterator[asyncio.Runner]:
    """The loop: what is started on one cannot be used on another."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="session")
def chromium(runner: asyncio.Runner) -> Iterator[Browser]:
    """The browser: to start it costs more than most tests of it."""
    stack = AsyncExitStack()
    yield runner.run(stack.enter_async_context(browser()))
    runner.run(stack.aclose())


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an ``async def`` test on that loop."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    loop = pyfuncitem.funcargs["runner"]
    assert isinstance(loop, asyncio.Runner)
    loop.run(asyncio.wait_for(pyfuncitem.obj(**given), LONGEST))
    return True
