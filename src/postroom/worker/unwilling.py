"""Who has unsubscribed while a mail waited: a mail may be scheduled for long after it was accepted."""

from collections.abc import Mapping
from typing import Final

from postroom.app import App
from postroom.mail.life import Outcome, Result, Stage
from postroom.store import blocked
from postroom.store.addresses import Asked
from postroom.store.claims import Job

# RFC 3463 §3.8: delivery not authorised.
_END: Final = Outcome(
    result=Result.REJECTED, stage=Stage.HERE, enhanced="5.7.1", line="the recipient has unsubscribed meanwhile"
)


async def unwilling(app: App, job: Job) -> Mapping[int, Outcome]:
    """The end of the mail for those to be served who have unsubscribed, by their places. Raises ``Unavailable``."""
    if job.letter.stream is None:
        return {}
    asked = {each.n: Asked(job.org_id, each.mailbox.address.folded) for each in job.pending}
    found = await app.db.read_together(blocked.unsubscribed, list(asked.values()))
    return {n: _END for n, each in asked.items() if each in found}
