from dataclasses import replace
from functools import partial

from postroom.store import policies
from postroom.store.db import Database
from postroom.store.policies import StsPolicy

POLICY = StsPolicy(
    domain="example.com",
    id="1",
    mode="enforce",
    mx=["mx.example.com", "*.example.net"],
    fetched_at=1_000,
    ends_at=2_000,
)


async def test_the_last_policy_of_a_domain_is_kept_until_some_time_after_its_end(db: Database) -> None:
    for policy in (POLICY, replace(POLICY, domain="example.org"), replace(POLICY, id="2", mode="none", mx=[])):
        await db.write(partial(policies.keep, policy=policy))
    assert await db.read(lambda tx: policies.find(tx, "example.com")) == replace(POLICY, id="2", mode="none", mx=[])
    assert await db.read(lambda tx: policies.find(tx, "example.org")) == replace(POLICY, domain="example.org")
    assert await db.read(lambda tx: policies.find(tx, "example.net")) is None
    assert await db.write(lambda tx: policies.drop_ended(tx, 2_000)) == 0
    assert await db.write(lambda tx: policies.drop_ended(tx, 2_001)) == 2
