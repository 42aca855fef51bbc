"""What every request, claim and heartbeat asks is found by an index, on both databases, however large the tables."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Connection, event, insert, text

from postroom.mail.life import State
from postroom.store import addresses, files, jobs, mails, records, senders, tables, tokens, usage
from postroom.store.addresses import Asked
from postroom.store.db import Database
from postroom.store.files import Wanted
from postroom.store.records import Key
from postroom.store.senders import Wish
from tests.store.accepted import claim
from tests.world import NOW, World

MANY = 3000  # enough for PostgreSQL to prefer an index

# What is asked, and the index of each table that must be among those used.
CASES: dict[str, tuple[Callable[[Connection, World], Any], set[str]]] = {
    "claim": (lambda tx, _: jobs.claim(tx, claim(1, limit=10, busy=(3,))), {"ix_job_transport_id_due_at_mail_seq"}),
    "heartbeat": (lambda tx, _: jobs.extend(tx, [1, 2], NOW), {"ix_job_lease"}),
    "a company's contacts": (
        lambda tx, world: records.reach(tx, [Key(world.org.id, "Accounts", world.company.id)]),
        {"ix_record_org_id_account_id"},
    ),
    "a contact by address": (
        lambda tx, world: records.find_by_email(tx, world.org.id, "Contacts", ["c7@x.example"]),
        {"ix_record_org_id_email"},
    ),
    "known addresses": (
        lambda tx, world: addresses.look_up(tx, [Asked(world.org.id, "nobody@x.example")]),
        {"ix_record_org_id_email", "ix_record_org_id_secondary_email"},
    ),
    "a file": (lambda tx, world: files.find(tx, [Wanted(world.org.id, b"f" * 32)]), {"uq_file_id"}),
    "a token": (lambda tx, _: tokens.bearers(tx, [b"t" * 32]), {"pk_token"}),
    "a revoked token's children": (lambda tx, _: tokens.revoke(tx, b"t" * 32), {"ix_token_parent"}),
    "an organisation's credits": (lambda tx, world: usage.of_orgs(tx, [world.org.id]), {"pk_credit"}),
    "a sender": (
        lambda tx, world: senders.allowed(tx, [Wish(world.org.id, world.user.id, "s7@x.example")]),
        {"ix_sender_org_id_email"},
    ),
    "a record's mails": (
        lambda tx, world: mails.of_record(
            tx, Key(world.org.id, "Contacts", 17), states=list(State), limit=10, offset=0
        ),
        {"ix_mail_org_id_record_id_seq"},
    ),
    "a mail's history": (lambda tx, world: mails.history(tx, world.org.id, 7), {"ix_event_mail_seq"}),
}
# SQLite gives the indexes of keys and unique columns names of its own.
SQLITE_NAMES = {
    "uq_file_id": "sqlite_autoindex_file_1",
    "pk_token": "sqlite_autoindex_token_1",
    "pk_credit": "credit USING PRIMARY KEY",
}


def fill(tx: Connection, world: World) -> None:
    """Many rows of everything that grows."""
    own = {"org_id": world.org.id, "created_at": NOW}
    by = {"user_id": world.user.id}
    numbers = range(1, MANY + 1)

    def put(table: Any, *rows: dict[str, Any]) -> None:
        tx.execute(insert(table), list(rows))

    stamps = {"owner_id": 1, "created_by": 1, "modified_at": NOW, "modified_by": 1, "name": "x", "fields": {}}
    kin = {"module": "Contacts", **own, **stamps}
    put(tables.record, *(kin | {"id": 10**6 + n, "email": f"c{n}@x.example", "account_id": n} for n in numbers))
    put(tables.sender, *(own | {"id": 10**6 + n, "email": f"s{n}@x.example", "name": ""} for n in numbers))
    named = {"name": "", "content_type": "text/plain", "size": 1, "digest": b"d"}
    put(tables.file, *(own | by | named | {"id": n.to_bytes(32, "big")} for n in numbers))
    others = [{"id": 10**6 + n, "name": "", "primary_email": "", "created_at": NOW} for n in numbers]
    put(tables.org, *others)
    put(tables.credit, *({"org_id": each["id"], "hour": 1, "credits": 1} for each in others))
    put(tables.client, own | by | {"id": "c", "name": "", "type": "self", "secret_hash": b""})
    grant = own | by | {"kind": "access", "client_id": "c", "scopes": ""}
    put(tables.token, *(grant | {"hash": b"%d" % n, "parent": b"-%d" % n} for n in numbers))
    plain = {"from_name": "", "from_address": "a@b", "subject": "", "content": "", "format": "text", "attachments": 0}
    about = plain | {"module": "Contacts", "transport_id": 1, "state": "queued", "dated_at": NOW}
    put(tables.mail, *(own | by | about | {"id": n.to_bytes(32, "big"), "record_id": n} for n in numbers))
    waits = {"org_id": world.org.id, "transport_id": 1, "first_due_at": NOW}
    put(tables.job, *(waits | {"mail_seq": n, "due_at": NOW - 10 if n < 50 else NOW + n} for n in numbers))
    put(tables.event, *({"org_id": 1001, "mail_seq": n, "at": NOW, "what": "queued", "attempt": 0} for n in numbers))
    if tx.dialect.name == "postgresql":
        tx.execute(text("ANALYZE"))


def plans(tx: Connection, ask: Callable[[], object]) -> str:
    """Run ``ask`` and explain each statement it made."""
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    event.listen(tx, "before_cursor_execute", note)
    ask()
    event.remove(tx, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if tx.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(
        str(line[-1]) for statement, values in asked for line in tx.exec_driver_sql(explain + statement, values)
    )


async def test_each_question_is_answered_by_its_index(db: Database, world: World) -> None:
    def work(tx: Connection) -> dict[str, str]:
        fill(tx, world)
        return {name: plans(tx, partial(ask, tx, world)) for name, (ask, _) in CASES.items()}

    found = await db.write(work)
    names = SQLITE_NAMES if db.is_sqlite else {}
    for case, (_, wanted) in CASES.items():
        whole = [table for table in tables.metadata.tables if f"SCAN {table}" in found[case]]
        assert not whole, f"{case}: {whole} is read whole\n{found[case]}"
        missing = [index for index in wanted if names.get(index, index) not in found[case]]
        assert not missing, f"{case}: {missing} is not used\n{found[case]}"
