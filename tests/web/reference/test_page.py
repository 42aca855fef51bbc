"""The page for people: everything stands on it, and each of its links leads somewhere."""

import re
from functools import cache
from html import unescape

from postroom.access.scope import spelled
from postroom.record import MODULES
from postroom.web.api.routes import ROUTES
from postroom.web.reference.page import render
from postroom.web.refusals import ANSWERS
from tests.web.reference.described import CENTER, document


@cache
def page() -> str:
    return render(ROUTES, document(), CENTER)


def text() -> str:
    """What a person reads, blanks and line breaks as one."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page())).split())


def test_each_call_has_its_place_its_scopes_and_a_command() -> None:
    places = re.findall(r'<article id="(\w+)"', page())
    assert len(places) == len(set(places)) == len(ROUTES)
    assert page().count("<pre>curl -sS") == len(ROUTES)
    for each in ROUTES:
        assert f"{each.method} {each.template}" in text(), each.template
        assert all(spelled(need) in text() for need in each.needs)


def test_each_parameter_and_its_meaning_stand_on_it() -> None:
    for each in ROUTES:
        for param in each.params:
            assert param.name in text()
            assert param.means.replace("`", "") in text()


def test_a_call_names_the_modules_that_have_it() -> None:
    named = re.findall(r"The module's API name\.\s*([\w, ]+? or \w+)", text())
    assert named[0] == "Contacts, Accounts or Pipelines"
    assert "Contacts, Accounts, Pipelines, Products, Tasks, Events, Calls or Notes" in named


def test_each_field_and_each_refusal_stand_on_it() -> None:
    for field in (each for module in MODULES for each in module.fields):
        assert field.name in text()
    for wire in ANSWERS.values():
        assert wire.code in text()
        assert wire.message in text()


def test_each_link_leads_somewhere() -> None:
    places = set(re.findall(r' id="([\w-]+)"', page()))
    links = re.findall(r'href="([^"]+)"', page())
    assert {each[1:] for each in links if each[0] == "#"} <= places
    assert {each for each in links if each[0] != "#"} == {
        "/account",
        "/assets/reference.css",
        "/assets/style.css",
        "/favicon.ico",
        "/openapi.json",
    }


def test_nothing_of_the_document_is_taken_for_markup() -> None:
    assert "&lt;p&gt;It is &lt;b&gt;on its way" in page()
    assert "<b>on its way" not in page()
