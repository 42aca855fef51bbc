"""store.blobs on a real folder."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.errors import Reason, TooLarge, Unavailable
from postroom.store.blobs import CHUNK, Blobs, Stored


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for each in content:
        yield each


async def content_of(blobs: Blobs, digest: bytes) -> list[bytes]:
    return [chunk async for chunk in blobs.open(digest)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2 * CHUNK), max_size=4), st.integers(0, 255))
def test_what_went_in_comes_out(tmp_path_factory: pytest.TempPathFactory, sizes: list[int], octet: int) -> None:
    async def scenario() -> None:
        root = tmp_path_factory.mktemp("blobs")
        blobs = Blobs(root)
        parts = [bytes([octet ^ n]) * size for n, size in enumerate(sizes)]
        whole = b"".join(parts)
        stored = await blobs.put(pieces(*parts))
        assert stored == Stored(digest=hashlib.sha256(whole).digest(), size=len(whole))
        chunks = await content_of(blobs, stored.digest)
        assert b"".join(chunks) == whole
        assert all(len(chunk) == CHUNK for chunk in chunks[:-1])
        name = stored.digest.hex()
        assert files(root) == [root / name[:2] / name[2:]]

    asyncio.run(scenario())


def test_a_chunk_fills_lines_of_base64() -> None:
    assert CHUNK % 57 == 0


async def test_equal_content_is_kept_once_even_when_it_comes_together(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    stored = await asyncio.gather(*(blobs.put(pieces(b"the", b"same")) for _ in range(10)))
    assert len(set(stored)) == 1
    assert len(files(tmp_path)) == 1


async def test_over_the_limit_leaves_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    assert (await blobs.put(pieces(b"x" * CHUNK), limit=CHUNK)).size == CHUNK
    with pytest.raises(TooLarge) as refused:
        await blobs.put(pieces(b"y" * CHUNK, b"y"), limit=CHUNK)
    assert refused.value.faults[0].reason is Reason.UPLOAD_TOO_LARGE
    assert len(files(tmp_path)) == 1


async def test_a_broken_upload_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"z" * 2 * CHUNK
        assert len(files(tmp_path)) == 1  # it is really on the way
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await Blobs(tmp_path).put(broken())
    assert files(tmp_path) == []


async def test_a_cancelled_upload_leaves_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    written = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"z" * CHUNK
            written.set()

    upload = asyncio.create_task(blobs.put(endless()))
    await written.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert files(tmp_path) == []


async def test_writing_without_finish_leaves_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    async with blobs.writing() as writer:
        await writer.write(b"a" * 3 * CHUNK)
    assert files(tmp_path) == []


async def test_writing_in_pieces(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    async with blobs.writing(limit=10) as writer:
        for n in range(10):
            await writer.write(b"%d" % n)
        stored = await writer.finish()
    assert await content_of(blobs, stored.digest) == [b"0123456789"]


async def test_what_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await content_of(Blobs(tmp_path), bytes(32))


async def test_a_disk_that_refuses_is_unavailable(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    (tmp_path / "incoming").rmdir()
    with pytest.raises(Unavailable):
        await blobs.put(pieces(b"x"))


async def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    await Blobs(tmp_path).put(pieces(b"secret"))
    assert [path.stat().st_mode & 0o077 for path in files(tmp_path)] == [0]


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    Blobs(tmp_path)
    old, young = tmp_path / "incoming" / "old", tmp_path / "incoming" / "young"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    Blobs(tmp_path)
    assert files(tmp_path) == [young]
