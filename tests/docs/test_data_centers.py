"""The commands of the page on data centres, run as they are written; between them somebody signs in, as it asks."""

import json
import shlex
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from postroom.cli import envfile
from tests.docs.shell import bash, blocks, sandbox


class Form(HTMLParser):
    """The first form of a page: where it goes, and what it holds."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._forms = 0
        self.feed(page.text)
        self.url = urljoin(str(page.url), self.action)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._forms += tag == "form"
        if self._forms != 1:
            return
        if tag == "form":
            self.action = given["action"]
        elif tag == "input" and given.get("name"):
            self.fields[given["name"] or ""] = given.get("value") or ""


def visit(start: str, email: str, password: str) -> str:
    """Sign in wherever the pages lead, and accept; the address at which that ends, where nobody listens."""
    answers = {"email": email, "password": password}
    with httpx.Client(trust_env=False, follow_redirects=True) as browser:
        page = browser.get(start)
        while "/oauth/v2/auth" not in str(page.url):
            form = Form(page)
            page = browser.post(form.url, data={name: answers.get(name, held) for name, held in form.fields.items()})
        form = Form(page)
        page = browser.post(form.url, data={**form.fields, "decision": "accept"}, follow_redirects=False)
    return str(page.headers["Location"])


def test_two_centres_are_tried_as_written(tmp_path: Path) -> None:
    start, ask, exchange, send, strangers = blocks("docs/how-to/data-centers.md")
    with sandbox(tmp_path, "--centers", "us,eu") as folder:
        env = envfile.read(folder / "sandbox.env")
        locations, end = json.JSONDecoder().raw_decode(said := bash(folder, f"{start}\n{ask}"))
        assert locations == {
            "result": "success",
            "locations": {"us": env["POSTROOM_ACCOUNTS_URL_US"], "eu": env["POSTROOM_ACCOUNTS_URL_EU"]},
        }
        back = visit(said[end:].strip(), env["POSTROOM_USER_EU"], env["POSTROOM_PASSWORD_EU"])
        told = parse_qs(urlsplit(back).query)
        assert (told["location"], told["accounts-server"], told["state"]) == (
            ["eu"],
            [env["POSTROOM_ACCOUNTS_URL_EU"]],
            ["abc"],
        )
        commands = [start, f"back={shlex.quote(back)}", exchange, send, strangers]
        _, sent, *refusals = _documents(bash(folder, "\n".join(commands)))
        assert sent["data"][0]["status"] == "success"
        assert [each.get("code") or each["error"] for each in refusals] == [
            "INVALID_TOKEN",
            "invalid_client_secret",
            "invalid_code",
        ]


def _documents(said: str) -> list[dict[str, Any]]:
    """The JSON documents that stand one after the other."""
    found = []
    while said := said.strip():
        document, end = json.JSONDecoder().raw_decode(said)
        found.append(document)
        said = said[end:]
    return found
