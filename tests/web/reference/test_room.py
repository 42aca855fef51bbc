"""``/openapi.json`` and ``/reference`` over HTTP: for everybody, without a token, and sent once."""

from pathlib import Path

from tests.web.house import house

PATHS = {
    "/openapi.json": "application/json",
    "/reference": "text/html; charset=utf-8",
    "/assets/reference.css": "text/css; charset=utf-8",
}


async def test_everybody_may_read_it(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for path, kind in PATHS.items():
            answer = await home.http.get(home.url + path)
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind), path
            assert answer.headers["x-content-type-options"] == "nosniff"
            head = await home.http.head(home.url + path)
            assert (head.status_code, head.content) == (200, b"")


async def test_it_names_the_server_that_tells_it(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        told = (await home.http.get(f"{home.url}/openapi.json")).json()
        assert told["servers"] == [{"url": home.api}]
        assert home.api in (await home.http.get(f"{home.url}/reference")).text


async def test_what_somebody_has_is_not_sent_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for path in PATHS:
            first = await home.http.get(home.url + path)
            assert first.headers["cache-control"] == "no-cache"
            etag = first.headers["etag"]
            for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
                again = await home.http.get(home.url + path, headers={"If-None-Match": known})
                assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), known
            other = await home.http.get(home.url + path, headers={"If-None-Match": '"other"'})
            assert (other.status_code, other.content) == (200, first.content)


async def test_no_script_runs_on_the_page_and_nothing_comes_from_elsewhere(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        page = await home.http.get(f"{home.url}/reference")
        assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert page.headers["x-frame-options"] == "DENY"
        assert "<script" not in page.text
        assert "style=" not in page.text


async def test_other_methods_are_refused_as_everywhere(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for path in PATHS:
            told = await home.http.post(home.url + path)
            assert (told.status_code, told.json()["code"]) == (400, "INVALID_REQUEST_METHOD")
            assert told.headers["allow"] == "GET, OPTIONS"
