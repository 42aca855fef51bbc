"""What is sent again, and what never is: a mail that was perhaps taken is not risked twice."""

from datetime import datetime
from typing import Any, Final, NamedTuple

import pytest

from postroom.client import Call, CallFailed, Mail, Mailbox, Patience, Place, mails, own, records
from postroom.client.errors import (
    AlreadyUsed,
    Forbidden,
    InvalidData,
    MandatoryNotFound,
    NotFound,
    NoToken,
    NotServed,
    RateLimited,
    ServerFailed,
    Unanswered,
    Unauthenticated,
    Unreachable,
)
from tests.client.doing import BOTH, Driving, Scenario
from tests.client.recorder import accepted, answer, granted, recording, script
from tests.client.test_octets import place

MAIL: Final = Mail(sender=Mailbox(email="a@x.example"), to=[Mailbox(email="b@x.example")], content="Hello")
SEND: Final = mails.send("Contacts", "1", MAIL)
GET: Final = mails.from_addresses()
FINE: Final = answer({"from_addresses": []})


def told(code: str, status: int, **headers: str) -> bytes:
    """A flat error document (W 0)."""
    return answer({"code": code, "details": {}, "message": "m", "status": "error"}, status, **headers)


BROKEN: Final = told("INTERNAL_ERROR", 500)
BUSY: Final = told("TOO_MANY_REQUESTS", 429, Retry_After="7")
REVOKED: Final = told("INVALID_TOKEN", 401)
TAKING: Final = told("ALREADY_USED", 409, Retry_After="1")


def ends(call: Call[Any], error: type[CallFailed] | None) -> Scenario:
    """A call that goes well, or raises exactly this."""
    if error is None:
        yield call
        return
    with pytest.raises(CallFailed) as raised:
        yield call
    assert type(raised.value) is error


class Row(NamedTuple):
    """What a server says to a call, and what comes of it: the error, how often it was sent, the pauses between."""

    name: str
    said: tuple[bytes | None, ...]
    call: Call[Any]
    postroom: bool
    error: type[CallFailed] | None
    times: int
    pauses: list[float]


ROWS: Final = (
    Row("a mail, 500, Bigin", (BROKEN,), SEND, False, ServerFailed, 1, []),
    Row("a mail, 429, Bigin", (BUSY,), SEND, False, RateLimited, 1, []),
    Row("a mail, no answer, Bigin", (None,), SEND, False, Unanswered, 1, []),
    Row("a mail, revoked, Bigin", (REVOKED, accepted()), SEND, False, None, 2, []),
    Row("a mail, revoked twice", (REVOKED,), SEND, False, Unauthenticated, 2, []),
    Row("a mail, 500", (BROKEN, accepted()), SEND, True, None, 2, [0.5]),
    Row("a mail, 429", (BUSY, accepted()), SEND, True, None, 2, [7.0]),
    Row("a mail, no answer", (None, None, accepted()), SEND, True, None, 3, [0.5, 1.0]),
    Row("a mail that is being taken", (TAKING, accepted()), SEND, True, None, 2, [1.0]),
    Row("a key of another mail", (told("ALREADY_USED", 409),), SEND, True, AlreadyUsed, 1, []),
    Row("a mail, never", (None,), SEND, True, Unanswered, 4, [0.5, 1.0, 2.0]),
    Row("a GET, 500, Bigin", (BROKEN, None, FINE), GET, False, None, 3, [0.5, 1.0]),
    Row("a GET, for too long", (told("TOO_MANY_REQUESTS", 429, Retry_After="3600"),), GET, False, RateLimited, 1, []),
    Row("a GET, always", (BROKEN,), GET, False, ServerFailed, 4, [0.5, 1.0, 2.0]),
    Row("a record, 500", (BROKEN,), records.insert("Contacts", {}), True, ServerFailed, 1, []),
    Row("a scope", (told("OAUTH_SCOPE_MISMATCH", 401),), GET, False, Forbidden, 1, []),
    Row("no such URL", (told("INVALID_URL_PATTERN", 404),), GET, False, NotFound, 1, []),
    Row("an unknown code", (told("NEVER_HEARD", 403),), GET, False, Forbidden, 1, []),
    Row("another program", (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p/>",), GET, False, ServerFailed, 1, []),
    Row("another shape", (answer({"data": [{"status": "success"}]}),), SEND, False, ServerFailed, 1, []),
)


@pytest.mark.parametrize("drive", BOTH)
@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_only_what_is_safe_is_sent_again(row: Row, drive: Driving) -> None:
    tokens = iter(granted(each) for each in ("1000.one", "1000.two"))
    answers = script(*row.said)
    with recording(lambda heard: next(tokens) if "/oauth/" in heard.line else answers(heard)) as here:
        where = own(here.url) if row.postroom else place(here)
        assert drive(ends(row.call, row.error), where) == row.pauses
        asked = here.asked("/bigin/")
    assert len(asked) == row.times
    assert {each.key for each in asked} == ({b"word1"} if row.postroom and row.call is SEND else {None})
    # The same octets, but for a new token.
    assert len({each.octets for each in asked}) == (2 if REVOKED in row.said else 1)


@pytest.mark.parametrize("drive", BOTH)
def test_where_nobody_listens_nothing_was_sent_so_it_is_tried_again(drive: Driving) -> None:
    with recording(script(FINE)) as here:
        gone = place(here, api="http://127.0.0.1:9")
        assert drive(ends(SEND, Unreachable), gone) == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answer({"error": "invalid_code"}), NoToken),
        (answer({"error": "Access Denied", "error_description": "too many requests"}, 400), RateLimited),
        (answer({"error": "invalid_client"}, 400), NoToken),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ServerFailed),
        (granted("a\r\nX: b"), ServerFailed),
        (granted(expires_in="soon"), ServerFailed),
    ],
)
@pytest.mark.parametrize("drive", BOTH)
def test_the_accounts_server_refuses_with_any_status(said: bytes, error: type[CallFailed], drive: Driving) -> None:
    with recording(script(FINE, token=said)) as here:
        assert drive(ends(GET, error), place(here)) == []
        assert here.lines() == ["POST /oauth/v2/token HTTP/1.1"]


@pytest.mark.parametrize("drive", BOTH)
def test_a_token_is_shown_to_no_host_that_nobody_named(drive: Driving) -> None:
    with recording(script(FINE)) as stranger, recording(script(FINE, token=granted(api_domain=stranger.url))) as here:
        for where in (place(here), own(here.url)):
            drive(ends(GET, None), where)
        assert (stranger.heard, len(here.asked("/bigin/"))) == ([], 2)
        # One of the table is followed.
        named = Place(accounts=here.url, api=here.url, postroom=False, domains=frozenset({stranger.url}))
        drive(ends(GET, None), named)
        assert len(stranger.heard) == 1


@pytest.mark.parametrize("drive", BOTH)
def test_item_errors_are_raised_or_told_one_by_one(drive: Driving) -> None:
    def item(code: str, **details: str) -> dict[str, object]:
        return {"code": code, "details": details, "message": "m", "status": "success" if code == "SUCCESS" else "error"}

    wrong = item("INVALID_DATA", json_path="$.data[0].Email")
    several = answer({"data": [item("SUCCESS", id="7"), item("MANDATORY_NOT_FOUND")]}, 207)

    other_key = answer({"from_address": [{"email": "a@x.example", "user_name": None, "default": True}]})
    left = accepted(blocked_email_addresses=[{"email": "b@x.example", "reason": "bounced"}])

    def scenario() -> Scenario:
        with pytest.raises(InvalidData, match=r"INVALID_DATA: m \(\$\.data\[0\]\.Email\)") as raised:
            yield records.insert("Contacts", {})
        assert (raised.value.status, raised.value.details) == (400, {"json_path": "$.data[0].Email"})
        one, other = yield records.insert_many("Contacts", [{}, {}])
        assert one.id == "7"
        assert type(other) is MandatoryNotFound
        sent = yield SEND
        assert sent.left_out == {"b@x.example": "bounced"}
        (offered,) = yield GET
        assert (offered.mailbox, offered.default) == (Mailbox(email="a@x.example"), True)
        with pytest.raises(NotFound):
            yield records.get("Contacts", "7")
        with pytest.raises(NotServed):
            yield mails.cancel("Contacts", "7", "ab")

    with recording(script(answer({"data": [wrong]}, 400), several, left, other_key, answer(None, 204))) as here:
        drive(scenario(), place(here))
        assert len(here.heard) == 6


def test_chance_shortens_a_pause_and_nothing_makes_it_longer_than_the_longest() -> None:
    patience = Patience(tries=20, first=1.0, longest=8.0)
    assert [patience.pause(n, None, 0.0) for n in (1, 2, 3, 4, 19, 20)] == [0.5, 1.0, 2.0, 4.0, 4.0, None]
    assert [patience.pause(1, told, 0.5) for told in (None, 0.0, 8.0, 8.1)] == [0.75, 0.0, 8.0, None]


@pytest.mark.parametrize(
    "url", ["mail.example.com", "ftp://x.example", "https://u:p@x.example", "https://", "https://x/?a"]
)
def test_what_is_no_place_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(ValueError, match="no URL of a server"):
        own(url)


def test_what_cannot_be_sent_is_refused_when_it_is_made() -> None:
    for key in ("", "two words", "ü", "a\r\nb", "x" * 256):
        with pytest.raises(ValueError, match="a key is"):
            mails.send("Contacts", "1", MAIL, key=key)
    with pytest.raises(ValueError, match="offset"):
        Mail(to=[], scheduled_at=datetime(2027, 1, 1))  # noqa: DTZ001 - the mistake
    with pytest.raises(ValueError, match="no part of a URL"):
        records.get("Contacts", "..")
