"""Chromium, driven by Playwright; each person who uses it has cookies of their own."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, async_playwright

# As requirements/browser.sh looks for it.
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# Root may use no sandbox; the rest keeps the browser from talking with anybody but us.
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
)
PATIENCE: Final = 15_000.0  # ms: how long a page may owe what a test waits for


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """One person's browser: a page, and whatever it complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    async def path(self) -> str:
        """Where the page is, without the server's name and without the query."""
        path: str = await self.page.evaluate("location.pathname")
        return path

    async def text(self) -> str:
        """What a person reads there."""
        return await self.page.inner_text("body")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser with an empty profile."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=_program(), args=FLAGS)
        try:
            yield started
        finally:
            await started.close()


@asynccontextmanager
async def seat_at(browser: Browser, **options: Any) -> AsyncIterator[Seat]:
    """A browser of somebody's own; what a page had complained of (script, policy, dialogs) fails the test at its end.

    ``options`` are Playwright's for a context.
    """
    context = await browser.new_context(**options)
    try:
        context.set_default_timeout(PATIENCE)
        made = Seat(page=await context.new_page())
        _listen(made.page, made.complaints)
        yield made
        assert made.complaints == []
    finally:
        await context.close()


def _listen(page: Page, complaints: list[str]) -> None:
    def hear(message: ConsoleMessage) -> None:
        # The page itself may be a refusal; its style sheet may not.
        of_page = message.text.startswith("Failed to load resource") and "/assets/" not in message.location["url"]
        if message.type in ("error", "warning") and not of_page:
            complaints.append(message.text)

    async def dismiss(dialog: Dialog) -> None:
        complaints.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", dismiss)


def _program() -> str:
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, (named,) if named else NAMES)), None)
    if found is None and (named or os.environ.get("CI")):
        pytest.fail(f"there is no {named or 'Chromium'}: `make browser` has one", pytrace=False)
    if found is None:
        pytest.skip("there is no Chromium: `make browser` says why")
    return found
