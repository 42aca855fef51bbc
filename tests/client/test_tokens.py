"""Access tokens kept for all who have the same credentials: who asks for one, and when (W 4.10)."""

import asyncio
import json
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from postroom.client import AsyncClient, Client, Credentials, Tokens, mails, user_folder
from postroom.client.tokens import Kept
from tests.cli.command import names
from tests.client.doing import BOTH, NOW, SHOWN, Driving, Scenario, by_threads, means
from tests.client.recorder import Heard, Recorder, Say, answer, granted, recording, script
from tests.client.test_octets import once, place

HOUR = 3_600_000
SPARE = 60_000
FINE = answer({"from_addresses": []})
GET = mails.from_addresses()


def tokens_asked(here: Recorder) -> int:
    return len(here.asked("/oauth/"))


def numbered() -> Say:
    """A server whose tokens are numbered; it refuses those that are in ``revoked``."""
    numbers = iter(range(1, 100))

    def say(heard: Heard) -> bytes:
        return granted(f"token{next(numbers)}") if "/oauth/" in heard.line else FINE

    return say


@pytest.mark.parametrize("drive", BOTH)
def test_one_is_asked_for_and_kept_until_shortly_before_it_ends(drive: Driving, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "tokens"
    with recording(numbered()) as here:

        def asked_at(now: int, shown: Credentials = SHOWN) -> int:
            drive(once(GET), place(here), shown, tokens=Tokens(folder), means=means(now))
            return tokens_asked(here)

        assert [asked_at(NOW), asked_at(NOW), asked_at(NOW + HOUR - SPARE - 1)] == [1, 1, 1]
        (name,) = names(folder)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / name).stat().st_mode & 0o777 == 0o600
        assert set(name) <= set("0123456789abcdef")
        assert asked_at(NOW + HOUR - SPARE) == 2
        other = Credentials(client_id="1000.ID", client_secret="sec+ret", refresh_token="another")
        assert [asked_at(NOW + HOUR, other), asked_at(NOW + HOUR)] == [3, 3]


def test_a_refused_one_is_not_given_again(tmp_path: Path) -> None:
    with recording(numbered()) as here:
        by_threads(once(GET), place(here), tokens=Tokens(tmp_path))
    (path,) = tmp_path.iterdir()
    one, two = Kept(path), Kept(path)
    first = one.find(NOW, None)
    assert first == two.find(NOW, None)
    assert first is not None
    assert one.find(NOW, first.access) is None
    # Another process gets a new one: whoever had the old one takes it.
    path.write_text(json.dumps({"access": "newer", "ends_at": NOW + 1}))
    newer = one.find(NOW, first.access)
    assert newer is not None
    assert newer.access == "newer"


def test_of_a_hundred_threads_one_asks() -> None:
    with recording(script(FINE)) as here, Client(place(here), SHOWN) as client, ThreadPoolExecutor(100) as threads:
        together = threading.Barrier(100)

        def ask(_: int) -> list[Any]:
            together.wait()
            return client.do(GET)

        assert list(threads.map(ask, range(100))) == [[]] * 100
        assert tokens_asked(here) == 1


def test_of_a_hundred_tasks_one_asks() -> None:
    async def ask(here: Recorder) -> None:
        async with AsyncClient(place(here), SHOWN) as client:
            assert await asyncio.gather(*(client.do(GET) for _ in range(100))) == [[]] * 100

    with recording(script(FINE)) as here:
        asyncio.run(ask(here))
        assert tokens_asked(here) == 1


def test_of_two_processes_and_all_their_threads_one_asks(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    with recording(script(FINE)) as here:
        processes = [context.Process(target=_ask, args=(here.url, tmp_path)) for _ in range(2)]
        for each in processes:
            each.start()
        for each in processes:
            each.join()
        assert [each.exitcode for each in processes] == [0, 0]
        assert (tokens_asked(here), len(here.asked("/bigin/"))) == (1, 20)
    assert len(names(tmp_path)) == 1


def _ask(url: str, folder: Path) -> None:
    with (
        Client(place(Recorder(say=script(FINE), url=url)), SHOWN, tokens=Tokens(folder)) as client,
        ThreadPoolExecutor(10) as threads,
    ):
        assert list(threads.map(lambda _: client.do(GET), range(10))) == [[]] * 10


def test_a_lock_keeps_others_out_though_it_vanishes_with_its_holder(tmp_path: Path) -> None:
    inside, most, held = 0, 0, 0

    def insist(_: int) -> None:
        nonlocal inside, most, held
        for _ in range(100):
            if (release := Kept(tmp_path / "one").lock()) is not None:
                inside += 1
                most, held = max(most, inside), held + 1
                inside -= 1
                release()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(insist, range(8)))
    assert (most, names(tmp_path)) == (1, [])
    assert held > 0


def test_who_waits_goes_on_when_the_one_who_asked_got_none_or_fell_asleep() -> None:
    def fails() -> Scenario:
        with pytest.raises(Exception, match="no token: invalid_code"):
            yield GET

    kept = Tokens()
    with recording(script(FINE, token=answer({"error": "invalid_code"}))) as here:
        by_threads(fails(), place(here), tokens=kept)
    with recording(script(FINE)) as here:
        shared = Tokens()
        fingerprint = SHOWN.fingerprint(here.url)
        assert shared.of(fingerprint).lock() is not None
        # Nobody releases it: after 35 seconds one goes on without.
        assert sum(by_threads(once(GET), place(here), tokens=shared)) == pytest.approx(35)


@pytest.mark.parametrize("kept", ["", "{}", "[]", '{"access": 1}', '{"access": "x", "ends_at": "soon"}'])
def test_what_cannot_be_read_is_replaced(kept: str, tmp_path: Path) -> None:
    with recording(script(FINE)) as here:
        path = tmp_path / SHOWN.fingerprint(here.url)
        path.touch(0o600)
        path.write_text(kept)
        by_threads(once(GET), place(here), tokens=Tokens(tmp_path))
        assert json.loads(path.read_text())["access"] == "1000.aa.bb"


@pytest.mark.parametrize("where", [lambda file: None, lambda file: file / "below", lambda file: Path("/proc/tokens/x")])
def test_without_a_place_everything_works_and_others_have_their_own(
    where: Callable[[Path], Path | None], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with recording(script(FINE)) as here:
        for _ in range(2):
            by_threads(once(GET), place(here), tokens=Tokens(where(tmp_path / "file")))
        assert tokens_asked(here) == 2


def test_what_is_old_goes_and_what_others_could_read_is_not_believed(tmp_path: Path) -> None:
    with recording(numbered()) as here:
        path = tmp_path / SHOWN.fingerprint(here.url)
        path.write_text(json.dumps({"access": "laid there", "ends_at": NOW + HOUR}))
        path.chmod(0o644)
        for name in ("a" * 64, "b" * 64, "somebody's own"):
            (tmp_path / name).touch()
        for name in ("a" * 64, "somebody's own"):
            os.utime(tmp_path / name, (0, 0))
        by_threads(once(GET), place(here), tokens=Tokens(tmp_path))
        assert names(tmp_path) == sorted([path.name, "b" * 64, "somebody's own"])
        assert tokens_asked(here) == 1


def test_the_place_is_the_users_cache() -> None:
    assert user_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/postroom/tokens")
    assert user_folder({"XDG_CACHE_HOME": "c", "HOME": "/h"}) == Path("/h/.cache/postroom/tokens")
    assert user_folder({"XDG_CACHE_HOME": ""}) is None
