"""A transport's window: narrow until it delivers, and narrow again when it stops."""

from postroom.worker.window import Windows


def test_window_opens_with_answers_and_closes_with_silence() -> None:
    windows = Windows(narrow=2, wide=4)
    assert [windows.take(1) for _ in range(3)] == [True, True, False]
    assert windows.busy() == [1]
    assert windows.take(2), "another transport has a window of its own"
    windows.give_back(1, answered=True)
    windows.give_back(1, answered=True)
    assert [windows.take(1) for _ in range(5)] == [True, True, True, True, False], "never wider than wide"
    for _ in range(4):
        windows.give_back(1, answered=False)
    assert windows.busy() == []
    assert [windows.take(1) for _ in range(3)] == [True, True, False]
