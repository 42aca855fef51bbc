"""A transport's window: narrow until it delivers, and narrow again when it stops."""

from postroom.worker.window import Windows


def test_window_opens_with_answers_and_closes_with_silence() -> None:
    windows = Windows(narrow=2, wide=4)
    assert windows.rooms() == {}
    windows.take(1)
    windows.take(1)
    windows.take(2)
    assert windows.rooms() == {1: 0, 2: 1}
    for _ in range(2):
        windows.give_back(1, answered=True)
    assert windows.rooms() == {1: 4, 2: 1}
    windows.take(1)
    windows.give_back(1, answered=True)
    assert windows.rooms()[1] == 4, "never wider than wide"
    windows.take(1)
    windows.give_back(1, answered=False)
    assert windows.rooms()[1] == 2
