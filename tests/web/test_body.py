"""Bodies: JSON whatever it is called, bounded in octets and in depth, refused before they are read."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from postroom.errors import Fault, Invalid, Reason, TooLarge
from postroom.mail.limits import BODY_OCTETS, JSON_DEPTH
from postroom.web.body import read, read_json
from tests.web.house import house
from tests.web.raw import PIECE, dial, request

MIB = 1024 * 1024


def arriving(*pieces: bytes, headers: dict[str, str] | None = None, whole: bool = True) -> Request:
    """A request whose body comes in these pieces; not ``whole``: the client goes away then."""
    messages: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b""} if whole else {"type": "http.disconnect"})

    async def receive() -> Message:
        return messages.pop(0)

    raw = [(name.encode(), value.encode()) for name, value in (headers or {"transfer-encoding": "chunked"}).items()]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive)


def fault(*pieces: bytes) -> Fault:
    with pytest.raises(Invalid) as refusal:
        asyncio.run(read_json(arriving(*pieces)))
    return refusal.value.faults[0]


def refused(*pieces: bytes) -> Reason:
    return fault(*pieces).reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"data":[{}]}', {"data": [{}]}),
        (b'\xef\xbb\xbf{"a":"\\u00fc\\/"}', {"a": "ü/"}),
        ('{"a":"ü😀"}'.encode(), {"a": "ü😀"}),
        (b" [1, -0, 1.5e3]\n", [1, 0, 1500.0]),
        (b"[4876876000000624001, 123456789012345678901]", [4876876000000624001, 123456789012345678901]),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"null", None),
        (b'{"a":"\\\\u0000"}', {"a": "\\u0000"}),
    ],
)
def test_json_as_clients_write_it(text: bytes, value: Any) -> None:
    assert asyncio.run(read_json(arriving(text))) == value
    assert asyncio.run(read_json(arriving(*(text[n : n + 1] for n in range(len(text)))))) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":01}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\xff"}',
        b'{"a":"\x00"}',
        b'{"a":"\\u0000"}',
        b'{"a\\u0000":1}',
        b'{"a":"\\ud800"}',
        b'{"a":"\n"}',
        b"a=1&b=2",
        '{"a":1}'.encode("utf-16"),
        b"[" * 100_000,
        b"[" * (JSON_DEPTH + 1) + b"]" * (JSON_DEPTH + 1),
        b'{"a":' * (JSON_DEPTH + 1) + b"1" + b"}" * (JSON_DEPTH + 1),
    ],
)
def test_what_is_no_json(text: bytes) -> None:
    assert refused(text) is Reason.BODY_UNREADABLE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'{"a":"\\u0000"}', "U+0000"),
        (b'{"a":"\\ud800"}', "half of a surrogate pair"),
        (b'{"a":"\\uDC00x"}', "half of a surrogate pair"),
        (b"[" * (JSON_DEPTH + 1) + b"]" * (JSON_DEPTH + 1), f"more than {JSON_DEPTH}"),
    ],
)
def test_what_is_json_is_not_called_none(text: bytes, told: str) -> None:
    assert told in str(fault(text).details["reason"])
    assert not fault(b"{").details


@pytest.mark.parametrize("inmost", [b"", b"1", b'"x"'])
def test_the_deepest_that_is_taken(inmost: bytes) -> None:
    text = b"[" * JSON_DEPTH + inmost + b"]" * JSON_DEPTH
    assert asyncio.run(read_json(arriving(text))) == json.loads(text)


def test_many_brackets_are_not_depth() -> None:
    value = {"data": [{"content": "{[" * 100}] * 100}
    assert asyncio.run(read_json(arriving(json.dumps(value).encode()))) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_the_standard_library_writes_what_we_read(value: Any) -> None:
    try:
        text = json.dumps(value).encode()
        found = asyncio.run(read_json(arriving(text)))
    except Invalid:
        assert "\\u0000" in json.dumps(value) or "\\ud" in json.dumps(value)
        return
    assert found == value


@given(st.binary())
def test_no_octets_do_worse_than_be_refused(octets: bytes) -> None:
    with suppress(Invalid):
        asyncio.run(read_json(arriving(octets)))


def test_what_is_announced_too_large_is_not_waited_for() -> None:
    with pytest.raises(TooLarge) as refusal:
        asyncio.run(read(arriving(b"x", headers={"content-length": "11"}), 10))
    assert refusal.value.faults[0].details == {"limit": 10}


def test_what_turns_out_too_large_is_not_read_on() -> None:
    asked = arriving(b"x" * 6, b"x" * 6, b"x" * 6)
    with pytest.raises(TooLarge):
        asyncio.run(read(asked, 10))
    assert asyncio.run(read(asked, 10)) == b"x" * 6  # the piece after those that decided


def test_a_client_that_goes_away() -> None:
    with pytest.raises(ClientDisconnect):
        asyncio.run(read(arriving(b"x", whole=False), 10))


async def test_a_large_body_is_refused_by_its_announcement(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer:
        fields = {**await home.headers(), "Content-Length": str(BODY_OCTETS + 1)}
        await peer.send(request("POST", "/bigin/v2/Contacts/1/actions/send_mail", fields))
        answer = await peer.answer()
        assert (answer.status, answer.code, answer.headers["connection"]) == (413, "LIMIT_EXCEEDED", "close")


async def test_the_answer_reaches_a_client_that_goes_on_sending(tmp_path: Path) -> None:
    """Without a pause before the close, its unread octets would reset the connection and destroy the answer."""
    async with house(tmp_path) as home, dial(home.url) as peer:
        await peer.send(request("POST", "/oauth/v2/token", {"Content-Length": str(4 * MIB)}))
        assert await peer.pour(b"x" * PIECE, 4 * MIB // PIECE) == 4 * MIB // PIECE
        answer = await peer.answer()
        assert (answer.status, answer.code) == (413, "LIMIT_EXCEEDED")
        assert await peer.closed()


async def test_an_endless_body_is_cut(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer:
        await peer.send(request("POST", "/oauth/v2/token", {"Transfer-Encoding": "chunked"}))
        piece = b"%x\r\n%b\r\n" % (PIECE, b"x" * PIECE)
        pouring = asyncio.create_task(peer.pour(piece, 1_000_000))
        answer = await peer.answer()
        assert (answer.status, answer.code) == (413, "LIMIT_EXCEEDED")
        assert await pouring < 1_000_000


async def test_a_refusal_leaves_a_small_unread_body_and_the_connection_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer:
        for _ in range(3):
            await peer.send(request("POST", "/bigin/v2/Contacts", body=b'{"data":[]}'))
            answer = await peer.answer()
            assert (answer.status, answer.code) == (401, "AUTHENTICATION_FAILURE")
            assert "connection" not in answer.headers


async def test_expect_is_honoured_only_where_the_body_is_wanted(tmp_path: Path) -> None:
    """RFC 9110 §10.1.1, as PHP and curl use it."""
    async with house(tmp_path) as home:
        waiting = {"Expect": "100-continue", "Content-Length": "11"}
        async with dial(home.url) as peer:
            await peer.send(request("POST", "/bigin/v2/Contacts", waiting))
            assert (await peer.answer()).status == 401
        async with dial(home.url) as peer:
            await peer.send(request("POST", "/oauth/v2/token", waiting))
            assert (await peer.answer()).status == 100
            await peer.send(b"client_id=x")
            assert (await peer.answer()).body == b'{"error":"general_error"}'


async def test_a_client_that_breaks_off_harms_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for octets in (
            request("POST", "/oauth/v2/token", {"Content-Length": "100"}) + b"client_id=",
            request("POST", "/bigin/v2/files", {**await home.headers("ZohoBigin.files.ALL"), "Content-Length": "9"}),
            b"POST /oauth/v2/token HT",
        ):
            async with dial(home.url) as peer:
                await peer.send(octets)
        assert (await home.http.post(f"{home.url}/oauth/v2/token")).json() == {"error": "general_error"}


async def test_a_client_that_stalls_is_dropped_and_a_request_without_its_body_answered(tmp_path: Path) -> None:
    async with house(tmp_path, patience=0.1) as home:
        for octets in (b"", b"GET /bigin/v2/org HTTP/1.1\r\nHost: a"):
            async with dial(home.url) as peer:
                await peer.send(octets)
                assert await peer.closed(), octets
        for octets in (
            request("POST", "/oauth/v2/token", {"Content-Length": "100"}) + b"client_id=",
            request("POST", "/oauth/v2/token", {"Transfer-Encoding": "chunked"}) + b"5\r\nclie",
        ):
            async with dial(home.url) as peer:
                await peer.send(octets)
                answer = await peer.answer()
                assert (answer.status, answer.code, answer.headers["connection"]) == (400, "INVALID_DATA", "close")
                assert await peer.closed(), octets
        assert (await home.http.post(f"{home.url}/oauth/v2/token")).status_code == 200


async def test_a_client_that_is_silent_between_requests_is_not(tmp_path: Path) -> None:
    async with house(tmp_path, patience=0.1) as home, dial(home.url) as stalled, dial(home.url) as idle:
        await idle.send(request("GET", "/"))
        assert (await idle.answer()).status == 404
        await stalled.send(b"GET / HT")
        assert await stalled.closed()
        await idle.send(request("GET", "/"))
        assert (await idle.answer()).status == 404
