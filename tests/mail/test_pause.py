"""Whose fault an outcome is, and how long a way is left alone."""

import pytest
from msgspec.structs import replace

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.mail.pause import at_fault, pause, told
from postroom.mail.retry import HOUR, MINUTE, SECOND


def deferred(stage: Stage, code: int | None = None, command: str = "") -> Outcome:
    return Outcome(result=Result.DEFERRED, stage=stage, code=code, command=command, line="no", server="s.example:25")


@pytest.mark.parametrize(
    ("outcome", "first", "second", "longest"),
    [
        (deferred(Stage.ROUTE), 5 * SECOND, 10 * SECOND, 10 * MINUTE),
        (deferred(Stage.CONNECT), 5 * SECOND, 10 * SECOND, 10 * MINUTE),
        (deferred(Stage.GREETING, 554), 5 * SECOND, 10 * SECOND, 10 * MINUTE),
        (deferred(Stage.TLS), 5 * SECOND, 10 * SECOND, 10 * MINUTE),
        (deferred(Stage.AUTH, 454), 5 * SECOND, 10 * SECOND, 10 * MINUTE),
        (deferred(Stage.AUTH), 5 * SECOND, 10 * SECOND, 10 * MINUTE),
        (replace(deferred(Stage.AUTH), why=Why.AUTHENTICATION), 1 * MINUTE, 2 * MINUTE, 1 * HOUR),
        (deferred(Stage.AUTH, 535), 1 * MINUTE, 2 * MINUTE, 1 * HOUR),
        (deferred(Stage.ENVELOPE, 530, "MAIL FROM:<a@b.example>"), 1 * MINUTE, 2 * MINUTE, 1 * HOUR),
    ],
)
def test_the_way_is_at_fault_and_left_alone(outcome: Outcome, first: int, second: int, longest: int) -> None:
    assert at_fault([outcome]) is outcome
    assert [pause(n, outcome, 0.5) for n in (1, 2, 99)] == [first, second, longest]
    assert (pause(1, outcome, 0.0), pause(1, outcome, 1.0)) == (first * 0.8, first * 1.2)


def test_a_server_is_left_alone_as_long_as_it_asks() -> None:
    asked = [replace(deferred(Stage.GREETING, 421), retry_after=seconds) for seconds in (1, 300, 86_400)]
    assert [pause(1, each, 0.0) for each in asked] == [4 * SECOND, 5 * MINUTE, 1 * HOUR]


@pytest.mark.parametrize(
    "outcome",
    [
        deferred(Stage.HERE),
        deferred(Stage.ENVELOPE, 530, "RCPT TO:<a@b.example>"),
        deferred(Stage.ENVELOPE, 450, "MAIL FROM:<a@b.example>"),
        deferred(Stage.FINAL_DOT),
    ],
)
def test_the_mail_is_at_fault_or_we_are(outcome: Outcome) -> None:
    assert at_fault([outcome]) is None


def test_the_fault_is_told_in_one_line() -> None:
    assert told(deferred(Stage.AUTH, 535)) == "s.example:25 auth 535 no"
    assert told(deferred(Stage.CONNECT)) == "s.example:25 connect no"
