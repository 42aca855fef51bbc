"""A transport's window: narrow until it delivers, narrow again when it stops, and aside while it is slow."""

from postroom.worker.window import CROWDED_REST_SECONDS, FIRST, LONG_REST_SECONDS, REST_SECONDS, SLOW_SECONDS, Windows

QUICK = SLOW_SECONDS / 2


def windows(**changes: int) -> Windows:
    return Windows(**{"in_flight": 20, "waiting": 6, "connections": 3, **changes})


def test_a_window_opens_with_answers_and_closes_with_silence() -> None:
    some = windows(in_flight=4)
    assert (some.room(0).each, some.room(0).unknown) == ({}, 2)
    one, two, _ = some.take(1, 0), some.take(1, 0), some.take(2, 0)
    assert some.room(0).each == {1: 0, 2: 1}
    for place in (one, two, some.take(1, 0)):
        some.give_back(place, QUICK, answered=True)
    assert some.room(QUICK).each == {1: 4, 2: 1}, "never wider than all together"
    some.give_back(some.take(1, QUICK), QUICK, answered=False)
    assert 1 not in some.room(QUICK).each, "as one that was never seen"


def test_what_waits_for_a_slow_server_takes_no_place_from_the_others() -> None:
    some = windows()
    places = [some.take(n, 0) for n in (1, 1, 2, 2)]
    assert some.room(QUICK).mails == 16
    assert some.room(SLOW_SECONDS).mails == 20
    for place in places[:2]:
        some.give_back(place, SLOW_SECONDS, answered=True)
    assert some.room(SLOW_SECONDS).each == {1: 3, 2: 0}, "as many as it has connections"
    some.take(1, SLOW_SECONDS)
    assert some.room(SLOW_SECONDS).mails == 20, "known to be slow from the start"


def test_only_so_many_wait_for_slow_servers() -> None:
    some = windows(waiting=2)
    for n in (1, 2):
        some.give_back(some.take(n, 0), SLOW_SECONDS, answered=True)
    some.take(1, SLOW_SECONDS)
    assert some.room(SLOW_SECONDS).each == {1: 2, 2: 3}
    place = some.take(2, SLOW_SECONDS)
    some.give_back(some.take(3, SLOW_SECONDS), SLOW_SECONDS, answered=True)
    assert some.room(SLOW_SECONDS).each == {1: 0, 2: 0, 3: 3}
    assert some.room(SLOW_SECONDS).mails == 20
    some.give_back(place, 2 * SLOW_SECONDS, answered=True)
    assert some.room(2 * SLOW_SECONDS).each[2] == 3


def test_who_has_not_proved_quick_has_half_of_the_places() -> None:
    some = windows()
    for n in range(5):
        some.take(n, 0)
        some.take(n, 0)
    room = some.room(0)
    assert (room.mails, room.others, room.quick) == (10, 0, frozenset())
    some.give_back(some.take(9, 0), QUICK, answered=True)
    assert some.room(QUICK).quick == {9}
    assert some.room(SLOW_SECONDS).others == 10, "what waits takes no place"


def test_a_destination_has_a_window_of_its_own() -> None:
    some = windows(in_flight=40, waiting=4)

    def rests(domain: str, now: float) -> float:
        return some.rest(1, domain, now)

    dead = [some.take(1, 0, "dead.example") for _ in range(FIRST)]
    assert (rests("dead.example", 0), rests("new.example", 0)) == (REST_SECONDS, 0)
    some.give_back(some.take(1, 0, "well.example"), QUICK, answered=True)
    assert rests("dead.example", SLOW_SECONDS) == LONG_REST_SECONDS
    assert rests("new.example", SLOW_SECONDS) == 0, "all that may wait do, and others go on"
    more = [some.take(1, SLOW_SECONDS, f"{n}.example") for n in range(14)]
    assert rests("new.example", SLOW_SECONDS) == CROWDED_REST_SECONDS
    assert rests("well.example", SLOW_SECONDS) == 0, "the other half is for those that deliver"
    for place in (*dead, *more):
        some.give_back(place, SLOW_SECONDS, answered=False)
    tries = [some.take(1, SLOW_SECONDS, "dead.example") for _ in range(2)]
    assert (rests("dead.example", SLOW_SECONDS), rests("new.example", SLOW_SECONDS)) == (LONG_REST_SECONDS, 0)
    assert some.room(SLOW_SECONDS).each == {}, "a claim knows nothing of it"
    for place in tries:
        some.give_back(place, SLOW_SECONDS, answered=True)
    assert (rests("dead.example", SLOW_SECONDS), some.room(SLOW_SECONDS).mails) == (0, 40)
