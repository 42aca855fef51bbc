"""Access tokens kept between calls: who asks for one, and when."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from postroom.cli import envfile, tokenfile
from postroom.cli.tokenfile import Kept, TokenFile, file_name, folder
from tests.cli.command import names

HOUR = 3_600_000


class Server:
    """Gives numbered tokens that live an hour; ``open`` lets it answer."""

    def __init__(self) -> None:
        self.now = 1_760_000_000_000
        self.asked = 0
        self.began = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def ask(self) -> Kept:
        self.asked += 1
        self.began.set()
        await self.open.wait()
        return Kept(token=f"token {self.asked}", ends_at=self.now + HOUR)

    def clock(self) -> int:
        return self.now


@pytest.fixture
def server() -> Server:
    return Server()


async def test_one_is_asked_for_and_kept_until_it_ends(server: Server, tmp_path: Path) -> None:
    place = tmp_path / "cache" / "tokens"
    for _ in range(3):
        assert await TokenFile(place / "one", clock=server.clock).token(server.ask) == "token 1"
    assert names(place) == ["one"]
    assert (place / "one").stat().st_mode & 0o777 == 0o600
    assert place.stat().st_mode & 0o777 == 0o700
    server.now += HOUR - 1
    assert await TokenFile(place / "one", clock=server.clock).token(server.ask) == "token 1"
    server.now += 1
    assert await TokenFile(place / "one", clock=server.clock).token(server.ask) == "token 2"
    assert await TokenFile(place / "other", clock=server.clock).token(server.ask) == "token 3"


async def test_a_refused_one_is_not_given_again(server: Server, tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "one", clock=server.clock)
    await file.token(server.ask)
    assert await file.token(server.ask, refused="token 1") == "token 2"
    # Another process had the old one, too: it takes what the first one got.
    assert await file.token(server.ask, refused="token 1") == "token 2"
    assert server.asked == 2


async def test_of_ten_at_once_one_asks(server: Server, tmp_path: Path) -> None:
    server.open.clear()
    files = [TokenFile(tmp_path / "one", clock=server.clock) for _ in range(10)]
    waiting = [asyncio.create_task(file.token(server.ask)) for file in files]
    await server.began.wait()
    server.open.set()
    assert set(await asyncio.gather(*waiting)) == {"token 1"}
    assert server.asked == 1
    assert names(tmp_path) == ["one"]


async def test_who_waits_goes_on_when_the_one_who_asked_got_none(server: Server, tmp_path: Path) -> None:
    async def fail() -> Kept:
        raise ConnectionError

    file = TokenFile(tmp_path / "one", clock=server.clock)
    with pytest.raises(ConnectionError):
        await file.token(fail)
    assert await file.token(server.ask) == "token 1"


def test_a_lock_keeps_others_out_though_it_vanishes_with_its_holder(tmp_path: Path) -> None:
    inside, most = 0, 0

    async def fail() -> Kept:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        raise ConnectionError

    async def insist() -> None:
        file = TokenFile(tmp_path / "one")
        for _ in range(100):
            with suppress(ConnectionError):
                await file.token(fail)

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(asyncio.run, insist()) for _ in range(8)]:
            done.result()
    assert (most, names(tmp_path)) == (1, [])


@pytest.mark.parametrize("kept", ["", "ACCESS_TOKEN=x\n", "ACCESS_TOKEN=x\nENDS_AT=soon\n", "ACCESS_TOKEN='\n"])
async def test_what_cannot_be_read_is_replaced(kept: str, server: Server, tmp_path: Path) -> None:
    (tmp_path / "one").write_text(kept)
    assert await TokenFile(tmp_path / "one", clock=server.clock).token(server.ask) == "token 1"
    assert envfile.read(tmp_path / "one")["ACCESS_TOKEN"] == "token 1"


@pytest.mark.parametrize("where", [lambda file: None, lambda file: file / "below", lambda file: Path("/proc/tokens/x")])
async def test_without_a_place_everything_works_and_nothing_is_kept(
    where: Callable[[Path], Path | None], server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    file = TokenFile(where(tmp_path / "file"), clock=server.clock)
    assert [await file.token(server.ask) for _ in range(2)] == ["token 1", "token 2"]


async def test_what_is_old_goes(server: Server, tmp_path: Path) -> None:
    for name in ("old", "fresh"):
        (tmp_path / name).touch()
    os.utime(tmp_path / "old", (0, 0))
    await TokenFile(tmp_path / "one", clock=server.clock).token(server.ask)
    assert names(tmp_path) == ["fresh", "one"]


def test_the_place_is_the_users_cache() -> None:
    assert folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/postroom/tokens")
    assert folder({"XDG_CACHE_HOME": "c", "HOME": "/h"}) == Path("/h/.cache/postroom/tokens")
    assert folder({"XDG_CACHE_HOME": ""}) is None


def test_a_name_tells_credentials_apart_and_nothing_else() -> None:
    assert len({file_name("a", "b"), file_name("ab", ""), file_name("a", "c")}) == 3
    assert set(file_name("a", "b")) <= set("0123456789abcdef")
    assert tokenfile.clock() > 1_760_000_000_000
