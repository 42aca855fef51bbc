"""Who was promised what, what arrived, who was killed when: and whether all of that fits together. Pure.

What can be proved of a mail that arrived twice, from outside. Only one worker lives at a time, so each receipt belongs
to one worker's life. After that worker is dead and before the next one starts, the database is read: a mail still in
the queue then has no settled commit. So a double is in order exactly where

1. both receipts have the same Message-ID, the same octets and the same recipients;
2. the worker of the earlier receipt was killed after it, and was dead before the later one;
3. the mail had been claimed and was not settled when that worker was dead.

Either the reply was cut off (it was not sent before the signal), or it was sent and the kill came before the commit of
what it said: no SMTP client can know more then, and sends again (RFC 1047).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bench.inbox import Receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class Kill:
    """One SIGKILL. ``killed_at`` is the moment before the signal, ``dead_at`` when the process was no more (seconds).

    ``queued``: the subjects in the queue just after a worker's death, true for those claimed; empty for an api.
    """

    part: str
    starting: bool
    killed_at: float
    dead_at: float
    queued: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Double:
    """A mail that arrived again, in order. ``after`` is seconds from the earlier reply to the kill; None: cut off."""

    subject: str
    after: float | None


@dataclass(kw_only=True, slots=True)
class Account:
    """What happened. ``asked``: each subject's recipient; ``promised``: the message_id of each answered with 200."""

    asked: dict[str, str] = field(default_factory=dict)
    promised: dict[str, str] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)  # other answers, by status
    kills: list[Kill] = field(default_factory=list)
    receipts: Sequence[Receipt] = ()
    states: Mapping[str, int] = field(default_factory=dict)  # in the end: mails by state


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the ledger shows. Where ``faults`` is empty, every promise was kept."""

    arrived: int
    lost: Sequence[str]
    doubles: Sequence[Double]
    faults: Sequence[str]


def judge(account: Account) -> Verdict:
    """Hold all of it together."""
    deaths = sorted((kill for kill in account.kills if kill.part == "worker"), key=lambda kill: kill.killed_at)
    arrivals: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in sorted(account.receipts, key=lambda receipt: receipt.taken_at):
        arrivals[receipt.subject].append(receipt)
    doubles: list[Double] = []
    faults = [*_misdirected(account.asked, arrivals)]
    for subject, each in arrivals.items():
        for earlier, later in pairwise(each):
            found = _explain(subject, earlier, later, deaths)
            if isinstance(found, Double):
                doubles.append(found)
            else:
                faults.append(f"{subject} arrived again: {found}")
    # Only a mail whose receipt was confirmed has arrived: an honest server may forget the others.
    arrived = {subject for subject, each in arrivals.items() if each[-1].replied_at is not None}
    lost = sorted(account.promised.keys() - arrived)
    faults += [f"{subject} was answered with 200 and never arrived" for subject in lost]
    if account.states != {"sent": len(arrived)}:
        faults.append(f"{len(arrived)} mails arrived, and the database has {dict(account.states)}")
    return Verdict(arrived=len(arrived), lost=lost, doubles=doubles, faults=faults)


def _misdirected(asked: Mapping[str, str], arrivals: Mapping[str, Sequence[Receipt]]) -> Iterator[str]:
    for subject, receipts in arrivals.items():
        if subject not in asked:
            yield f"{subject} arrived, and nobody sent it"
        elif any(receipt.recipients != (asked[subject],) for receipt in receipts):
            yield f"{subject} went to somebody else"


def _explain(subject: str, earlier: Receipt, later: Receipt, deaths: Sequence[Kill]) -> Double | str:
    """The double, or what is wrong with it."""
    if earlier.message_id != later.message_id:
        return f"as {earlier.message_id} and as {later.message_id}"
    if (earlier.content, earlier.recipients) != (later.content, later.recipients):
        return "with other octets"
    death = next((kill for kill in deaths if kill.dead_at > earlier.taken_at), None)
    if death is None or death.dead_at > later.taken_at:
        return "and its worker had not been killed"
    if not death.queued.get(subject, False):
        return "and it had been settled"
    cut_off = earlier.replied_at is None or earlier.replied_at >= death.killed_at
    return Double(subject=subject, after=None if cut_off else death.killed_at - (earlier.replied_at or 0.0))
