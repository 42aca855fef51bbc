"""The ledger notices what it is there to notice."""

from dataclasses import replace

from bench.inbox import Receipt
from bench.ledger import Account, Kill, judge

TO = "cleo@customer.example"
CONTENT = b"Subject: storm-1\r\nMessage-ID: <1@org.example>\r\n\r\nHello\r\n"


def receipt(taken_at: float, *, replied_at: float | None, content: bytes = CONTENT) -> Receipt:
    return Receipt(recipients=(TO,), content=content, began_at=taken_at, taken_at=taken_at, replied_at=replied_at)


def kill(at: float, *, unsettled: bool = True, part: str = "worker") -> Kill:
    queued = {"storm-1": True} if unsettled else {}
    return Kill(part=part, starting=False, killed_at=at, dead_at=at + 0.1, queued=queued)


def account(receipts: list[Receipt], kills: list[Kill], *, sent: int = 1) -> Account:
    return Account(
        asked={"storm-1": TO}, promised={"storm-1": "1"}, kills=kills, receipts=receipts, states={"sent": sent}
    )


def test_a_mail_that_arrived_once_is_in_order() -> None:
    verdict = judge(account([receipt(1.0, replied_at=1.1)], []))
    assert (verdict.arrived, verdict.lost, verdict.doubles, verdict.faults) == (1, [], [], [])


def test_a_promise_without_a_confirmed_receipt_is_a_loss() -> None:
    assert judge(account([], [], sent=0)).lost == ["storm-1"]
    assert judge(account([receipt(1.0, replied_at=None)], [kill(1.1)], sent=0)).lost == ["storm-1"]


def test_a_double_is_explained_by_a_kill_before_the_reply_or_before_the_commit() -> None:
    again = receipt(5.0, replied_at=5.1)
    (cut_off,) = judge(account([receipt(1.0, replied_at=None), again], [kill(1.05)])).doubles
    assert cut_off.after is None
    (between,) = judge(account([receipt(1.0, replied_at=1.0), again], [kill(1.25)])).doubles
    assert between.after == 0.25


def test_a_double_without_such_a_kill_is_a_fault() -> None:
    first, again = receipt(1.0, replied_at=1.0), receipt(5.0, replied_at=5.1)
    unexplained = [
        [],
        [kill(0.5)],  # before it came
        [kill(5.5)],  # after it came again
        [kill(1.5, unsettled=False)],
        [kill(1.5, part="api")],
    ]
    for kills in unexplained:
        assert judge(account([first, again], kills)).faults, kills


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
