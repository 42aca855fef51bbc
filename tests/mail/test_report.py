"""Notices as others read them: the standard library's parser, and Mailman's detectors of bounces."""

from email import message_from_bytes
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

import pytest
from flufl.bounce import all_failures

from postroom.mail.compose import compose, header, message_id
from postroom.mail.draft import Letter
from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.mail.notice import notice
from postroom.mail.report import Missed, Report
from postroom.mail.retry import DAY, HOUR
from tests.mail.letters import DATED_AT, MAIL_ID, box, letter, read, sent

ORIGIN = box("office@example.com", "Example")
NOW = DATED_AT + HOUR
REFUSED = Outcome(
    result=Result.REJECTED,
    stage=Stage.ENVELOPE,
    code=550,
    enhanced="5.1.1",
    line="5.1.1 No such user",
    server="mx.example.net:25",
    why=Why.BAD_MAILBOX,
)


def report(*missed: Missed, until: int | None = None, about: Letter | None = None) -> Report:
    return Report(letter=about or letter(), accepted_at=DATED_AT, missed=missed, until=until)


def missed(address: str = "cleo@example.net", outcome: Outcome | None = REFUSED) -> Missed:
    return Missed(address=box(address).address, outcome=outcome, tried_at=NOW - 1 if outcome else None)


def told(of: Report) -> EmailMessage:
    """The notice, as the standard library reads it."""
    return read(sent(notice(of, origin=ORIGIN, at=NOW)))


def words(message: EmailMessage) -> str:
    """The part for people."""
    return str(next(message.iter_parts()).get_content())


def blocks(message: EmailMessage) -> list[Message]:
    """The groups of fields for programs: that of the mail, and one of each recipient."""
    found = list(message.iter_parts())[1].get_payload()
    assert isinstance(found, list)
    return [each for each in found if isinstance(each, Message)]


def test_a_failure_is_told_in_three_parts() -> None:
    about = letter(references=("<first@example.com>",))
    message = told(report(missed(), about=about))
    kinds = ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    assert [part.get_content_type() for part in message.iter_parts()] == kinds
    assert message["Content-Type"].params["report-type"] == "delivery-status"
    assert (message["Auto-Submitted"], message["Subject"]) == ("auto-replied", "Not delivered: Hello")
    assert (message["From"], message["To"]) == ("Example <office@example.com>", "Ada Byron <ada@example.com>")
    own = message_id(MAIL_ID, "example.com")
    assert (message["In-Reply-To"], message["References"].split()) == (own, ["<first@example.com>", own])
    assert list(message.iter_parts())[2].get_content() == header(about)
    mail, one = blocks(message)
    assert dict(mail.items()) == {
        "Reporting-MTA": "dns; example.com",
        "Arrival-Date": "Thu, 09 Oct 2025 08:53:20 +0000",
    }
    assert dict(one.items()) == {
        "Final-Recipient": "rfc822; cleo@example.net",
        "Action": "failed",
        "Status": "5.1.1",
        "Remote-MTA": "dns; mx.example.net",
        "Diagnostic-Code": "smtp; 550 5.1.1 No such user",
        "Last-Attempt-Date": "Thu, 09 Oct 2025 09:53:19 +0000",
    }
    for said in (
        '"Hello"',
        "was not delivered",
        "cleo@example.net",
        "no such mailbox",
        "550 5.1.1 No such user",
        "not tried again",
    ):
        assert said in words(message)


def test_a_delay_says_until_when_it_is_tried() -> None:
    message = told(report(missed(), until=DATED_AT + 5 * DAY))
    (one,) = blocks(message)[1:]
    assert (message["Subject"], one["Action"]) == ("Not delivered yet: Hello", "delayed")
    assert parsedate_to_datetime(one["Will-Retry-Until"]).timestamp() * 1000 == DATED_AT + 5 * DAY
    assert "until Tue, 14 Oct 2025 08:53:20 +0000" in words(message)


@pytest.mark.parametrize("until", [None, DATED_AT + 5 * DAY])
def test_mailman_knows_whom_a_notice_is_about(until: int | None) -> None:
    of = report(missed("cleo@example.net"), missed("o'hara@bücher.example"), until=until)
    octets = sent(notice(of, origin=ORIGIN, at=NOW))
    both = {b"cleo@example.net", b"o'hara@xn--bcher-kva.example"}
    temporary, permanent = map(set, all_failures(message_from_bytes(octets)))
    assert (temporary, permanent) == ((set(), both) if until is None else (both, set()))


@pytest.mark.parametrize(
    ("outcome", "status", "diagnostic"),
    [
        (None, "4.0.0", None),
        (Outcome(result=Result.REJECTED, stage=Stage.DATA, code=554, line="No"), "5.0.0", "smtp; 554 No"),
        (Outcome(result=Result.DEFERRED, stage=Stage.DATA, code=451), "4.0.0", "smtp; 451"),
        (Outcome(result=Result.DEFERRED, stage=Stage.DATA, code=452, why=Why.OVER_QUOTA), "4.2.2", "smtp; 452"),
        (Outcome(result=Result.DEFERRED, stage=Stage.CONNECT, line="refused"), "4.4.1", "X-Postroom; refused"),
        (Outcome(result=Result.UNKNOWN, stage=Stage.FINAL_DOT, line="closed"), "4.4.2", "X-Postroom; closed"),
        (
            Outcome(result=Result.REJECTED, stage=Stage.BODY, code=550, line="Größe " + "x" * 990),
            "5.0.0",
            "smtp; 550 Gr??e " + "x" * 78,
        ),
    ],
)
def test_any_outcome_has_a_status(outcome: Outcome | None, status: str, diagnostic: str | None) -> None:
    (one,) = blocks(told(report(missed(outcome=outcome))))[1:]
    found = one["Diagnostic-Code"]
    assert (one["Status"], found and "".join(found.splitlines())) == (status, diagnostic)


@pytest.mark.parametrize(
    ("server", "named"),
    [("127.0.0.1:25", "[127.0.0.1]"), ("[::1]:25", "[IPv6:::1]"), ("mx.example.net:25", "mx.example.net")],
)
def test_a_server_without_a_name_is_a_literal(server: str, named: str) -> None:
    outcome = Outcome(result=Result.DEFERRED, stage=Stage.DATA, code=451, server=server)
    assert blocks(told(report(missed(outcome=outcome))))[1]["Remote-MTA"] == f"dns; {named}"


def test_addresses_beyond_ascii_have_types_of_their_own() -> None:
    """RFC 6533: as the parts are encoded, a server without SMTPUTF8 takes the notice too."""
    mailbox = box("jürgen@example.net")
    letter_ = notice(report(missed("jürgen@example.net"), about=letter(to=(mailbox,))), origin=ORIGIN, at=NOW)
    assert not compose(letter_).smtputf8
    octets = sent(letter_)
    assert b"message/global-delivery-status\r\n" in octets
    assert b"message/global-headers\r\n" in octets
    assert b"Final-Recipient: utf-8; j=C3=BCrgen@example.net\r\n" in octets


def test_nobody_who_writes_a_mail_or_answers_it_adds_a_field() -> None:
    evil = "x\r\n\r\nFinal-Recipient: rfc822; eve@example.com\nAction: failed"
    outcome = Outcome(result=Result.REJECTED, stage=Stage.DATA, code=550, line=evil, server="mx.example.net:25")
    message = told(report(missed(outcome=outcome), about=letter(subject=evil)))
    assert len(blocks(message)) == 2
    assert blocks(message)[1].get_all("Final-Recipient") == ["rfc822; cleo@example.net"]
    assert message.get_all("Action") is None


def test_each_reason_has_words() -> None:
    for why in Why:
        outcome = Outcome(result=Result.REJECTED, stage=Stage.DATA, code=550, line="No", why=why, server="mx:25")
        lines = words(told(report(missed(outcome=outcome)))).splitlines()
        (_, reason, said) = [line.strip() for line in lines if line.startswith("    ")]
        assert (reason[-1], said) == (".", "mx:25 answered: 550 No")


def test_a_notice_goes_back_to_nobody() -> None:
    assert notice(report(missed()), origin=ORIGIN, at=NOW).return_path is None
    assert letter().return_path == box("ada@example.com").address
