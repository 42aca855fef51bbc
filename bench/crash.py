"""``python -m bench.crash``: kill -9 at every fail point under load, again and again, and account for every mail.

``storm`` does it, ``ledger`` judges it; here are the command line and the report.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from bench.ledger import Account, Kill, Verdict, judge
from bench.matrix import HALVES
from bench.storm import Plan, storm
from bench.trial import carried_out, planned, told


def table(account: Account, verdict: Verdict) -> Iterator[str]:
    """The report for people: a line for each point, then what they come to."""
    columns = {
        "kills": Counter(map(_where, account.kills)),
        "lost": Counter(_where(_last(subject, account.kills)) for subject in verdict.lost),
        "doubled": Counter(_where(each.death) for each in verdict.doubles),
        "unknown": Counter(_where(each.death) for each in verdict.unknown),
        "in vain": Counter(_where(each.death) for each in verdict.unknown if each.in_vain),
    }
    yield f"{'half':8}{'point':20}" + "".join(f"{name:>9}" for name in columns)
    for part, points in HALVES.items():
        for point in (*points, ""):
            figures = [column[part, point] for column in columns.values()]
            if any(figures):
                yield f"{part:8}{point or 'anywhere':20}" + "".join(f"{each:9}" for each in figures)
    yield " " * 28 + "".join(f"{column.total():9}" for column in columns.values())
    yield from _totals(account, verdict)


def _where(death: Kill | None) -> tuple[str, str]:
    return ("", "") if death is None else (death.part, death.point)


def _last(subject: str, kills: Sequence[Kill]) -> Kill | None:
    """The last death with that mail in its hands."""
    return next((kill for kill in reversed(kills) if any(each.subject == subject for each in kill.held)), None)


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
