"""``python -m bench.crash``: kill -9 at every fail point under load, again and again, and account for every mail.

``storm`` does it, ``ledger`` judges it; here are the command line and the report.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from bench.ledger import Account, Verdict, judge
from bench.matrix import HALVES
from bench.storm import Plan, storm
from bench.trial import carried_out, planned, told


def table(account: Account, verdict: Verdict) -> Iterator[str]:
    """The report for people: a line for each point, then what they come to."""
    kills = Counter((kill.part, kill.point) for kill in account.kills)
    doubles = Counter((each.death.part, each.death.point) for each in verdict.doubles if each.death is not None)
    unknown = Counter((each.death.part, each.death.point) for each in verdict.unknown)
    vain = Counter((each.death.part, each.death.point) for each in verdict.unknown if each.in_vain)
    yield f"{'half':8}{'point':22}{'kills':>7}{'doubled':>9}{'unknown':>9}{'in vain':>9}"
    for part, points in HALVES.items():
        for point in (*points, ""):
            key = (part, point)
            if kills[key]:
                yield f"{part:8}{point or 'anywhere':22}{kills[key]:7}{doubles[key]:9}{unknown[key]:9}{vain[key]:9}"
    yield f"{'':8}{'':22}{kills.total():7}{doubles.total():9}{unknown.total():9}{vain.total():9}"
    yield from _totals(account, verdict)


def _totals(account: Account, verdict: Verdict) -> Iterator[str]:
    unanswered = len(account.asked) - len(account.promised) - sum(account.refused.values())
    refused = ", ".join(f"{times} with {status}" for status, times in sorted(account.refused.items())) or "none"
    cut_off = sum(double.cut_off for double in verdict.doubles)
    yield f"kills     {len(account.kills)} in {account.seconds:.0f} s; not come by in time: {_missed(account)}"
    yield f"asked     {len(account.asked)}"
    yield f"accepted  {len(account.promised)} answered 200; {unanswered} not answered, refused: {refused}"
    yield f"arrived   {verdict.arrived} mails in {len(account.receipts)} receipts"
    yield (
        f"doubles   {len(verdict.doubles)}: {cut_off} whose first reply was cut off, "
        f"{len(verdict.doubles) - cut_off} killed between reply and commit"
    )
    late = len(verdict.unknown) - account.unknown.total()
    yield f"unknown   {account.unknown.total()} attempts; {late} more had been settled when somebody looked again"
    yield f"lost      {len(verdict.lost)}"


def _missed(account: Account) -> str:
    return ", ".join(f"{times} {point}" for point, times in account.missed.most_common()) or "none"


def main() -> None:
    """Run as the command line says; exit code 1 where a promise was broken."""
    plan = planned(
        "crash",
        Plan,
        "Kill Postroom at every fail point under load; count mails.",
        rate="mails asked for per second",
        life="the longest life of a process that is killed at no point, in seconds",
    )
    account = carried_out("crash", plan.database, partial(storm, plan))
    verdict = judge(account)
    told(table(account, verdict), verdict.faults)


if __name__ == "__main__":
    main()
