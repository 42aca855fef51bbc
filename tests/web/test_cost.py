"""What each call costs (W 10.1)."""

from typing import Any

import pytest
from starlette.requests import Request

from postroom.web.cost import Cost
from postroom.web.server import ROUTES

# W 10.1: all others cost 1
DEAR = {
    ("GET", "/{module}"): Cost.LIST,
    ("POST", "/{module}"): Cost.RECORDS,
    ("PUT", "/{module}"): Cost.RECORDS,
}


def test_each_call_has_the_cost_of_the_reference() -> None:
    assert {(each.method, each.template): each.cost for each in ROUTES if each.cost is not Cost.CALL} == DEAR


@pytest.mark.parametrize(
    ("query", "cost", "price"),
    [
        ("", Cost.LIST, 1),
        ("page=2", Cost.LIST, 1),
        ("cvid=", Cost.LIST, 1),
        ("cvid=1", Cost.LIST, 3),
        ("cvid=1", Cost.CALL, 1),
        ("cvid=1", Cost.RECORDS, 1),
    ],
)
def test_what_the_url_tells(query: str, cost: Cost, price: int) -> None:
    assert cost.of_url(Request({"type": "http", "query_string": query.encode()})) == price


@pytest.mark.parametrize(
    ("body", "price"),
    [
        ({"data": [{}]}, 1),
        ({"data": [{}] * 10}, 1),
        ({"data": [{}] * 11}, 2),
        ({"data": [{}] * 100}, 10),
        ({"data": [{}] * 10_000}, 10),
        ({"data": []}, 1),
        ({"data": {"a": 1}}, 1),
        ({"data": "x" * 100}, 1),
        ({}, 1),
        ([{}] * 50, 1),
        (None, 1),
    ],
)
def test_what_the_body_tells(body: Any, price: int) -> None:
    assert Cost.RECORDS.of_body(body) == price
    assert Cost.CALL.of_body(body) == Cost.LIST.of_body(body) == 1
