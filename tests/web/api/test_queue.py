"""Mails that are chosen, over HTTP: met in parts, and what a worker holds is told apart (W 8.5)."""

from pathlib import Path
from typing import Any

from postroom.mail.limits import MAILS_PER_HAND
from postroom.store import mails
from tests.store.accepted import accepted, add, claim, work_for
from tests.web.api.guests import Guest, guests, only
from tests.world import NOW


async def told(guest: Guest, action: str, **item: Any) -> dict[str, Any]:
    """What is told of the mails that are met."""
    details = only(await guest.ask("POST", f"/Emails/actions/{action}", {"data": [item]}), 200)["details"]
    return dict(details)


async def test_many_are_met_in_parts(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        db, own, other = visit.own.house.app.db, visit.own.world, visit.other.world
        count = MAILS_PER_HAND + 3
        await db.write(lambda tx: add(tx, [accepted(own, n) for n in range(1, count + 1)]))
        await db.write(lambda tx: add(tx, [accepted(other, count + 1)]))
        held = await db.write(lambda tx: work_for(tx, claim(1, limit=2, busy=(other.transport.id,))))
        assert len(held) == 2

        queued = {"state": ["queued"], "accepted_before": "2999-01-01T00:00:00Z"}
        nothing = {"more_records": False, "next_index": None, "too_late": 0}
        assert await told(visit.own, "hold", **queued, dry_run=True) == nothing | {"count": count - 2, "being_sent": 2}
        first = await told(visit.own, "hold", **queued)
        assert first | {"next_index": None} == nothing | {
            "count": MAILS_PER_HAND - 2,
            "being_sent": 2,
            "more_records": True,
        }
        rest = await told(visit.own, "hold", **queued, index=first["next_index"])
        assert rest == nothing | {"count": 3, "being_sent": 0}
        theirs = await db.read(lambda tx: mails.find(tx, other.org.id, (count + 1).to_bytes(32, "big")))
        assert theirs is not None
        assert theirs.due_at == NOW
        assert await told(visit.other, "release", state=["held"]) == nothing | {"count": 0, "being_sent": 0}
