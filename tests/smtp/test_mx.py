from collections.abc import Sequence
from random import Random

import pytest

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.smtp.mx import Mx, order


def hosts(*records: tuple[int, str], domain: str = "example.com", seed: int = 1) -> Sequence[str] | Outcome:
    found = [Mx(preference=preference, host=host) for preference, host in records]
    return order(found, domain=domain, ourselves="Us.example", chance=Random(seed).random)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], ("example.com",)),
        ([(20, "b.example"), (10, "a.example"), (30, "c.example")], ("a.example", "b.example", "c.example")),
        ([(10, "a.example"), (20, "a.example")], ("a.example",)),
        ([(0, ""), (10, "a.example")], ("a.example",)),
        ([(10, "a.example"), (20, "us.example"), (20, "b.example"), (30, "c.example")], ("a.example",)),
        ([(10, "192.0.2.1"), (20, "[192.0.2.1]"), (30, "a b.example"), (40, "xn--mx.example")], ("xn--mx.example",)),
        ([(10, "mail_1.a"), (20, "-.a"), (30, r"a\010.a"), (40, "x" * 64 + ".a")], ("mail_1.a",)),
    ],
)
def test_hosts_come_by_preference(records: list[tuple[int, str]], expected: tuple[str, ...]) -> None:
    assert hosts(*records) == expected


def test_equals_come_at_random_and_never_before_their_betters() -> None:
    records = [(10, f"a{n}.example") for n in range(4)] + [(5, "first.example")]
    orders = {tuple(hosts(*records, seed=seed)) for seed in range(40)}  # type: ignore[arg-type]
    assert all(each[0] == "first.example" for each in orders)
    assert {each[1] for each in orders} == {f"a{n}.example" for n in range(4)}


@pytest.mark.parametrize(
    ("records", "domain", "enhanced"),
    [
        ([(0, "")], "example.com", "5.1.10"),
        ([(10, "us.example"), (20, "b.example")], "example.com", "5.4.6"),
        ([], "us.example", "5.4.6"),
        ([(10, "127.0.0.1"), (20, "")], "example.com", "5.4.4"),
    ],
)
def test_no_host_at_all_is_for_good(records: list[tuple[int, str]], domain: str, enhanced: str) -> None:
    refusal = hosts(*records, domain=domain)
    assert isinstance(refusal, Outcome)
    assert (refusal.result, refusal.stage, refusal.why) == (Result.REJECTED, Stage.ROUTE, Why.UNROUTABLE)
    assert (refusal.enhanced, domain in refusal.line) == (enhanced, True)
