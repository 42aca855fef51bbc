"""Who was promised what, what arrived, who was killed when: and whether all of that fits together. Pure.

What can be proved of a mail that arrived twice, from outside. Only one worker lives at a time, so each receipt belongs
to one worker's life. After that worker is dead and before the next one starts, the database is read: an attempt still
under a lease then has no settled commit, and it says whether its final dot was allowed. So a double is in order exactly
where

1. both receipts have the same Message-ID, the same octets and the same recipients;
2. the worker of the earlier receipt was killed after it, and was dead before the later one;
3. the mail had been claimed, its dot allowed, and it was not settled when that worker was dead;
4. the history says of that attempt that nobody knows what became of it.

Either the reply was cut off (it was not sent before the signal), or it was sent and the kill came before the commit of
what it said: no SMTP client can know more then, and sends again (RFC 1047).

The history must say so of each attempt that died with its dot allowed, once, and of no other. One kind of attempt may
go without: what it meant was written whole, and the worker died before SQLite told anybody (the frames are in its log,
the log's index has them not); whoever opens the database as the first finds them. Such a mail arrived, once.

Where something else than death happens (``judge_faults``), the history alone tells: a mail arrives at most once more
than it was called unknown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bench.books import Attempt
from bench.inbox import Receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class Kill:
    """One death by SIGKILL, at a fail point (``point``) or at a random moment (empty).

    ``killed_at`` is the last moment before it that is known, ``dead_at`` when the process was no more (seconds).
    ``held``: the attempts under a lease just after a worker's death, true where the dot was allowed; empty for an api.
    """

    part: str
    point: str = ""
    starting: bool = False
    killed_at: float
    dead_at: float
    held: Mapping[Attempt, bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Double:
    """A mail that arrived again, in order, and by whose death, if any. ``cut_off``: no reply had been sent before."""

    subject: str
    death: Kill | None
    cut_off: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """An attempt that died with its dot allowed. ``in_vain``: nothing of it had arrived. ``again``: more came later."""

    attempt: Attempt
    death: Kill
    in_vain: bool
    again: bool


@dataclass(kw_only=True, slots=True)
class Account:
    """What happened. ``asked``: each subject's recipient; ``promised``: the message_id of each answered with 200."""

    asked: dict[str, str] = field(default_factory=dict)
    promised: dict[str, str] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)  # other answers, by status
    kills: list[Kill] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)  # points that nobody came by, though armed
    receipts: Sequence[Receipt] = ()
    states: Mapping[str, int] = field(default_factory=dict)  # in the end: mails by state
    unknown: Counter[Attempt] = field(default_factory=Counter)  # in the end: what the history calls so
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the ledger shows. Where ``faults`` is empty, every promise was kept."""

    arrived: int
    lost: Sequence[str]
    doubles: Sequence[Double]
    unknown: Sequence[Unknown]
    faults: Sequence[str]


def judge(account: Account) -> Verdict:
    """Hold all of it together, where processes were killed and nothing else happened."""
    deaths = sorted((kill for kill in account.kills if kill.part == "worker"), key=lambda kill: kill.dead_at)
    arrivals = _arrivals(account.receipts)
    unknown = [*_unknown(deaths, arrivals)]
    found = [_explain(*two, deaths) for each in arrivals.values() for two in pairwise(each)]
    return _verdict(account, arrivals, found, unknown, [*_mislabelled(unknown, account.unknown)])


def judge_faults(account: Account) -> Verdict:
    """Hold all of it together, where other things happened than deaths."""
    arrivals = _arrivals(account.receipts)
    found = [_repeated(*two) for each in arrivals.values() for two in pairwise(each)]
    return _verdict(account, arrivals, found, [], [*_silent(arrivals, account.unknown)])


def _verdict(
    account: Account,
    arrivals: Mapping[str, Sequence[Receipt]],
    found: Sequence[Double | str],
    unknown: Sequence[Unknown],
    faults: Sequence[str],
) -> Verdict:
    # Only a mail whose receipt was confirmed has arrived: an honest server may forget the others.
    arrived = {subject for subject, each in arrivals.items() if each[-1].replied_at is not None}
    lost = sorted(account.promised.keys() - arrived)
    return Verdict(
        arrived=len(arrived),
        lost=lost,
        doubles=[each for each in found if isinstance(each, Double)],
        unknown=unknown,
        faults=[
            *_misdirected(account.asked, arrivals),
            *(each for each in found if isinstance(each, str)),
            *(f"{subject} was answered with 200 and never arrived" for subject in lost),
            *_contradicted(account.states, len(arrived)),
            *faults,
        ],
    )


def _arrivals(receipts: Sequence[Receipt]) -> dict[str, list[Receipt]]:
    """By subject, in order."""
    found: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in sorted(receipts, key=lambda receipt: receipt.taken_at):
        found[receipt.subject].append(receipt)
    return found


def _misdirected(asked: Mapping[str, str], arrivals: Mapping[str, Sequence[Receipt]]) -> Iterator[str]:
    for subject, receipts in arrivals.items():
        if subject not in asked:
            yield f"{subject} arrived, and nobody sent it"
        elif any(receipt.recipients != (asked[subject],) for receipt in receipts):
            yield f"{subject} went to somebody else"


def _contradicted(states: Mapping[str, int], arrived: int) -> Iterator[str]:
    if states != {"sent": arrived}:
        yield f"{arrived} mails arrived, and the database has {dict(states)}"


def _explain(earlier: Receipt, later: Receipt, deaths: Sequence[Kill]) -> Double | str:
    """The double with the death that made it, or what is wrong with it."""
    same = _repeated(earlier, later)
    if isinstance(same, str):
        return same
    subject = later.subject
    again = f"{subject} arrived again"
    death = next((kill for kill in deaths if kill.dead_at > earlier.taken_at), None)
    if death is None or death.dead_at > later.taken_at:
        return f"{again}: and its worker had not been killed"
    held = {attempt.subject: marked for attempt, marked in death.held.items()}
    if subject not in held:
        return f"{again}: and it had been settled"
    if not held[subject]:
        return f"{again}: and its final dot had not been allowed"
    cut_off = earlier.replied_at is None or earlier.replied_at >= death.killed_at
    return Double(subject=subject, death=death, cut_off=cut_off)


def _repeated(earlier: Receipt, later: Receipt) -> Double | str:
    """The double, or what is wrong with it."""
    again = f"{later.subject} arrived again"
    if earlier.message_id != later.message_id:
        return f"{again}: as {earlier.message_id} and as {later.message_id}"
    if (earlier.content, earlier.recipients) != (later.content, later.recipients):
        return f"{again}: with other octets"
    return Double(subject=later.subject, death=None, cut_off=earlier.replied_at is None)


def _unknown(deaths: Sequence[Kill], arrivals: Mapping[str, Sequence[Receipt]]) -> Iterator[Unknown]:
    """The attempts that died with their dot allowed, each once: whoever takes one over may die of it too."""
    seen: set[Attempt] = set()
    born = 0.0
    for death in deaths:
        for attempt in [each for each, marked in death.held.items() if marked and each not in seen]:
            seen.add(attempt)
            receipts = arrivals.get(attempt.subject, ())
            came = any(born <= receipt.taken_at < death.dead_at for receipt in receipts)
            again = any(receipt.taken_at >= death.dead_at for receipt in receipts)
            yield Unknown(attempt=attempt, death=death, in_vain=not came, again=again)
        born = death.dead_at


def _silent(arrivals: Mapping[str, Sequence[Receipt]], labelled: Counter[Attempt]) -> Iterator[str]:
    told = Counter[str]()
    for attempt, times in labelled.items():
        told[attempt.subject] += times
    for subject, receipts in arrivals.items():
        if len(receipts) > 1 + told[subject]:
            yield f"{subject} arrived {len(receipts)} times, and is called unknown {told[subject]} times"


def _mislabelled(unknown: Sequence[Unknown], labelled: Counter[Attempt]) -> Iterator[str]:
    died = {each.attempt: each for each in unknown}
    for attempt in died.keys() | labelled.keys():
        name = f"attempt {attempt.number} at {attempt.subject}"
        found = died.get(attempt)
        if labelled[attempt] > (found is not None):
            yield f"{name} is called unknown {labelled[attempt]} times"
        elif found is not None and not labelled[attempt] and (found.in_vain or found.again):
            yield f"{name} died with its final dot allowed, and is not called unknown"
