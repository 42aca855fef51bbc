"""The conversation about one mail, without a socket: what is said, and what comes of each reply."""

from dataclasses import dataclass

import pytest
from msgspec import structs

from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.protocol import SEND_BODY, SEND_CHUNKS, SEND_LAST, Capabilities, Envelope, Lost
from postroom.smtp.reply import Reply
from postroom.smtp.transaction import CHUNKED_OCTETS, Ending, transaction
from tests.smtp.letters import envelope

PIPELINED = Capabilities(pipelining=True, smtputf8=True)
STEPWISE = Capabilities(smtputf8=True)

STANDING_FOR = {SEND_BODY: "BODY", SEND_CHUNKS: "CHUNKS", SEND_LAST: "LAST"}

A, D, R, U = Result.ACCEPTED, Result.DEFERRED, Result.REJECTED, Result.UNKNOWN


@dataclass
class Talk:
    """What was said, and what it came to; ``BODY`` stands for the message, ``CHUNKS`` and ``LAST`` for its parts."""

    said: list[str]
    ending: Ending

    @property
    def results(self) -> list[Result]:
        return [outcome.result for outcome in self.ending.outcomes]

    @property
    def codes(self) -> list[int | None]:
        return [outcome.code for outcome in self.ending.outcomes]


def talk(mail: Envelope, offers: Capabilities, *answers: int | str | Lost) -> Talk:
    """Go through the conversation; each answer is a code, a code with a text, or a failure."""
    conversation = transaction(mail, offers, "mx:25")
    said = []
    left = iter(answers)
    try:
        ask = next(conversation)
        while True:
            said.append(STANDING_FOR.get(ask) or ask.data.decode())
            answer = next(left)
            if isinstance(answer, Lost):
                ask = conversation.throw(answer)
            else:
                code, _, text = str(answer).partition(" ")
                ask = conversation.send(Reply(int(code), (text,)))
    except StopIteration as end:
        assert not list(left)
        return Talk([line for line in said if line], end.value)


def test_a_pipelined_mail_is_one_group_and_the_message() -> None:
    found = talk(envelope("bob@example.net", "eve@example.net"), PIPELINED, 250, 250, 250, 354, "250 2.0.0 queued")
    assert found.said == [
        "MAIL FROM:<ann@example.com>\r\nRCPT TO:<bob@example.net>\r\nRCPT TO:<eve@example.net>\r\nDATA\r\n",
        "BODY",
    ]
    assert found.ending == Ending(
        outcomes=[
            Outcome(
                result=A,
                stage=Stage.FINAL_DOT,
                code=250,
                enhanced="2.0.0",
                command=".",
                line="2.0.0 queued",
                server="mx:25",
            )
        ]
        * 2,
        usable=True,
        answered=True,
    )


def test_without_pipelining_each_command_waits() -> None:
    found = talk(envelope(), STEPWISE, 250, 250, 354, 250)
    assert found.said == ["MAIL FROM:<ann@example.com>\r\n", "RCPT TO:<bob@example.net>\r\n", "DATA\r\n", "BODY"]
    assert found.results == [A]


@pytest.mark.parametrize("offers", [PIPELINED, STEPWISE])
def test_each_recipient_keeps_its_own_refusal(offers: Capabilities) -> None:
    mail = envelope("a@example.net", "b@example.net", "c@example.net")
    found = talk(mail, offers, 250, "550 5.1.1 who?", 250, "451 4.7.1 later", 354, 250)
    assert found.results == [R, A, D]
    assert found.codes == [550, 250, 451]
    assert [outcome.command for outcome in found.ending.outcomes] == [
        "RCPT TO:<a@example.net>",
        ".",
        "RCPT TO:<c@example.net>",
    ]
    assert found.ending.usable


@pytest.mark.parametrize(("code", "result"), [(550, R), (451, D), (530, D), (552, R)])
def test_a_refused_sender_refuses_all(code: int, result: Result) -> None:
    mail = envelope("a@example.net", "b@example.net")
    pipelined = talk(mail, PIPELINED, code, 503, 503, 503, 250)
    stepwise = talk(mail, STEPWISE, code, 250)
    assert pipelined.said[1:] == stepwise.said[1:] == ["RSET\r\n"]
    for found in (pipelined, stepwise):
        assert found.results == [result, result]
        assert found.codes == [code, code]
        assert found.ending.outcomes[0].command == "MAIL FROM:<ann@example.com>"
        assert found.ending.usable


def test_no_recipient_left_ends_with_rset() -> None:
    assert talk(envelope(), STEPWISE, 250, 550, 250).said[2:] == ["RSET\r\n"]
    assert talk(envelope(), PIPELINED, 250, 550, 503, 250).said[1:] == ["RSET\r\n"]


def test_no_recipient_left_but_the_message_wanted_gets_a_lone_dot() -> None:
    found = talk(envelope(), PIPELINED, 250, 550, 354, 554)
    assert found.said[1:] == [".\r\n"]
    assert found.results == [R]
    assert found.codes == [550]
    assert found.ending.usable


def test_a_server_that_wants_the_message_of_a_refused_sender_gets_no_dot() -> None:
    found = talk(envelope(), PIPELINED, 550, 250, 354)
    assert len(found.said) == 1
    assert found.codes == [550]
    assert not found.ending.usable


def test_too_many_recipients_are_deferred() -> None:
    mail = envelope("a@example.net", "b@example.net", "c@example.net")
    assert talk(mail, PIPELINED, 250, 250, 452, 552, 354, 250).results == [A, D, D]


@pytest.mark.parametrize(("code", "result"), [(554, R), (451, D)])
def test_a_refusal_of_data_or_of_the_message_is_of_all(code: int, result: Result) -> None:
    mail = envelope("a@example.net", "b@example.net")
    at_data = talk(mail, PIPELINED, 250, 250, 250, code, 250)
    at_end = talk(mail, PIPELINED, 250, 250, 250, 354, code)
    assert [o.stage for o in at_data.ending.outcomes] == [Stage.DATA] * 2
    assert [o.stage for o in at_end.ending.outcomes] == [Stage.FINAL_DOT] * 2
    for found in (at_data, at_end):
        assert found.results == [result] * 2
        assert found.ending.usable


@pytest.mark.parametrize(
    ("answers", "results", "stage", "answered"),
    [
        ([421], [D, D], Stage.ENVELOPE, False),
        ([250, 421], [D, D], Stage.ENVELOPE, True),
        ([250, 550, 421], [R, D], Stage.ENVELOPE, True),
        ([250, 250, 250, 421], [D, D], Stage.DATA, True),
        ([250, 250, 250, 354, 421], [D, D], Stage.FINAL_DOT, True),
    ],
)
def test_421_ends_the_session_at_any_time(
    answers: list[int], results: list[Result], stage: Stage, answered: bool
) -> None:
    found = talk(envelope("a@example.net", "b@example.net"), PIPELINED, *answers)
    assert found.results == results
    assert (found.ending.outcomes[-1].stage, found.codes[-1]) == (stage, 421)
    assert not found.ending.usable
    assert found.ending.answered is answered


@pytest.mark.parametrize(
    ("before", "stage", "result", "answered"),
    [
        ([], Stage.ENVELOPE, D, False),
        ([250], Stage.ENVELOPE, D, True),
        ([250, 250], Stage.DATA, D, True),
        ([250, 250, 354], Stage.BODY, D, True),
        ([250, 250, 354], Stage.FINAL_DOT, U, True),
    ],
)
def test_a_lost_connection(before: list[int], stage: Stage, result: Result, answered: bool) -> None:
    found = talk(envelope(), PIPELINED, *before, Lost(stage, "cut"))
    assert found.ending.outcomes == [Outcome(result=result, stage=stage, line="cut", server="mx:25")]
    assert not found.ending.usable
    assert found.ending.answered is answered


def test_a_loss_after_the_dot_is_unknown_only_to_those_who_were_accepted() -> None:
    mail = envelope("a@example.net", "b@example.net")
    assert talk(mail, PIPELINED, 250, 550, 250, 354, Lost(Stage.FINAL_DOT, "cut")).results == [R, U]


@pytest.mark.parametrize(("code", "result"), [(552, R), (421, D), (451, D), (250, D), (354, D)])
def test_a_word_in_the_middle_of_the_message_accepts_nothing(code: int, result: Result) -> None:
    lost = Lost(Stage.BODY, "broke off", reply=Reply(code, ("",)))
    found = talk(envelope(), PIPELINED, 250, 250, 354, lost)
    assert found.results == [result]
    assert not found.ending.usable


@pytest.mark.parametrize(
    ("answers", "result"), [([354], D), ([250, 334], D), ([250, 250, 250], D), ([250, 250, 354, 354], U)]
)
def test_replies_that_make_no_sense(answers: list[int], result: Result) -> None:
    found = talk(envelope(), PIPELINED, *answers)
    assert found.results == [result]
    assert "no sense" in found.ending.outcomes[0].line
    assert not found.ending.usable


def test_a_refused_rset_ends_the_session_but_changes_no_outcome() -> None:
    found = talk(envelope(), STEPWISE, 550, 500)
    assert found.codes == [550]
    assert not found.ending.usable


def test_size_is_announced_and_a_mail_above_the_limit_not_tried() -> None:
    offers = Capabilities(size=True, size_limit=100)
    assert talk(envelope(size=100), offers, 250, 250, 354, 250).said[0] == "MAIL FROM:<ann@example.com> SIZE=100\r\n"
    found = talk(envelope("a@example.net", "b@example.net", size=101), offers)
    assert found.said == []
    assert [(o.result, o.enhanced, o.code) for o in found.ending.outcomes] == [(R, "5.3.4", None)] * 2
    assert found.ending.usable


def test_a_server_without_extensions_is_asked_for_none() -> None:
    assert talk(envelope(), Capabilities(), 250, 250, 354, 250).said[0] == "MAIL FROM:<ann@example.com>\r\n"


def test_a_notice_comes_from_nobody() -> None:
    null = envelope(sender=None)
    assert talk(null, Capabilities(), 250, 250, 354, 250).said[0] == "MAIL FROM:<>\r\n"
    assert talk(null, Capabilities(size=True), 250, 250, 354, 250).said[0].startswith("MAIL FROM:<> SIZE=")
    assert talk(envelope("bøb@example.net", sender=None), Capabilities()).results == [R]


@pytest.mark.parametrize(
    "mail", [envelope(smtputf8=True), envelope(sender="änn@example.com"), envelope("bøb@example.net")]
)
def test_smtputf8_is_asked_for_where_it_is_needed(mail: Envelope) -> None:
    assert talk(mail, STEPWISE, 250, 250, 354, 250).said[0].endswith("> BODY=8BITMIME SMTPUTF8\r\n")
    found = talk(mail, Capabilities())
    assert [(o.result, o.enhanced) for o in found.ending.outcomes] == [(R, "5.6.7")]


def test_who_can_be_reached_without_smtputf8_is() -> None:
    found = talk(envelope("bøb@example.net", "eve@example.net"), Capabilities(pipelining=True), 250, 250, 354, 250)
    assert "b@example.net" not in found.said[0]
    assert found.results == [R, A]


REPORTING = Capabilities(pipelining=True, dsn=True, smtputf8=True)


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (
            structs.replace(envelope("a+b=c@example.net"), id="4711"),
            "MAIL FROM:<ann@example.com> RET=HDRS ENVID=4711\r\n"
            "RCPT TO:<a+b=c@example.net> ORCPT=rfc822;a+2Bb+3Dc@example.net\r\n",
        ),
        (
            envelope('"a b"@example.net'),
            'MAIL FROM:<ann@example.com> RET=HDRS\r\nRCPT TO:<"a b"@example.net> ORCPT=rfc822;"a+20b"@example.net\r\n',
        ),
        # Nobody is told what becomes of a notice.
        (envelope(sender=None), "MAIL FROM:<>\r\nRCPT TO:<bob@example.net> NOTIFY=NEVER\r\n"),
        (
            envelope("bøb@example.net"),
            "MAIL FROM:<ann@example.com> BODY=8BITMIME SMTPUTF8 RET=HDRS\r\nRCPT TO:<bøb@example.net>\r\n",
        ),
    ],
)
def test_what_a_report_shall_say(mail: Envelope, said: str) -> None:
    assert talk(mail, REPORTING, 250, 250, 354, 250).said[0] == said + "DATA\r\n"


CHUNKING = Capabilities(pipelining=True, chunking=True)


def test_a_large_message_goes_by_chunks_once_somebody_wants_it() -> None:
    mail = envelope("a@example.net", "b@example.net", size=CHUNKED_OCTETS)
    found = talk(mail, CHUNKING, 250, "550 5.1.1 who?", 250, 250, "250 2.0.0 queued")
    assert found.said[1:] == ["CHUNKS", "LAST"]
    assert "DATA" not in found.said[0]
    assert [(o.result, o.command) for o in found.ending.outcomes] == [
        (R, "RCPT TO:<a@example.net>"),
        (A, "BDAT LAST"),
    ]
    assert talk(mail, CHUNKING, 250, 550, 550, 250).said[1:] == ["RSET\r\n"]


@pytest.mark.parametrize("offers", [Capabilities(chunking=True), PIPELINED])
def test_without_pipelining_nothing_goes_by_chunks(offers: Capabilities) -> None:
    assert talk(envelope(size=CHUNKED_OCTETS), offers, 250, 250, 354, 250).said[-1] == "BODY"


@pytest.mark.parametrize(
    ("answers", "result", "stage", "usable"),
    [
        ([552, 250], R, Stage.BODY, True),
        ([452, 250], D, Stage.BODY, True),
        ([421], D, Stage.BODY, False),
        ([354], D, Stage.BODY, False),
        ([Lost(Stage.BODY, "cut")], D, Stage.BODY, False),
        ([Lost(Stage.BODY, "cut", reply=Reply(552, ("",)))], R, Stage.BODY, False),
        ([250, 554, 250], R, Stage.FINAL_DOT, True),
        ([250, 421], D, Stage.FINAL_DOT, False),
        ([250, 354], U, Stage.FINAL_DOT, False),
        ([250, Lost(Stage.BODY, "cut")], D, Stage.BODY, False),
        ([250, Lost(Stage.FINAL_DOT, "cut")], U, Stage.FINAL_DOT, False),
    ],
)
def test_what_comes_of_chunks(answers: list[int | Lost], result: Result, stage: Stage, usable: bool) -> None:
    found = talk(envelope(size=CHUNKED_OCTETS), CHUNKING, 250, 250, *answers)
    assert (found.results, found.ending.outcomes[0].stage, found.ending.usable) == ([result], stage, usable)
