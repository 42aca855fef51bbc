"""An operator's hand on many mails: some in each transaction, so that nobody waits for all of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from postroom.mail.limits import MAILS_PER_HAND
from postroom.store import jobs, selection
from postroom.store.db import Database
from postroom.store.jobs import Answer, Deed
from postroom.store.selection import Selection


async def repair(db: Database, deed: Deed, seqs: Sequence[int]) -> Counter[Answer]:
    """Do it to these mails; how many had which answer."""
    counts: Counter[Answer] = Counter()
    for start in range(0, len(seqs), MAILS_PER_HAND):
        part = seqs[start : start + MAILS_PER_HAND]
        counts.update(await db.write(partial(jobs.act, deed=deed, seqs=part)))
    return counts


async def repair_all(db: Database, deed: Deed, wanted: Selection, *, upto: int) -> Counter[Answer]:
    """Do it to the mails of the selection whose numbers are not behind ``upto``: what is accepted later is let be."""
    counts: Counter[Answer] = Counter()
    after = 0
    still = replace(deed, states=wanted.states)
    while seqs := await db.read(partial(selection.page, wanted=wanted, after=after, upto=upto, limit=MAILS_PER_HAND)):
        counts.update(await repair(db, still, seqs))
        after = seqs[-1]
    return counts
