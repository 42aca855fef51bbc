from collections import Counter
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.mail.life import Result, Stage, Why
from postroom.smtp.classify import classify, hint
from postroom.smtp.reply import Reply, outcome
from tests.smtp.replies import Seen, seen

SEEN = seen()


def why(code: int, *lines: str, stage: Stage = Stage.ENVELOPE) -> Why:
    return Reply(code, lines).why(stage)


def told(each: Seen) -> tuple[Why, int | None]:
    return each.reply.why(Stage.ENVELOPE), hint(each.reply.text)


def test_every_reply_that_was_seen_is_understood() -> None:
    wrong = [(each.reply.code, each.reply.text, told(each)) for each in SEEN if told(each) != (each.why, each.hint)]
    assert not wrong


def test_the_evidence_is_broad_and_each_piece_has_its_source() -> None:
    assert len(SEEN) >= 300
    assert len({(each.reply.code, each.reply.text.lower()) for each in SEEN}) == len(SEEN)
    assert all(each.reply.code >= 400 for each in SEEN)
    sources = [urlsplit(each.source) for each in SEEN]
    assert all(source.scheme in ("http", "https") and "." in source.netloc for source in sources)
    # OTHER is what is left over: it has no words of its own that could be collected.
    few = {each for each, count in Counter(each.why for each in SEEN).items() if count < 10}
    assert few <= {Why.OTHER}
    assert {each.why for each in SEEN} == set(Why)


@pytest.mark.parametrize(
    ("code", "lines", "expected"),
    [
        (550, ("",), Why.OTHER),
        (554, ("5.0.0 rejected",), Why.OTHER),
        (450, ("Requested mail action not taken: mailbox unavailable",), Why.BUSY),
        (550, ("5.1.1 No such user", "5.1.1 mailbox full of blacklisted spam"), Why.BLOCKED),
        (550, ("5.1.1 <spamhaus-greylist@example.com>: User unknown",), Why.BAD_MAILBOX),
        (550, ("5.1.1 <user@example.com> not listed in Domino Directory",), Why.BAD_MAILBOX),
        (451, ("4.3.0 the anti-virus scanner does not answer",), Why.BUSY),
        (550, ("Unrouteable address",), Why.UNROUTABLE),
        (552, ("Message exceeds the allowed limit of 10 MB",), Why.TOO_BIG),
        (552, ("mailbox size limit exceeded",), Why.OVER_QUOTA),
        (554, ("the recipient has exceeded their storage limit",), Why.OVER_QUOTA),
        (550, ("5.7.1.100 is no code",), Why.OTHER),
        (550, ("пользователь не найден",), Why.OTHER),
        (550, ("5.1.1 пользователь не найден",), Why.BAD_MAILBOX),
        (450, ("4.1.1 адрес проверяется",), Why.BAD_MAILBOX),
        (450, ("4.2.1 後で",), Why.BUSY),
        (552, ("５.２.２",), Why.OVER_QUOTA),
        (550, ("GREYLISTED",), Why.GREYLISTED),
        (599, ("x" * 100_000,), Why.OTHER),
        (550, ("x" * 1000 + " spamhaus",), Why.OTHER),
    ],
)
def test_strange_replies(code: int, lines: tuple[str, ...], expected: Why) -> None:
    assert why(code, *lines) is expected


@pytest.mark.parametrize(
    ("code", "line", "stage", "expected"),
    [
        (554, "5.0.0 no", Stage.AUTH, Why.AUTHENTICATION),
        (454, "4.7.0 Temporary failure", Stage.AUTH, Why.AUTHENTICATION),
        (421, "Too many connections", Stage.AUTH, Why.RATE_LIMITED),
        (454, "not now", Stage.TLS, Why.TLS),
        (535, "5.1.1 no such user", Stage.ENVELOPE, Why.AUTHENTICATION),
    ],
)
def test_the_stage_tells_where_words_do_not(code: int, line: str, stage: Stage, expected: Why) -> None:
    assert why(code, line, stage=stage) is expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Greylisted for 5 minutes", 300),
        ("Greylisted for 300 seconds", 300),
        ("please try again in 5 minutes", 300),
        ("Retry after 00:05:00", 300),
        ("greylisting in action, please come back in 01:30:00", 5400),
        ("come back in 15 mins", 900),
        ("wait 2 hours", 7200),
        ("try again in 30s.", 30),
        ("try again in 90", None),
        ("4.7.1 try again later", None),
        ("you sent too many mails in the last 10 minutes", None),
        ("try again later. No more than 100 mails in 60 minutes", None),
        ("try again in 0 seconds", None),
        ("try again in 25 hours", None),
        ("try again in 99:59:59", None),
        ("try again in 5 messages", None),
        ("try again in ５ minutes", None),
    ],
)
def test_hints(text: str, seconds: int | None) -> None:
    assert hint(text) == seconds


@settings(max_examples=50)
@given(st.integers(400, 599), st.text(), st.sampled_from(Stage))
def test_anything_has_a_reason_and_at_most_a_day_to_wait(code: int, text: str, stage: Stage) -> None:
    assert classify(code, None, text, stage) in Why
    assert (hint(text) or 1) in range(1, 86_401)


@pytest.mark.parametrize(
    ("code", "line", "result"),
    [
        (550, "5.7.1 Greylisted, please try again in 5 minutes", Result.DEFERRED),
        (550, "This IP has sent too many messages this hour. IB504", Result.DEFERRED),
        (550, "5.4.5 Daily user sending limit exceeded.", Result.DEFERRED),
        (552, "5.2.2 Mailbox full", Result.REJECTED),
        (552, "Message size exceeds fixed limit", Result.REJECTED),
        (552, "Mailbox full", Result.DEFERRED),
        (553, "5.7.2 [TSS09] All messages will be permanently deferred", Result.REJECTED),
        (554, "This IP has been temporarily blocked", Result.REJECTED),
    ],
)
def test_a_reason_corrects_the_code_where_it_only_passes(code: int, line: str, result: Result) -> None:
    assert Reply(code, (line,)).recipient_result is result


def test_an_outcome_says_why_and_how_long() -> None:
    def of(code: int, line: str, result: Result) -> tuple[Why | None, int | None]:
        found = outcome(Reply(code, (line,)), result, stage=Stage.ENVELOPE, command="RCPT", server="mx:25")
        return found.why, found.retry_after

    assert of(451, "Greylisted, try again in 300 seconds", Result.DEFERRED) == (Why.GREYLISTED, 300)
    assert of(550, "5.1.1 Nobody. Try again in 300 seconds", Result.REJECTED) == (Why.BAD_MAILBOX, None)
    assert of(250, "2.1.5 greylisted, again in 300 seconds", Result.ACCEPTED) == (None, None)
