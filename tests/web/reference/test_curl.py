"""The example of every call: a shell takes it, the server understands it, and it sends what the document asks for."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from postroom.web.api.routes import ROUTES
from postroom.web.reference.curl import Examples
from postroom.web.reference.operation import modules_of, path_of
from tests.web.api.guests import EVERYTHING
from tests.web.house import house
from tests.web.reference.described import document

EXAMPLES: Final = Examples(document()["components"]["schemas"])


@dataclass(kw_only=True)
class Words:
    """A command as curl reads it."""

    method: str = "GET"
    url: str = ""
    headers: list[str] = field(default_factory=list)
    body: Any = None
    form: list[str] = field(default_factory=list)


def read(command: str) -> Words:
    """What curl would do."""
    words = iter(shlex.split(command.replace("\\\n", " ")))
    assert next(words) == "curl"
    return _read(words)


def _read(words: Iterator[str]) -> Words:
    told = Words()
    for word in words:
        if word == "-X":
            told.method = next(words)
        elif word == "-H":
            told.headers.append(next(words))
        elif word == "-d":
            told.method, told.body = told.method.replace("GET", "POST"), json.loads(next(words))
        elif word == "-F":
            told.method = "POST"
            told.form.append(next(words))
        elif word not in ("-sS", "-OJ"):
            assert not told.url, word
            told.url = word
    return told


def commands() -> dict[str, str]:
    found = {}
    for each in ROUTES:
        path = path_of(each, modules_of(each)[0])
        told = document()["paths"][path][each.method.lower()]
        found[f"{each.method} {path}"] = EXAMPLES.command(f"https://api.eu.example/bigin/v2{path}", each.method, told)
    return found


@pytest.mark.parametrize("name", commands())
def test_each_is_a_command_for_its_call(name: str) -> None:
    method, path = name.split(" ")
    told = read(commands()[name])
    where = urlsplit(told.url)
    assert told.method == method
    assert told.headers == ["Authorization: Zoho-oauthtoken $token"]
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/{}]+", f"/bigin/v2{path}"), where.path)
    for each in document()["paths"][path][method.lower()]["parameters"]:
        if each["in"] == "query":
            assert (f"{each['name']}=" in where.query) is (each["required"] or "example" in each), each["name"]


async def test_the_server_understands_each(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await home.headers(EVERYTHING)
        for name, command in commands().items():
            told = read(command)
            where = urlsplit(told.url)
            files = {"file": ("order.txt", b"an order", "text/plain")} if told.form else None
            answer = await home.http.request(
                told.method, f"{home.url}{where.path}?{where.query}", headers=headers, json=told.body, files=files
            )
            if answer.status_code < 300:
                continue
            # What is refused is an id that nobody has, or a moment that has passed.
            (refusal, *_) = next((each for each in answer.json().values() if isinstance(each, list)), [answer.json()])
            assert answer.status_code == 400, name
            assert refusal["message"].endswith(("id given seems to be invalid", "with the given id", "in the past")), (
                name
            )
