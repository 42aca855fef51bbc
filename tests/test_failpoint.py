"""Fail points: the table and the source agree, and an armed one does what it says, once."""

import ast
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from postroom.failpoint import POINTS, VARIABLE, Action, FailPoint, FailPointError, reach
from tests.shape.source import product

TWICE = """
from postroom.failpoint import reach
for n in (1, 2, 3):
    reach("claimed")
    reach("settled")
    print(n, flush=True)
"""


def test_each_point_is_reached_at_one_place() -> None:
    reached = Counter(
        ast.literal_eval(node.args[0])
        for module in product()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reach"
    )
    assert reached == dict.fromkeys(POINTS, 1)


def test_an_armed_point_fails_the_time_that_was_asked_for_and_no_other() -> None:
    point = FailPoint.read("settled:2:error")
    point.reach("settled")
    point.reach("claimed")
    with pytest.raises(FailPointError, match="settled"):
        point.reach("settled")
    point.reach("settled")


def test_without_the_variable_nothing_happens() -> None:
    for name in POINTS:
        reach(name)


@pytest.mark.parametrize(
    ("wish", "point"),
    [
        ("claimed", FailPoint(name="claimed")),
        ("claimed:3", FailPoint(name="claimed", nth=3)),
        ("claimed::stop", FailPoint(name="claimed", action=Action.STOP)),
    ],
)
def test_what_the_variable_may_say(wish: str, point: FailPoint) -> None:
    assert FailPoint.read(wish) == point


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("", "there is no fail point ''"),
        ("claim", "there is no fail point 'claim'"),
        ("claimed:0", "'0' is no number of times"),
        ("claimed:-1", "'-1' is no number of times"),
        ("claimed:1:explode", "'explode' is neither kill nor stop nor error"),
    ],
)
def test_a_mistake_ends_the_start_in_one_line(wish: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FailPoint.read(wish)
    ended = _twice(wish)
    assert (ended.wait(), *ended.communicate()) == (1, "", f"postroom: {VARIABLE}: {words}\n")


def test_the_process_is_killed_or_stopped() -> None:
    killed = _twice("settled:2")
    assert (killed.wait(), *killed.communicate()) == (-signal.SIGKILL, "1\n", "")
    with _twice("claimed::stop") as stopped:
        assert os.WIFSTOPPED(os.waitpid(stopped.pid, os.WUNTRACED)[1])
        stopped.send_signal(signal.SIGCONT)
        assert stopped.communicate()[0] == "1\n2\n3\n"


def _twice(wish: str) -> "subprocess.Popen[str]":
    command, pipe = [sys.executable, "-c", TWICE], subprocess.PIPE
    return subprocess.Popen(command, env={**os.environ, VARIABLE: wish}, stdout=pipe, stderr=pipe, text=True)
