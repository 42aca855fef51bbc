"""Limits let mails start evenly, all that hold for a lane together, and none is wasted on what another keeps back."""

from dataclasses import dataclass, replace

from postroom.mail.pace import AHEAD, Pace, Paces, Scope

NOW = 1_760_000_000_000_000


@dataclass(frozen=True)
class Way:
    org_id: int = 1
    transport_id: int = 7
    domain: str = ""
    host: str | None = "Mail.Example"


FAST = Pace(id=1, org_id=1, scope=Scope.ORG, messages=50, seconds=1)
SLOW = Pace(id=2, org_id=None, scope=Scope.SERVER, subject="mail.example", messages=1, seconds=10)


def test_a_limit_holds_for_what_it_is_about() -> None:
    theirs = replace(FAST, id=3, org_id=2)
    way = Pace(id=4, org_id=1, scope=Scope.TRANSPORT, subject="7", messages=1, seconds=1)
    domain = Pace(id=5, org_id=None, scope=Scope.DOMAIN, subject="x.example", messages=1, seconds=1)
    everybody = Pace(id=6, org_id=None, scope=Scope.ORG, messages=1, seconds=1)
    paces = Paces([FAST, SLOW, theirs, way, domain, everybody], NOW)
    assert {each.id for each in paces.of(Way(domain="x.example"))} == {1, 2, 4, 5, 6}
    assert {each.id for each in paces.of(Way(org_id=2, transport_id=8, host=None))} == {3, 6}
    assert Paces([], NOW).of(Way()) == []


def test_mails_start_evenly_and_a_little_slower_than_they_may() -> None:
    paces = Paces([FAST], NOW)
    assert paces.supplies(Way()) == {FAST: 10}
    starts = [paces.start(Way()) for _ in range(10)]
    assert starts == [NOW + n * 20_400 for n in range(10)]
    assert paces.supplies(Way()) == {FAST: 0}
    assert paces.moved() == {1: NOW + 204_000}
    assert paces.again([Way()]) == NOW + 204_000 - AHEAD // 2


def test_a_limit_of_connections_alone_holds_no_mail_up() -> None:
    paces = Paces([replace(SLOW, messages=None, per_connection=5), replace(FAST, per_connection=9)], NOW)
    assert paces.per_connection(Way()) == 5
    assert paces.per_connection(Way(host="other.example")) == 9
    assert [each.id for each in paces.of(Way())] == [1]
    several = Paces([replace(SLOW, messages=None, connections=5), replace(FAST, connections=9)], NOW)
    assert [each.connections for each in several.connections(Way())] == [9, 5]
    assert [each.connections for each in several.connections(Way(host="other.example"))] == [9]


def test_nothing_is_saved_up() -> None:
    assert Paces([replace(FAST, free_at=NOW - 10**9)], NOW).supplies(Way()) == {replace(FAST, free_at=NOW - 10**9): 10}
    assert Paces([replace(FAST, free_at=NOW + AHEAD + 1)], NOW).again([Way()]) == NOW + AHEAD // 2 + 1
    assert Paces([FAST], NOW).again([Way()]) is None


def test_a_clock_that_was_ahead_stops_nothing_once_it_is_right() -> None:
    minute = 60_000_000
    astray, skewed = replace(FAST, free_at=NOW + 3600 * 10**6), replace(FAST, free_at=NOW + minute)
    assert Paces([astray], NOW).start(Way()) == NOW
    assert Paces([skewed], NOW).start(Way()) == NOW + minute, "so far clocks may differ"
    slow = replace(SLOW, seconds=7200, free_at=NOW + 7200 * 10**6)
    assert Paces([slow], NOW).supplies(Way()) == {slow: 0}, "a limit of one in two hours explains it"


def test_the_strictest_decides() -> None:
    paces = Paces([FAST, SLOW], NOW)
    assert paces.supplies(Way()) == {FAST: 10, SLOW: 1}
    paces.start(Way())
    assert paces.supplies(Way(host="other.example")) == {FAST: 9}
    assert paces.again([Way()]) == NOW + 10_200_000 - AHEAD // 2
    assert paces.again([Way(host="other.example")]) is None
