"""The ledger notices what it is there to notice."""

from collections import Counter
from dataclasses import replace

from bench.books import Attempt
from bench.inbox import Receipt
from bench.ledger import Account, Kill, judge, judge_faults

TO = "cleo@customer.example"
CONTENT = b"Subject: storm-1\r\nMessage-ID: <1@org.example>\r\n\r\nHello\r\n"
FIRST = Attempt("storm-1", 1)


def receipt(taken_at: float, *, replied_at: float | None, content: bytes = CONTENT) -> Receipt:
    return Receipt(recipients=(TO,), content=content, began_at=taken_at, taken_at=taken_at, replied_at=replied_at)


def kill(at: float, *, unsettled: bool = True, marked: bool = True, part: str = "worker") -> Kill:
    held = {FIRST: marked} if unsettled else {}
    return Kill(part=part, killed_at=at, dead_at=at + 0.1, held=held)


def account(receipts: list[Receipt], kills: list[Kill], *, sent: int = 1, unknown: int | None = None) -> Account:
    """``unknown`` as often as the history says so of the first attempt; None: as it should."""
    marked = any(each.held.get(FIRST, False) for each in kills)
    return Account(
        asked={"storm-1": TO},
        promised={"storm-1": "1"},
        kills=kills,
        receipts=receipts,
        states={"sent": sent},
        unknown=Counter({FIRST: int(marked) if unknown is None else unknown}),
    )


def test_a_mail_that_arrived_once_is_in_order() -> None:
    verdict = judge(account([receipt(1.0, replied_at=1.1)], []))
    assert (verdict.arrived, verdict.lost, verdict.doubles, verdict.faults) == (1, [], [], [])


def test_a_promise_without_a_confirmed_receipt_is_a_loss() -> None:
    assert judge(account([], [], sent=0)).lost == ["storm-1"]
    assert judge(account([receipt(1.0, replied_at=None)], [kill(1.1)], sent=0)).lost == ["storm-1"]


def test_a_double_is_explained_by_a_kill_before_the_reply_or_before_the_commit() -> None:
    again = receipt(5.0, replied_at=5.1)
    for first, death, cut_off in (
        (receipt(1.0, replied_at=None), kill(1.05), True),
        (receipt(1.0, replied_at=1.0), kill(1.25), False),
    ):
        verdict = judge(account([first, again], [death]))
        (double,) = verdict.doubles
        assert (double.cut_off, double.death, verdict.faults) == (cut_off, death, [])


def test_a_double_without_such_a_kill_is_a_fault() -> None:
    first, again = receipt(1.0, replied_at=1.0), receipt(5.0, replied_at=5.1)
    unexplained = [
        [],
        [kill(0.5)],  # before it came
        [kill(5.5)],  # after it came again
        [kill(1.5, unsettled=False)],
        [kill(1.5, marked=False)],  # its dot had no leave
        [kill(1.5, part="api")],
    ]
    for kills in unexplained:
        assert judge(account([first, again], kills)).faults, kills


def test_what_died_with_its_dot_allowed_is_called_unknown_once_and_nothing_else_is() -> None:
    first, again = receipt(1.0, replied_at=1.0), receipt(5.0, replied_at=5.1)
    assert judge(account([first, again], [kill(1.5)], unknown=0)).faults
    assert judge(account([first, again], [kill(1.5)], unknown=2)).faults
    assert judge(account([first], [], unknown=1)).faults
    # Settled after all: the commit was on disk, and nobody had seen it.
    assert not judge(account([first], [kill(1.5)], unknown=0)).faults
    assert judge(account([again], [kill(1.5)], unknown=0)).faults
    # Likewise the second attempt, after a first that is unknown and had arrived; but then nothing may come any more.
    second = replace(kill(5.5), held={Attempt("storm-1", 2): True})
    assert not judge(account([first, again], [kill(1.5), second])).faults
    assert judge(account([first, again, receipt(9.0, replied_at=9.1)], [kill(1.5), second])).faults
    # Whoever took it over died of it too, and it is one attempt still.
    assert not judge(account([first, again], [kill(1.5), kill(2.5)])).faults


def test_an_attempt_of_which_nothing_came_is_unknown_in_vain() -> None:
    (came,) = judge(account([receipt(1.0, replied_at=None), receipt(5.0, replied_at=5.1)], [kill(1.5)])).unknown
    (vain,) = judge(account([receipt(5.0, replied_at=5.1)], [kill(1.5)])).unknown
    assert (came.in_vain, vain.in_vain) == (False, True)


def test_a_double_with_other_octets_is_a_fault() -> None:
    for content in (CONTENT.replace(b"<1@", b"<2@"), CONTENT + b"more\r\n"):
        again = receipt(5.0, replied_at=5.1, content=content)
        assert judge(account([receipt(1.0, replied_at=1.0), again], [kill(1.5)])).faults


def test_a_mail_that_nobody_sent_or_that_went_elsewhere_is_a_fault() -> None:
    stray = account([receipt(1.0, replied_at=1.1)], [])
    stray.asked = {}
    assert judge(stray).faults
    elsewhere = replace(receipt(1.0, replied_at=1.1), recipients=("eve@customer.example",))
    assert judge(account([elsewhere], [])).faults


def test_the_books_must_agree_with_what_arrived() -> None:
    assert judge(account([receipt(1.0, replied_at=1.1)], [], sent=2)).faults


def test_where_nobody_dies_a_mail_arrives_once_more_for_each_time_that_it_is_called_unknown() -> None:
    first, again = receipt(1.0, replied_at=None), receipt(5.0, replied_at=5.1)
    assert not judge_faults(account([first, again], [], unknown=1)).faults
    assert judge_faults(account([first, again], [], unknown=0)).faults
    assert judge_faults(account([first, again, receipt(9.0, replied_at=9.1)], [], unknown=1)).faults
    assert not judge_faults(account([again], [], unknown=1)).faults
