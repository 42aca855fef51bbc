"""Parameters: a kind reads what it describes, and a handler is given nothing that its endpoint does not declare."""

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from postroom.errors import Invalid, Reason
from postroom.web.call import Call
from postroom.web.param import Kind, Param, Place, choice, count, flag, text
from tests.web.house import house

SORT = choice("asc", "desc")
TYPE = choice("AllUsers", quotes="'\"")


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        (count(), "1", "1"),
        (count(), " 12 ", "12"),
        (count(), "0", None),
        (count(least=0), "0", "0"),
        (count(), "-1", None),
        (count(), "1.0", None),
        (count(), "1_0", None),
        (count(), "\N{ARABIC-INDIC DIGIT ONE}", None),
        (count(), "9" * 9, "9" * 9),
        (count(), "9" * 10, None),
        (count(most=200), "200", "200"),
        (count(most=200), "201", "200"),
        (SORT, "asc", "asc"),
        (SORT, "ASC", None),
        (SORT, "'asc'", None),
        (TYPE, "'AllUsers'", "AllUsers"),
        (TYPE, '"AllUsers"', "AllUsers"),
        (flag(), "true", "true"),
        (flag(), "False", "false"),
        (flag(), "FALSE", None),
        (flag(), "0", None),
        (text(pattern="^a$"), "anything", "anything"),
        (text(), "a\0", None),
    ],
)
def test_a_kind_reads(kind: Kind, given: str, read: str | None) -> None:
    param = Param(name="x", kind=kind, means="")
    if read is not None:
        assert param.read(given) == read
        return
    with pytest.raises(Invalid) as refusal:
        param.read(given)
    (fault,) = refusal.value.faults
    assert fault.reason is Reason.PARAM_WRONG
    assert fault.details == {"param_name": "x", **kind.details}


@pytest.mark.parametrize("given", ["", " ", "\t"])
def test_an_empty_one_is_as_good_as_none(given: str) -> None:
    assert Param(name="x", kind=count(), means="").read(given) is None
    assert Param(name="x", kind=count(), means="", default="1").read(given) == "1"


def test_a_kind_describes() -> None:
    assert count(least=0).schema == {"type": "integer", "minimum": 0, "maximum": 999_999_999}
    assert SORT.schema == {"type": "string", "enum": ["asc", "desc"]}
    assert text(pattern="^a$").schema == {"type": "string", "pattern": "^a$"}


def _call(home: Any, *params: Param, query: str = "", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Call:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": headers}
    return Call(
        app=home.app,
        caller=home.world.user,
        request=Request(scope),
        prefix="/bigin/v2",
        deals_name="Pipelines",
        path={},
        params=params,
    )


async def test_a_call_gives_what_is_declared_and_nothing_else(tmp_path: Path) -> None:
    page = Param(name="page", kind=count(), default="1", means="")
    since = Param(name="If-Modified-Since", place=Place.HEADER, means="")
    name = Param(name="name", means="")
    async with house(tmp_path) as home:
        call = _call(home, page, since, name, query="page=3&secret=x", headers=((b"if-modified-since", b"now"),))
        assert (call.number("page"), call.param("If-Modified-Since"), call.param("name")) == (3, "now", None)
        with pytest.raises(Invalid) as refusal:
            call.required("name")
        assert refusal.value.faults[0].reason is Reason.PARAM_MISSING
        with pytest.raises(AssertionError, match="does not declare secret"):
            call.param("secret")
        assert _call(home, page).number("page") == 1
