import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from postroom.mail.limits import FILE_OCTETS
from postroom.store.tables import file
from tests.web.api.guests import Guest, error, guests

BOUNDARY = "1700000000000"
BROKEN = "failure_in_attachment_handling"

Part = tuple[str, tuple[str, bytes, str] | tuple[str, bytes]]


def part(content: bytes, name: str = "a.txt") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


LAST = f"--{BOUNDARY}--\r\n".encode()


async def upload(guest: Guest, *parts: Part) -> httpx.Response:
    return await guest.ask("POST", "/files", files=list(parts))


async def post(guest: Guest, body: bytes | AsyncIterator[bytes], header: str | None = None) -> httpx.Response:
    kind = f"multipart/form-data;boundary={BOUNDARY}" if header is None else header
    return await guest.ask("POST", "/files", content=body, headers={"Content-Type": kind})


async def kept(guest: Guest) -> tuple[int, int]:
    """How many rows and how many blobs there are, half-written ones included."""
    app = guest.house.app
    rows = await app.db.read(lambda tx: tx.execute(select(func.count()).select_from(file)).scalar_one())
    blobs = [path for path in (app.settings.data_dir / "blobs").rglob("*") if path.is_file()]
    return rows, len(blobs)


async def test_files_are_uploaded_and_come_back_as_they_were(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        big = bytes(range(256)) * 4096
        sent: list[Part] = [
            ("file", ("Übersicht 2026.csv", b"a,b\r\n\r\n--", "text/csv")),
            ("file", ("big.bin", big)),
            ("file", ("same.bin", big)),
        ]
        answer = await upload(both.own, *sent)
        assert answer.status_code == 200
        items: list[dict[str, Any]] = answer.json()["data"]
        assert [(each["code"], each["status"]) for each in items] == [("SUCCESS", "success")] * 3
        assert items[0]["message"] == "Übersicht 2026.csv uploaded Succeessfully"
        assert [each["details"]["name"] for each in items] == ["Übersicht 2026.csv", "big.bin", "same.bin"]
        assert len({each["details"]["id"] for each in items}) == 3
        # Equal content is kept once.
        assert await kept(both.own) == (3, 2)
        for (_, given), item in zip(sent, items, strict=True):
            assert len(item["details"]["id"]) == 64
            back = await both.own.get("/files", id=item["details"]["id"])
            assert back.content == given[1]
            assert back.headers["content-type"] == "application/x-download"
            assert back.headers["x-content-type-options"] == "nosniff"
        back = await both.own.get("/files", id=items[0]["details"]["id"].upper())
        assert back.headers["content-disposition"] == (
            "attachment; filename=\"_bersicht 2026.csv\"; filename*=UTF-8''%C3%9Cbersicht%202026.csv"
        )


async def test_php_s_dialect_is_understood(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        body = (
            b'\r\n--1700000000000\r\nContent-Disposition: form-data; name="file";filename="a b.txt"\r\n\r\n'
            b"hello\r\n--1700000000000--"
        )
        answer = await post(both.own, body)
        assert answer.json()["data"][0]["details"]["name"] == "a b.txt"


async def test_parts_that_are_no_file_are_passed_over(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        answer = await both.own.ask("POST", "/files?type=inline", data={"x": "y"}, files={"file": ("a", b"1")})
        assert len(answer.json()["data"]) == 1


async def test_a_file_of_20_mb_is_taken_and_one_octet_more_is_not(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        answer = await upload(both.own, ("file", ("max.bin", b"x" * FILE_OCTETS)))
        back = await both.own.get("/files", id=answer.json()["data"][0]["details"]["id"])
        assert len(back.content) == FILE_OCTETS
        before = await kept(both.own)
        over = b"x" * (FILE_OCTETS + 1)
        answer = await upload(both.own, ("file", ("small", b"1")), ("file", ("over.bin", over)))
        assert error(answer, 415, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE") == {"limit": FILE_OCTETS}
        assert await kept(both.own) == before


async def test_an_upload_that_announces_too_much_is_refused_before_it_comes(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        url = urlsplit(both.own.house.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        head = f"POST /bigin/v2/files HTTP/1.1\r\nHost: x\r\nAuthorization: {both.own.headers['Authorization']}\r\n"
        writer.write(
            f"{head}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 999999999\r\n\r\n".encode()
        )
        assert b" 415 " in await reader.readline()
        writer.close()
        assert await kept(both.own) == (0, 0)


@pytest.mark.parametrize(("count", "status"), [(10, 200), (11, 400)])
async def test_at_most_ten_files(tmp_path: Path, count: int, status: int) -> None:
    async with guests(tmp_path) as both:
        answer = await upload(both.own, *(("file", (f"{n}.txt", b"%d" % n)) for n in range(count)))
        assert answer.status_code == status
        if status == 200:
            assert [each["details"]["name"] for each in answer.json()["data"]] == [f"{n}.txt" for n in range(10)]
        else:
            assert error(answer, 400, "INVALID_REQUEST") == {"limit": 10}
            assert await kept(both.own) == (0, 0)


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (b"", None),
        (LAST, None),
        (part(b"data") + LAST, "application/json"),
        (part(b"data") + LAST, "multipart/form-data"),
        (part(b"data") + LAST, "multipart/form-data; boundary=" + "x" * 71),
        (part(b"data") + LAST, "multipart/form-data; boundary=other"),
        (part(b"data"), None),
        (part(b"data") + part(b"more")[:-20], None),
        (part(b"data") + part(b"") + LAST, None),
        (part(b"data") + part(b"more", name="") + LAST, None),
        (part(b"data").replace(b'; filename="a.txt"', b"") + LAST, None),
        (part(b"data").replace(b'"file"', b'"upload"') + LAST, None),
        (part(b"data") + part(b"x").replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 100_000 + b"\r\n\r\n") + LAST, None),
    ],
)
async def test_a_broken_upload_is_refused_and_leaves_nothing(tmp_path: Path, body: bytes, header: str | None) -> None:
    async with guests(tmp_path) as both:
        details = error(await post(both.own, body, header), 400, BROKEN)
        assert list(details) == ["reason"]
        assert await kept(both.own) == (0, 0)
        # The server is well.
        assert (await upload(both.own, ("file", ("a", b"1")))).status_code == 200


async def test_an_upload_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        url = urlsplit(both.own.house.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        head = f"POST /bigin/v2/files HTTP/1.1\r\nHost: x\r\nAuthorization: {both.own.headers['Authorization']}\r\n"
        kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 9000000\r\n"
        writer.write(f"{head}{kind}Expect: 100-continue\r\n\r\n".encode())
        # From here on the upload is under way.
        assert b" 100 " in await reader.readline()
        writer.write(part(b"x" * 1_000_000))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    # The server has stopped, so it has done with the request.
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("given", "name"),
    [("../../etc/passwd", "passwd"), (r"C:\a\b.txt", "b.txt"), ("a\x00\x07b.txt", "ab.txt"), ("..", "unnamed")],
)
async def test_a_file_name_leads_nowhere(tmp_path: Path, given: str, name: str) -> None:
    async with guests(tmp_path) as both:
        answer = await post(both.own, part(b"x", name=given) + LAST)
        assert answer.json()["data"][0]["details"]["name"] == name


async def test_a_file_is_seen_by_its_organisation_only(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        answer = await upload(both.own, ("file", ("a.txt", b"secret")))
        number = answer.json()["data"][0]["details"]["id"]
        for guest, asked in ((both.other, number), (both.own, "0" * 64), (both.own, "x"), (both.own, number[:-1])):
            refused = await guest.get("/files", id=asked)
            assert error(refused, 400, "INVALID_DATA") == {"param_name": "id"}
            assert refused.json()["message"] == "There is no file exists with the given id"
        assert error(await both.own.get("/files"), 400, "REQUIRED_PARAM_MISSING") == {"param_name": "id"}
        assert (await both.own.get("/files", id=number)).content == b"secret"


async def test_a_file_that_is_gone_from_the_disk_is_an_answer_of_its_own(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        answer = await upload(both.own, ("file", ("a.txt", b"lost")))
        for path in (both.own.house.app.settings.data_dir / "blobs").rglob("*"):
            if path.is_file():
                path.unlink()
        assert (await both.own.get("/files", id=answer.json()["data"][0]["details"]["id"])).status_code == 503
