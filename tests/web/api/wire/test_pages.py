"""web.api.wire.pages: pages by number and by token, and what a token that somebody made up or altered comes to."""

import base64
from dataclasses import replace
from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from postroom.errors import Invalid, Reason
from postroom.store.finding import Found, Order, Position
from postroom.store.records import Record
from postroom.web.api.wire import pages
from postroom.web.api.wire.pages import WITH_TOKENS, WITHOUT_TOKEN, Page
from tests.world import NOW

DAY = 24 * 3_600_000  # ms
PATH, QUERY = "/bigin/v2/Contacts", [("fields", "Email"), ("per_page", "3")]
BOUND = pages.bind(1001, PATH, QUERY)
BY_NAME = Order("Last_Name", True)


def found(number: int, key: bytes | None = None) -> Found:
    record = Record(
        id=number,
        org_id=1001,
        module="Contacts",
        owner_id=1,
        name="x",
        fields={},
        created_at=NOW,
        created_by=1,
        modified_at=NOW,
        modified_by=1,
    )
    return Found(record, Position(number, key))


def some(*numbers: int) -> list[Found]:
    return [found(number, b"name %d" % number) for number in numbers]


def tokens(page: Page, *there: Found) -> tuple[str | None, str | None]:
    """The tokens to the page before and to the one behind."""
    # By name, whether the answer is an object or what becomes one.
    told = msgspec.to_builtins(pages.info(page, pages.cut(page, there), now=NOW, zone=UTC))
    return told["previous_page_token"], told["next_page_token"]


def turn(text: str | None, *, size: int = 3, order: Order = BY_NAME, bound: bytes = BOUND, now: int = NOW) -> Page:
    assert text is not None
    return pages.by_token(text, size, order, bound, now=now)


def refused(text: str, **how: Any) -> Reason:
    with pytest.raises(Invalid) as raised:
        turn(text, **how)
    [fault] = raised.value.faults
    return fault.reason


def made_up(*values: Any) -> str:
    """A token by somebody who knows how they are made."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(values)).decode()


FIRST = pages.by_number(1, 3, BY_NAME, BOUND, at_most=WITHOUT_TOKEN)


def test_a_page_by_number() -> None:
    page = pages.by_number(3, 200, Order(), BOUND, at_most=WITHOUT_TOKEN)
    assert (page.offset, page.limit, page.start, page.backwards) == (400, 201, None, False)


@pytest.mark.parametrize(
    ("number", "size", "at_most", "reason"),
    [
        (11, 200, WITHOUT_TOKEN, Reason.PAGE_TOO_FAR),
        (2001, 1, WITHOUT_TOKEN, Reason.PAGE_TOO_FAR),
        (501, 200, WITH_TOKENS, Reason.PAGES_EXHAUSTED),
        (999_999_999, 200, WITHOUT_TOKEN, Reason.PAGE_TOO_FAR),
    ],
)
def test_numbers_lead_so_far(number: int, size: int, at_most: int, reason: Reason) -> None:
    pages.by_number(at_most // size, size, Order(), BOUND, at_most=at_most)
    with pytest.raises(Invalid) as raised:
        pages.by_number(number, size, Order(), BOUND, at_most=at_most)
    assert raised.value.faults[0].reason is reason


def test_tokens_lead_on_and_back() -> None:
    before, behind = tokens(FIRST, *some(1, 2, 3, 4))
    assert before is None
    second = turn(behind)
    assert (second.start, second.seen, second.offset, second.backwards) == (Position(3, b"name 3"), 3, 0, False)
    before, behind = tokens(second, *some(4, 5, 6))
    assert behind is None
    first = turn(before)
    assert (first.start, first.seen, first.backwards) == (Position(4, b"name 4"), 0, True)
    # Backwards one more is read too; it is the first.
    cut = pages.cut(first, some(1, 2, 3))
    assert ([each.record.id for each in cut.found], cut.before, cut.behind) == ([1, 2, 3], False, True)
    cut = pages.cut(first, some(0, 1, 2, 3))
    assert ([each.record.id for each in cut.found], cut.before, cut.behind) == ([1, 2, 3], True, True)


def test_a_token_leads_to_what_has_no_value() -> None:
    _, behind = tokens(FIRST, *(found(number) for number in range(1, 5)))
    assert turn(behind).start == Position(3, None)


def test_a_page_that_is_all_has_no_tokens() -> None:
    told = msgspec.to_builtins(pages.info(FIRST, pages.cut(FIRST, some(1, 2)), now=NOW, zone=UTC))
    assert told == {
        "per_page": 3,
        "next_page_token": None,
        "count": 2,
        "sort_by": "Last_Name",
        "page": 1,
        "previous_page_token": None,
        "page_token_expiry": None,
        "sort_order": "asc",
        "more_records": False,
    }


def test_a_token_ends_a_day_after_it_was_made() -> None:
    _, behind = tokens(FIRST, *some(1, 2, 3, 4))
    assert behind is not None
    assert turn(behind, now=NOW + DAY - 1).seen == 3
    assert refused(behind, now=NOW + DAY) is Reason.PAGE_TOKEN_EXPIRED


def test_a_token_is_of_one_list() -> None:
    _, behind = tokens(FIRST, *some(1, 2, 3, 4))
    assert behind is not None
    assert pages.bind(1001, PATH, [*QUERY[::-1], ("page", "2"), ("page_token", "x")]) == BOUND
    others = [
        (1002, PATH, QUERY),
        (1001, "/bigin/v2/Accounts", QUERY),
        (1001, "/crm/v8/Contacts", QUERY),
        (1001, PATH, QUERY[:1]),
        (1001, PATH, [("fields", "Email"), ("per_page", "4")]),
        (1001, PATH, [*QUERY, ("sort_by", "Email")]),
        (1001, PATH, [*QUERY, ("fields", "Email")]),
        (1001, PATH, [("fields", "Email,per_page=3")]),
    ]
    bounds = {pages.bind(*each) for each in others}
    assert len(bounds) == len(others)
    assert BOUND not in bounds
    assert all(refused(behind, bound=each) is Reason.PAGE_TOKEN_WRONG for each in bounds)


def test_tokens_lead_to_the_hundred_thousandth_record() -> None:
    far = replace(FIRST, seen=WITH_TOKENS - 6)
    _, behind = tokens(far, *some(1, 2, 3, 4))
    assert turn(behind).seen == WITH_TOKENS - 3
    _, behind = tokens(replace(far, seen=WITH_TOKENS - 5), *some(1, 2, 3, 4))
    assert behind is not None
    assert refused(behind) is Reason.PAGES_EXHAUSTED


LATER = NOW + 1
DEEP = b"\x91" * 40_000 + b"\xc0"  # arrays within arrays, and nothing in the innermost


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "abc",
        "{}",
        "ä" * 20,
        "=" * 20,
        "A" * 60_000,
        made_up(),
        made_up(BOUND, LATER, 0, 5, None),
        made_up(BOUND, LATER, 0, 5, None, False, 1),
        made_up(str(BOUND), LATER, 0, 5, None, False),
        made_up(BOUND, str(LATER), 0, 5, None, False),
        made_up(BOUND, LATER + 0.5, 0, 5, None, False),
        made_up(BOUND, LATER, -1, 5, None, False),
        made_up(BOUND, LATER, None, 5, None, False),
        made_up(BOUND, LATER, 0, 0, None, False),
        made_up(BOUND, LATER, 0, -5, None, False),
        made_up(BOUND, LATER, 0, 2**63, None, False),
        made_up(BOUND, LATER, 0, "5", None, False),
        made_up(BOUND, LATER, 0, 5, 7, False),
        made_up(BOUND, LATER, 0, 5, None, 2),
        made_up(b"", LATER, 0, 5, None, False),
        made_up(BOUND[:-1], LATER, 0, 5, None, False),
        base64.urlsafe_b64encode(DEEP).decode(),
        base64.urlsafe_b64encode(
            b"\x97" + msgspec.msgpack.encode((BOUND, LATER, 0, 5, None, False))[1:] + DEEP
        ).decode(),
        base64.urlsafe_b64encode(msgspec.msgpack.encode({"bound": BOUND})).decode(),
    ],
)
def test_what_is_made_up_wrongly_is_refused(text: str) -> None:
    assert refused(text) is Reason.PAGE_TOKEN_WRONG


def test_a_term_is_of_a_list_by_a_field() -> None:
    text = made_up(BOUND, LATER, 0, 5, b"name", False)
    assert turn(text).start == Position(5, b"name")
    assert refused(text, order=Order()) is Reason.PAGE_TOKEN_WRONG


anything = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.binary() | st.text()


@given(
    st.lists(anything | st.lists(anything, max_size=3) | st.sampled_from([BOUND, LATER, 5]), max_size=8).map(
        lambda values: made_up(*values)
    )
    | st.tuples(st.just(BOUND), anything, anything, anything, anything, anything).map(lambda values: made_up(*values))
    | st.text(),
    st.sampled_from([Order(), BY_NAME]),
)
@example(made_up(BOUND, 2**64 - 1, 2**64 - 1, 1, b"", True), BY_NAME)
@example(made_up(BOUND, LATER, 0, 1, b"", True), Order())
def test_whatever_comes_as_a_token_is_a_page_or_refused(text: str, order: Order) -> None:
    try:
        page: Page | Invalid = turn(text, order=order)
    except Invalid as error:
        page = error
    if isinstance(page, Page):
        assert page.start is not None
        assert 0 < page.start.id < 2**63
        assert 0 <= page.seen <= WITH_TOKENS


@given(st.data())
def test_an_altered_token_is_never_an_error_of_ours(data: st.DataObject) -> None:
    _, behind = tokens(FIRST, *some(1, 2, 3, 4))
    assert behind is not None
    at = data.draw(st.integers(0, len(behind) - 1))
    altered = behind[:at] + data.draw(st.characters(max_codepoint=300)) + behind[at + 1 :]
    try:
        page: Page | Invalid = turn(altered)
    except Invalid as error:
        page = error
    # What it is bound to stays: it leads to another place in the same list at the most.
    assert isinstance(page, Invalid) or page.bound == BOUND
