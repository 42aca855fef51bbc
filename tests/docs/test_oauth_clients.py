"""The commands of the page on clients, typed into one shell; between them a person uses the pages, as it asks."""

import asyncio
import json
import re
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from postroom.cli import envfile
from tests.docs.shell import POSTROOM, bash, blocks, sandbox
from tests.shape.source import ROOT
from tests.web.accounts.browser import Page, Seat, browser

PAGE: Final = "docs/how-to/oauth-clients.md"
BEFORE: Final = f'[ ! -e shell ] || . ./shell\npostroom() {{ {shlex.join(POSTROOM)} "$@"; }}'
# What a reader is told to choose on the pages stands there in italics.
TO_CHOOSE: Final = set(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", (ROOT / PAGE).read_text(encoding="utf-8")))
AFTER: Final = "export -p > shell; declare -f >> shell"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Somebody with a terminal in a folder, a browser, and the variables of a sandbox."""

    folder: Path
    seat: Seat
    told: dict[str, str]

    async def type(self, commands: str) -> str:
        """What a block of the page says; what it sets is there for the next one, as in one terminal."""
        return await asyncio.to_thread(bash, self.folder, f"{BEFORE}\nset -a\n{commands}\n{AFTER}")

    async def open(self, url: str, button: str) -> Page:
        """Where a button leads; who is not signed in signs in first."""
        page = await self.seat.open(url)
        if page.path == "/signin":
            page = await self.seat.press(page, "Next", email=self.told["POSTROOM_USER"])
            page = await self.seat.press(page, "Sign in", password=self.told["POSTROOM_PASSWORD"])
        return await self.seat.press(page, button)

    async def back(self, said: str) -> Page:
        """Accept at the address that a block has said, and give the terminal the one that this ends at."""
        page = await self.open(said.rsplit(maxsplit=1)[-1], "Accept")
        await self.type(f"back={shlex.quote(page.url)}")
        return page


@asynccontextmanager
async def reader(folder: Path) -> AsyncIterator[Reader]:
    """A reader who has started a sandbox."""
    running = sandbox(folder)
    await asyncio.to_thread(running.__enter__)
    try:
        told = envfile.read(folder / "sandbox.env")
        async with browser(told["POSTROOM_ACCOUNTS_URL"]) as seat:
            yield Reader(folder=folder, seat=seat, told=told)
    finally:
        await asyncio.to_thread(running.__exit__, *sys.exc_info())


def documents(said: str) -> list[dict[str, Any]]:
    """The JSON documents at the beginning, one after the other."""
    found = []
    while (said := said.strip()).startswith("{"):
        document, end = json.JSONDecoder().raw_decode(said)
        found.append(document)
        said = said[end:]
    return found


def company(answer: dict[str, Any]) -> str:
    """Whom a token opens."""
    name: str = answer["org"][0]["company_name"]
    return name


async def offered(here: Reader) -> set[str]:
    """What can be chosen where a person sees to clients: buttons, and the texts of links and headings."""
    own = json.loads((here.folder / "self.json").read_bytes())["client_id"]
    seen = [await here.seat.open(path) for path in ("/account", "/clients", "/clients/new", f"/clients/edit?id={own}")]
    buttons = {button for page in seen for form in page.forms for button in form.buttons}
    return buttons | {each for page in seen for each in re.findall(r">([^<>\n]+)</(?:a|h2)>", page.html)}


async def test_every_flow_is_gone_through_as_written(tmp_path: Path) -> None:
    (
        register, words, own, renew, server, exchange, mobile, prove, client, use, device, poll, ending,
    ) = blocks(PAGE)  # fmt: skip
    async with reader(tmp_path) as here:
        await here.type(f"{register}\n{words}")

        (answer,) = documents(await here.type(own))
        home = company(answer)
        (renewed,) = documents(await here.type(renew))
        assert renewed["access_token"]

        arrived = await here.back(await here.type(server))
        assert arrived.url.startswith("http://localhost:8080/callback?code=")
        (answer,) = documents(await here.type(exchange))
        assert company(answer) == home
        assert json.loads((tmp_path / "tokens.json").read_bytes())["refresh_token"]

        arrived = await here.back(await here.type(mobile))
        assert arrived.url.startswith("com.example.visits:/back?code=")
        (granted,) = documents(await here.type(prove))
        assert granted["access_token"]
        assert granted["refresh_token"]

        arrived = await here.back(await here.type(client))
        assert arrived.url.startswith("http://localhost:8080/callback#access_token=")
        (answer,) = documents(await here.type(use))
        assert company(answer) == home

        _, code, _, url = (await here.type(device)).split()
        page = await here.seat.press(await here.seat.open(url), "Next", user_code=code)
        assert code in page.text
        await here.seat.press(page, "Accept")
        (granted,) = documents(await here.type(poll))
        assert granted["refresh_token"]

        assert await offered(here) >= TO_CHOOSE
        said = await here.type(ending)
        assert documents(said) == [{"status": "success"}]
        *_, listed = said.partition("off\n")
        assert "Order desk 2" in listed
        assert "Price list" not in listed
