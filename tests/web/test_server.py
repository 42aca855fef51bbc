"""The door as a whole: what is found, who is let in, in which order one is told, and what no client can break."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from structlog.testing import capture_logs

from postroom.access.permission import Permission
from postroom.errors import Misconfigured, Unavailable
from postroom.web.call import Call
from postroom.web.param import Param
from postroom.web.refusals import Json
from postroom.web.routes import Endpoint
from postroom.web.run import serve
from postroom.web.server import PREFIXES, create
from tests.web.house import House, house
from tests.web.raw import dial, request


async def test_every_prefix_leads_to_the_same_api(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await home.headers("ZohoBigin.org.ALL,ZohoBigin.modules.ALL")
        for prefix in ("/" + "/".join(words) for words in PREFIXES):
            answer = await home.http.get(f"{home.url}{prefix}/org", headers=headers)
            assert answer.json()["org"][0]["id"] == str(home.world.org.id)
            deals, other = ("Pipelines", "Deals") if prefix == "/bigin/v2" else ("Deals", "Pipelines")
            for name, code in ((deals, "INVALID_DATA"), (other, "INVALID_MODULE"), ("Contacts", "INVALID_DATA")):
                answer = await home.http.get(f"{home.url}{prefix}/{name}/1/Emails", headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (400, code), (prefix, name)


UNKNOWN_URLS = [
    "/",
    "/bigin",
    "/bigin/",
    "/bigin/v2",
    "/bigin/v2/",
    "/bigin/v3/Contacts",
    "/bigin/v2.1/Contacts",
    "/crm/v1/Contacts",
    "/crm/v9/Contacts",
    "/CRM/v2/Contacts",
    "/api/v2/Contacts",
    "//bigin/v2/org",
    "/bigin/v2//org",
    "/bigin/v2/org/",
    "/bigin/v2/org/1",
    "/bigin/v2/Contacts/",
    "/bigin/v2/Contacts/1/",
    "/bigin/v2/Contacts//Emails",
    "/bigin/v2/Contacts/1/Emails/",
    "/bigin/v2/Contacts/1/Emails/x/y",
    "/bigin/v2/Contacts/1/Notes/x/y",
    "/bigin/v2/Contacts/1/actions",
    "/bigin/v2/Contacts/1/actions/send_mails",
    "/bigin/v2/settings",
    "/bigin/v2/settings/nothing",
    "/bigin/v2/settings/emails/actions",
    "/bigin/v2/files/1",
    "/bigin/v2/Con%20tacts",
    "/bigin/v2/%00",
    "/bigin/v2/Kont%C3%A4kte",
    "/bigin/v2/../../etc/passwd",
    "/bigin/v2/" + "x" * 10_000,
    "/" * 10_000,
]


async def test_an_unknown_url_is_told_before_anything_else(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer:
        known = await home.headers()
        for path in UNKNOWN_URLS:
            for method, headers in (("GET", {}), ("POST", known), ("PATCH", known)):
                await peer.send(request(method, path, headers))
                answer = await peer.answer()
                assert (answer.status, answer.code) == (404, "INVALID_URL_PATTERN"), (method, path)


async def test_the_order_in_which_a_request_is_judged(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        narrow, wide = await home.headers("ZohoBigin.org.READ"), await home.headers("ZohoBigin.modules.ALL")
        stale = {"Authorization": "Bearer 1000.a.b"}
        table: list[tuple[str, str, dict[str, str], int, str]] = [
            ("PATCH", "/Nothing/1/x/y/z", {}, 404, "INVALID_URL_PATTERN"),
            ("PATCH", "/Nothing", {}, 401, "AUTHENTICATION_FAILURE"),
            ("POST", "/users?type='AllUsers'", {}, 401, "AUTHENTICATION_FAILURE"),  # W 13.3
            ("PATCH", "/Nothing", {"Authorization": "Basic YTpi"}, 401, "AUTHENTICATION_FAILURE"),
            ("PATCH", "/Nothing", stale, 401, "INVALID_TOKEN"),
            ("PATCH", "/Nothing", narrow, 400, "INVALID_REQUEST_METHOD"),
            ("POST", "/Nothing", narrow, 401, "OAUTH_SCOPE_MISMATCH"),
            ("POST", "/Nothing", wide, 400, "INVALID_MODULE"),
            ("POST", "/Contacts", wide, 400, "INVALID_DATA"),
        ]
        for method, path, headers, status, code in table:
            answer = await home.http.request(method, home.api + path, headers=headers, content=b"{")
            assert (answer.status_code, answer.json()["code"]) == (status, code), (method, path)
            assert answer.headers["content-type"] == "application/json;charset=UTF-8"
            assert answer.json().keys() == {"code", "details", "message", "status"}
            assert ("www-authenticate" in answer.headers) is (status == 401)


async def test_an_expired_token(tmp_path: Path) -> None:
    now = 1_760_000_000_000
    async with house(tmp_path, clock=lambda: now) as home:
        headers = await home.headers("ZohoBigin.org.READ")
        answer = await home.http.get(f"{home.api}/org", headers=headers)
        assert (answer.status_code, answer.headers["x-accesstoken-reset"]) == (200, "2025-10-09T09:53:20+00:00")
        now += 3_600_000
        answer = await home.http.get(f"{home.api}/org", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
        assert "x-accesstoken-reset" not in answer.headers


async def test_both_words_of_the_header_in_any_case(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        token = (await home.headers("ZohoBigin.org.READ"))["Authorization"].split()[1]
        for name, word in (
            ("Authorization", "Zoho-oauthtoken"),
            ("authorization", "Bearer"),
            ("AUTHORIZATION", "bearer"),
        ):
            answer = await home.http.get(f"{home.api}/org", headers={name: f"{word} {token}"})
            assert answer.status_code == 200


async def test_options_and_head(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        answer = await home.http.options(f"{home.api}/Contacts")
        assert (answer.status_code, answer.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, POST, PUT")
        assert "content-type" not in answer.headers
        headers = await home.headers("ZohoBigin.org.READ")
        wrong = await home.http.delete(f"{home.api}/org", headers=headers)
        assert (wrong.status_code, wrong.headers["allow"]) == (400, "GET, HEAD, OPTIONS")
        got = await home.http.get(f"{home.api}/org", headers=headers)
        head = await home.http.head(f"{home.api}/org", headers=headers)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == got.headers["content-length"]


async def test_one_connection_serves_many_requests_also_sent_ahead(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer:
        headers = await home.headers("ZohoBigin.org.READ")
        both = request("GET", "/bigin/v2/org", headers) + request("GET", "/nothing")
        await peer.send(both * 20)
        for _ in range(20):
            assert (await peer.answer()).status == 200
            assert (await peer.answer()).status == 404


async def test_queries_as_node_writes_them(tmp_path: Path) -> None:
    """W 13.1: a trailing &, raw commas, and Content-Length: 0 on GET."""
    async with house(tmp_path) as home, dial(home.url) as peer:
        headers = {**await home.headers("ZohoBigin.modules.ALL"), "Content-Length": "0", "X-ZOHO-SDK": "Linux/6/node"}
        await peer.send(request("GET", "/bigin/v2/Contacts?fields=Last_Name,Email&per_page=5&", headers))
        answer = await peer.answer()
        assert (answer.status, b"Dahl" in answer.body) == (200, True)


async def test_a_nul_in_the_query(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await home.headers("ZohoBigin.modules.ALL")
        answer = await home.http.get(f"{home.api}/Contacts?fields=a%00", headers=headers)
        assert (answer.status_code, answer.json()["details"]) == (400, {"param_name": "fields"})


BROKEN_CHUNKS = (b"\nx\r\n", b"\n-1\r\n", b"\nffffffffffffffffff\r\n", b"xchunked\r\n\r\n0\r\n\r\n")
MALFORMED = [
    b"\r\n\r\n\r\nBREW /bigin/v2/org HTTP/1.1\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/1.1 x\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / SMTP/1.1\r\n\r\n",
    b"get / HTTP/1.1\r\n\r\n",
    b"EHLO postroom\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET \xff HTTP/1.1\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /bigin/v2/org HTTP/1.1\r\nHost a\r\n\r\n",
    b"GET /bigin/v2/org HTTP/1.1\r\n: a\r\n\r\n",
    b"GET /bigin/v2/org HTTP/1.1\r\nA b: c\r\n\r\n",
    b"GET /bigin/v2/org HTTP/1.1\r\nA: b\0c\r\n\r\n",
    b"GET /bigin/v2/org HTTP/1.1\r\nA: b\rc\r\n\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nContent-Length: 1 1\r\n\r\nx",
    b"POST /oauth/v2/token HTTP/1.1\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    b"POST /oauth/v2/token HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST /oauth/v2/token HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
]


async def test_what_is_no_http_is_refused_in_the_shape_of_all_refusals(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for octets in MALFORMED:
            async with dial(home.url) as peer:
                await peer.send(octets)
                answer = await peer.answer()
                code = "INVALID_DATA" if octets.endswith(BROKEN_CHUNKS) else "INVALID_REQUEST_METHOD"
                assert (answer.status, answer.code) == (400, code), octets[:60]
                assert await peer.closed(), octets[:60]
        assert (await home.http.get(home.url)).status_code == 404


HUGE = [
    b"GET /bigin/v2/org HTTP/1.1\r\n" + b"A: " + b"b" * 70_000 + b"\r\n\r\n",
    b"GET /bigin/v2/org HTTP/1.1\r\n" + b"A: b\r\n" * 70_000 + b"\r\n",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
]


async def test_a_head_beyond_all_measure_is_called_so(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for octets in HUGE:
            async with dial(home.url) as peer:
                await peer.send(octets)
                answer = await peer.answer()
                assert (answer.status, answer.code) == (413, "LIMIT_EXCEEDED"), octets[:60]
                assert b'"details":{"limit":65536}' in answer.body
                assert await peer.closed(), octets[:60]


H2C = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
WEBSOCKET = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}


@pytest.mark.parametrize("wish", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
async def test_upgrades_are_passed_over(tmp_path: Path, wish: dict[str, str]) -> None:
    """RFC 9110 §7.8. Java's client, and curl --http2, ask for HTTP/2 with each request, bodies included."""
    async with house(tmp_path) as home, dial(home.url) as peer:
        headers = await home.headers("ZohoBigin.modules.ALL")
        asked = {**headers, **wish}
        listing = "/bigin/v2/Contacts?fields=Last_Name"
        insert = b'{"data":[{"Last_Name":"Ito"}]}'
        chunked = {**asked, "Transfer-Encoding": "chunked"}
        for octets, status in (
            (request("GET", listing, asked), 200),
            (request("POST", "/bigin/v2/Contacts", asked, insert), 201),
            (request("POST", "/bigin/v2/Contacts", chunked) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(insert), insert), 201),
            (request("GET", listing, headers), 200),
        ):
            # Whole, in two pieces, octet by octet, and with the next request right behind it.
            for pieces in ([octets], [octets[:-9], octets[-9:]], [octets[n : n + 1] for n in range(len(octets))]):
                for piece in pieces:
                    await peer.send(piece)
                assert (await peer.answer()).status == status, octets
            await peer.send(octets + request("GET", "/nothing"))
            assert ((await peer.answer()).status, (await peer.answer()).status) == (status, 404)
        answer = await home.http.get(home.url + listing, headers=headers)
        assert [each["Last_Name"] for each in answer.json()["data"]] == ["Ito"] * 8 + ["Dahl"]


async def test_connect_is_a_wrong_method(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer:
        await peer.send(request("CONNECT", "/bigin/v2/org", await home.headers()))
        answer = await peer.answer()
        assert (answer.status, answer.code) == (400, "INVALID_REQUEST_METHOD")


Handle = Callable[[Call], Awaitable[Response]]
TAKEN = tuple(Param(name=name, means="") for name in "ac")


async def _with_handler(home: House, handler: Handle) -> httpx.Response:
    """Ask an application whose only route has this handler."""
    route = Endpoint("GET", "/{module}", handler, (), Permission.VIEW, params=TAKEN)
    app = create(home.app, base_url=home.url, routes=[route])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as http:
        return await http.get("http://postroom/crm/v8/Deals?a=+b+&c=", headers=await home.headers())


async def test_a_handler_is_given_the_call(tmp_path: Path) -> None:
    async def show(call: Call) -> Response:
        return Json(
            [call.prefix, call.deals_name, dict(call.path), call.caller.user_id, call.param("a"), call.param("c")]
        )

    async with house(tmp_path) as home:
        with capture_logs() as lines:
            answer = await _with_handler(home, show)
        assert answer.json() == ["/crm/v8", "Deals", {"module": "Deals"}, home.world.user.id, "b", None]
        [line] = lines
        assert isinstance(line.pop("ms"), float)
        assert line == {
            "event": "request",
            "log_level": "info",
            "method": "GET",
            "path": "/{module}",
            "status": 200,
            "org": home.world.org.id,
        }


@pytest.mark.parametrize(
    ("error", "status", "event"),
    [
        (ZeroDivisionError("secret"), 500, "bug"),
        (Misconfigured("secret"), 500, "misconfigured"),
        (Unavailable("secret"), 503, "unavailable"),
    ],
)
async def test_a_failure_is_logged_once_and_answered(tmp_path: Path, error: Exception, status: int, event: str) -> None:
    async def fail(call: Call) -> Response:
        raise error

    async with house(tmp_path) as home:
        with capture_logs() as lines:
            answer = await _with_handler(home, fail)
        assert (answer.status_code, answer.json()["code"]) == (status, "INTERNAL_ERROR")
        assert "secret" not in answer.text
        assert [line["event"] for line in lines] == [event, "request"]


async def test_a_stream_that_breaks_is_not_taken_for_whole(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"half"
        raise OSError("the disk is gone")

    async def download(call: Call) -> Response:
        return StreamingResponse(pieces())

    async with house(tmp_path) as home:
        with capture_logs() as lines:
            answer = await _with_handler(home, download)
        assert answer.content == b"half"
        assert [(line["event"], line["status"]) for line in lines] == [("request", 500)]


async def test_a_clean_stop_finishes_what_is_in_flight(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer, dial(home.url) as idle:
        await peer.send(request("POST", "/oauth/v2/token", {"Content-Length": "11"}))
        await idle.send(request("GET", "/"))
        assert (await idle.answer()).status == 404
        home.stop.set()
        assert await idle.closed()
        with pytest.raises(ConnectionError):
            async with dial(home.url):
                pass
        await peer.send(b"client_id=x")
        answer = await peer.answer()
        assert (answer.body, answer.headers["connection"]) == (b'{"error":"general_error"}', "close")
        assert await peer.closed()


async def test_an_address_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        port = int(home.url.rpartition(":")[2])
        with pytest.raises(Misconfigured, match=f"cannot listen on 127.0.0.1:{port}"):
            await serve(home.app, host="127.0.0.1", port=port, stop=asyncio.Event(), ready=print)
        with pytest.raises(Misconfigured, match=r"cannot listen on 192\.0\.2\.1"):  # RFC 5737 §3: nobody's
            await serve(home.app, host="192.0.2.1", port=0, stop=asyncio.Event(), ready=print)


@pytest.mark.parametrize(("host", "url"), [("::1", r"http://[::1]:"), ("0.0.0.0", "http://127.0.0.1:")])
async def test_the_url_is_one_that_leads_here(tmp_path: Path, host: str, url: str) -> None:
    async with house(tmp_path) as home:
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(home.app, host=host, port=0, stop=stop, ready=ready.set_result))
        told = await ready
        assert told.startswith(url)
        assert (await home.http.get(told)).status_code == 404
        stop.set()
        await serving
