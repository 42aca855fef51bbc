"""Every dialogue, played whole, in pieces, and with the server gone at any point."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest

from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.protocol import SessionFailed
from postroom.smtp.reply import BadReply, Reply, ReplyReader
from postroom.smtp.route import Route
from postroom.smtp.session import Session
from tests.smtp import dialogues
from tests.smtp.dialogues import VERBS, Dialogue
from tests.smtp.peers import Act, Script, Server
from tests.smtp.wire import PATIENT, TRUST, Played, play


async def played(dialogue: Dialogue, *, cut: int | None = None, drip: bool = False) -> Played:
    return await play(
        Script(dialogue.answers),
        dialogue.mail,
        (dialogue.body,),
        credentials=dialogue.credentials,
        cut=cut,
        drip=drip,
    )


def results(found: Played) -> str:
    return letters(found.outcomes)


def letters(outcomes: Sequence[Outcome]) -> str:
    return "".join(outcome.result.value[0].upper() for outcome in outcomes)


def heard(found: Played, dialogue: Dialogue) -> str:
    """The letters of ``VERBS``, a dash for a line of a login."""
    letters = "".join(VERBS.get(line.split(" ")[0], "-") for line in found.wire.heard)
    return f"*{letters.rpartition('B')[2]}" if "*" in dialogue.heard else letters


def cuts(said: Sequence[bytes]) -> Iterator[int]:
    """Where a server may go: before each reply, in it and behind it; of many chunks, at the first and the last."""
    ends = [0, *accumulate(map(len, said))]
    for n, (start, end) in enumerate(pairwise(ends)):
        if len(said) < 12:
            yield from {start, start + 1, (start + end) // 2, end - 1}
        elif n < 5 or n > len(said) - 4:
            yield from {start, end - 1}
    yield ends[-1]


def test_there_are_enough() -> None:
    names = {dialogue.name for dialogue in dialogues.ALL}
    assert len(names) == len(dialogues.ALL) >= 80


@pytest.mark.parametrize("dialogue", dialogues.ALL, ids=lambda dialogue: dialogue.name)
async def test_what_comes_of_it(dialogue: Dialogue) -> None:
    found = await played(dialogue)
    assert results(found) == dialogue.results
    assert heard(found, dialogue) == dialogue.heard


async def test_the_same_comes_of_replies_octet_by_octet() -> None:
    for dialogue in dialogues.ALL:
        assert results(await played(dialogue, drip=True)) == dialogue.results, dialogue


async def test_the_same_comes_over_sockets() -> None:
    """A sample: every ninth, each octet by itself."""
    for dialogue in dialogues.ALL[2::9]:
        server = Server(dialogue.answers, drip=True)
        async with server.listening():
            route = server.route(credentials=dialogue.credentials)
            found = await over_sockets(route, dialogue)
        assert letters(found) == dialogue.results, dialogue


async def over_sockets(route: Route, dialogue: Dialogue) -> Sequence[Outcome]:
    try:
        session = await Session.open(route, hostname="client.example", trust=TRUST, deadlines=PATIENT)
    except SessionFailed as error:
        return [error.outcome] * len(dialogue.mail.recipients)
    outcomes = await session.transmit(dialogue.mail, (dialogue.body,))
    await session.close()
    return outcomes


async def test_the_same_comes_without_pipelining() -> None:
    for dialogue in dialogues.MAILS:
        stepwise = replace(dialogue, answers={"EHLO": dialogues.STEPWISE, **dialogue.answers})
        assert results(await played(stepwise)) == dialogue.results, dialogue


def test_replies_may_be_split_anywhere() -> None:
    replies = {
        answer
        for dialogue in dialogues.ALL
        for answers in dialogue.answers.values()
        for answer in ([answers] if isinstance(answers, bytes | Act) else answers)
        if isinstance(answer, bytes) and len(answer) < 200
    }
    for reply in replies:
        whole = reading(reply)
        for n in range(1, len(reply)):
            assert reading(reply[:n], reply[n:]) == whole


def reading(*pieces: bytes) -> list[object]:
    """The replies, and what is wrong with the rest."""
    reader, found = ReplyReader(), list[object]()
    try:
        for piece in pieces:
            reader.feed(piece)
    except BadReply as error:
        found.append(str(error))
    return [*reader.replies, *found]


@pytest.mark.parametrize("kind", ["GREETINGS", "HELLOS", "LOGINS", "MAILS", "PIPELINED", "CHUNKED"])
async def test_a_server_that_goes_at_any_point(kind: str) -> None:
    """What was answered counts; unknown is what had all of its message, and no answer to it."""
    for dialogue in getattr(dialogues, kind):
        whole = await played(dialogue)
        for cut in cuts(whole.wire.said):
            found = await played(dialogue, cut=cut)
            ended, answered = "." in found.wire.heard, end_was_answered(found, cut)
            for outcome, full in zip(found.outcomes, whole.outcomes, strict=True):
                told = f"{dialogue.name}, cut at {cut}: {outcome}"
                if ended and not answered and full.stage is Stage.FINAL_DOT:
                    assert outcome.result is Result.UNKNOWN, told
                elif outcome.result is not full.result:
                    assert not answered, told
                    assert outcome.result is Result.DEFERRED, told


def end_was_answered(found: Played, cut: int) -> bool:
    """Whether the reply to all of the message came, and whole."""
    said, n = found.wire.said, found.wire.end_said
    octets = said[n][: max(0, cut - sum(map(len, said[:n])))] if "." in found.wire.heard and n < len(said) else b""
    return any(isinstance(each, Reply) for each in reading(octets)[:1])
