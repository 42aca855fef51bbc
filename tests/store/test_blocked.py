"""store.blocked on both databases."""

from dataclasses import replace

from postroom.store import blocked
from postroom.store.addresses import Asked
from postroom.store.blocked import UNSUBSCRIBED, Blocked
from postroom.store.db import Database, Tx
from tests.world import NOW, World, found


async def test_an_address_is_blocked_in_its_own_organisation_until_it_is_not(db: Database, world: World) -> None:
    ours = Blocked(org_id=world.org.id, address="a@x.example", reason="bounced", created_at=NOW)

    def work(tx: Tx) -> None:
        other = found(tx, 2)
        theirs = Blocked(org_id=other.org.id, address="b@x.example", reason="asked us to", created_at=NOW)
        for each in (ours, theirs):
            blocked.add(tx, each)
        asked = [Asked(each.org.id, address) for each in (world, other) for address in ("a@x.example", "b@x.example")]
        assert {each: blocked.look_up(tx, asked).get(each) for each in asked} == dict(
            zip(asked, ["bounced", None, None, "asked us to"], strict=True)
        )
        assert blocked.unsubscribed(tx, [asked, []]) == [frozenset(), frozenset()]
        assert not blocked.add(tx, ours)
        again = Blocked(org_id=world.org.id, address="a@x.example", reason="a complaint", created_at=NOW + 1)
        assert blocked.add(tx, again)
        assert [(each.reason, each.created_at) for each in blocked.listing(tx, world.org.id)] == [("a complaint", NOW)]
        gone = replace(theirs, reason=UNSUBSCRIBED)
        blocked.add(tx, gone)
        assert blocked.unsubscribed(tx, [asked, asked[:1]]) == [frozenset({asked[3]}), frozenset()]
        blocked.add(tx, theirs)
        assert not blocked.remove(tx, other.org.id, "a@x.example")
        assert blocked.remove(tx, world.org.id, "a@x.example")
        assert not blocked.remove(tx, world.org.id, "a@x.example")
        assert blocked.look_up(tx, asked) == {asked[3]: "asked us to"}
        assert blocked.look_up(tx, [Asked(1, f"{n}@x.example") for n in range(40_000)]) == {}

    await db.write(work)
