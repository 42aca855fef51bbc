"""What every request, claim and heartbeat asks is found by an index, on both databases, however large the tables."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, event, insert, text

from postroom.mail.life import FINAL, Notices, State, Verb
from postroom.mail.token import Addressee
from postroom.record import CONTACTS, PIPELINES, Criteria, Kind
from postroom.record.criteria import beginning, equal, modified_after, spoken
from postroom.record.query import read_criteria
from postroom.record.terms import whole
from postroom.store import (
    addressees,
    addresses,
    aside,
    blocked,
    claims,
    confirmations,
    deletions,
    fields,
    files,
    filing,
    finding,
    imports,
    indexing,
    jobs,
    keys,
    linked,
    locks,
    mails,
    notices,
    once,
    orgs,
    policies,
    reaching,
    records,
    selection,
    senders,
    tables,
    templates,
    terms,
    threads,
    tokens,
    usage,
)
from postroom.store.addresses import Asked
from postroom.store.claims import Mark
from postroom.store.db import Database
from postroom.store.filing import By, Choice
from postroom.store.finding import Order, Position, Question
from postroom.store.imports import Import, Step
from postroom.store.jobs import Deed
from postroom.store.linked import Pair
from postroom.store.notices import Unreached
from postroom.store.once import Named
from postroom.store.records import Key
from postroom.store.selection import Selection
from postroom.store.senders import Wish
from postroom.store.threads import Wanted
from tests.store.accepted import claim
from tests.store.test_locks import lock
from tests.world import NOW, World, record

MANY = 3000  # enough for PostgreSQL to prefer an index

ANSWERED = (7).to_bytes(32, "big")
EMAIL = CONTACTS.numbers["Email"]
RECORDS = "ix_record_org_id_module_id"


MAILS = "ix_mail_org_id_record_id_seq_user_id_state"
SENT = set(State) - {State.SCHEDULED}
TO_SOMEBODY = Choice(by=By.TO, value="a@b", folded="a@b")


def mailed(whose: str, **asked: Any) -> Callable[[Connection, World], Any]:
    """A page of the mails of that record of the world."""
    return lambda tx, world: filing.page(tx, filing.Asked(limit=10, record=getattr(world, whose), **asked))


def listing(**asked: Any) -> Callable[[Connection, World], Any]:
    """A page of contacts."""
    return lambda tx, world: finding.find(tx, Question(org_id=world.org.id, limit=10, **{"module": CONTACTS, **asked}))


def telling(tx: Connection, world: World) -> None:
    """The notice of a failure."""
    orgs.choose_notices(tx, world.org.id, Notices.FAILURES)
    notices.tell(tx, [Unreached(mail_seq=7, places=(0,), at=NOW)])


def said(text: str) -> Criteria:
    """Criteria as a client writes them."""
    return read_criteria(CONTACTS, text)


def everything(world: World) -> Selection:
    """All that waits."""
    return Selection(org_id=world.org.id, states=frozenset(State) - FINAL)


# What is asked, and the index of each table that must be among those used.
CASES: dict[str, tuple[Callable[[Connection, World], Any], set[str]]] = {
    "claim": (lambda tx, _: claims.claim(tx, claim(1, limit=10, busy=(3,))), {"ix_job_lane_id_due_at_mail_seq"}),
    "what was claimed": (lambda tx, _: mails.letters(tx, range(1, 60)), {"pk_mail"}),
    "marks": (lambda tx, _: claims.mark(tx, [Mark(n, 1) for n in range(1, 60)]), set()),
    "some of the queue": (lambda tx, world: selection.page(tx, everything(world), after=9, upto=99, limit=5), set()),
    "what failed": (
        lambda tx, world: selection.newest(tx, replace(everything(world), states=frozenset({State.FAILED})), limit=5),
        {"ix_mail_org_id_seq"},
    ),
    "a hand on many mails": (
        lambda tx, world: jobs.act(tx, Deed(verb=Verb.RETRY, org_id=world.org.id, at=NOW), range(1, 300)),
        set(),
    ),
    "heartbeat": (lambda tx, _: claims.extend(tx, [1, 2], NOW), {"ix_job_lease"}),
    "a notice": (telling, {"ix_event_mail_seq", "uq_mail_id"}),
    "a company's contacts": (
        lambda tx, world: reaching.reach(tx, [Key(world.org.id, "Accounts", world.company.id)]),
        {"pk_record", "pk_term"},
    ),
    "known addresses": (
        lambda tx, world: addresses.look_up(tx, [Asked(world.org.id, "nobody@x.example")]),
        {"pk_record", "pk_term"},
    ),
    "records by id": (lambda tx, world: records.by_ids(tx, world.org.id, "Contacts", [7, 8]), {"pk_record"}),
    "what lookups show": (lambda tx, world: records.names(tx, world.org.id, [7, 8]), {"pk_record"}),
    "a lock": (lambda tx, world: locks.find(tx, structs.replace(world.contact, lock_id=70)), {"pk_record_lock"}),
    "a record to be locked": (lambda tx, world: locks.add(tx, lock(world)), {"pk_record"}),
    "records removed": (lambda tx, world: indexing.remove(tx, CONTACTS, [world.contact]), {"pk_record"}),
    "who has a unique value": (
        lambda tx, world: terms.holders(tx, world.org.id, EMAIL, [b"c%d@x.example" % n for n in range(30)]),
        {"pk_term"},
    ),
    "the newest records": (
        lambda tx, world: aside.newest(tx, world.org.id, CONTACTS),
        {"ix_unindexed_org_id_module_seq_stamp"},
    ),
    "records on their way into the index": (lambda tx, _: indexing.index_some(tx), {"pk_unindexed"}),
    "a field's values": (lambda tx, world: terms.used(tx, world.org.id, EMAIL, 3), {"pk_term"}),
    "fields of one's own": (
        lambda tx, world: fields.of(tx, world.org.id, CONTACTS),
        {"uq_custom_field_org_id_module_name"},
    ),
    "what was deleted": (
        lambda tx, world: deletions.page(tx, world.org.id, "Contacts", limit=5, offset=0, since=None),
        {"ix_deletion_org_id_module_seq"},
    ),
    # There are few deals: of the many contacts PostgreSQL may find the newest by their numbers alone.
    "a list": (listing(module=PIPELINES), {RECORDS, "pk_record"}),
    "a list, further on": (listing(module=PIPELINES, start=Position(10**6 + 90)), {RECORDS}),
    "a list, back": (listing(module=PIPELINES, start=Position(10**6 + 90), backwards=True), {RECORDS}),
    "a list by a field": (listing(order=Order("Last_Name")), {"pk_term", "pk_record"}),
    "a list by a field, further on": (
        listing(order=Order("Last_Name", True), start=Position(10**6 + 90, b"l90")),
        {"pk_term"},
    ),
    "a list by a field, among those without it": (
        listing(module=PIPELINES, order=Order("Amount"), start=Position(10**6 + 90)),
        {RECORDS, "ix_term_record_id_place"},
    ),
    "a list of some": (listing(only=[10**6 + 1, 10**6 + 2]), {"pk_record"}),
    "what has changed since": (listing(where=modified_after(CONTACTS, NOW)), {"pk_term"}),
    "a search": (listing(where=said("(Last_Name:starts_with:L1)and(Email:equals:c1@x.example)")), {"pk_term"}),
    "a search of alternatives": (listing(where=said("(Last_Name:in:l1,l2)or(Email:equals:c1@x.example)")), {"pk_term"}),
    "a search by word": (listing(where=spoken(CONTACTS, "l1 exam"), order=Order("Last_Name")), {"pk_term"}),
    "a search by address": (listing(where=beginning(CONTACTS, Kind.EMAIL, "c1")), {"pk_term"}),
    "a search of many by a field": (
        listing(where=said("(Email:starts_with:c)and(Owner:equals:1002)"), order=Order("Last_Name")),
        {"pk_term"},
    ),
    "related records": (
        lambda tx, world: listing(where=equal(CONTACTS, "Account_Name", whole(world.company.id)))(tx, world),
        {"pk_term"},
    ),
    "a file": (lambda tx, world: files.find(tx, [files.Wanted(world.org.id, b"f" * 32)]), {"uq_file_id"}),
    "a token": (lambda tx, _: tokens.bearers(tx, [b"t" * 32]), {"pk_token"}),
    "a revoked token's children": (lambda tx, _: tokens.revoke(tx, b"t" * 32), {"ix_token_parent"}),
    "an organisation's credits": (lambda tx, world: usage.of_orgs(tx, [world.org.id]), {"pk_credit"}),
    "a sender": (
        lambda tx, world: senders.allowed(tx, [Wish(world.org.id, world.user.id, "s7@x.example")]),
        {"ix_sender_org_id_email", "pk_sender_user"},
    ),
    "linked records": (
        lambda tx, world: linked.related(
            tx, [Pair(Key(world.org.id, "Contacts", 7), Key(world.org.id, "Accounts", 8))]
        ),
        {"pk_record"},
    ),
    "blocked addresses": (
        lambda tx, world: blocked.look_up(tx, [Asked(world.org.id, "b7@x.example"), Asked(1, "nobody@x.example")]),
        {"pk_blocked"},
    ),
    "who is unsubscribed": (
        lambda tx, _: addressees.find(tx, Addressee(mail_seq=7, n=0)),
        set(),
    ),
    "a domain's policy": (lambda tx, _: policies.find(tx, "x.example"), set()),
    "a mailed link": (lambda tx, _: confirmations.find(tx, b"l" * 32), {"pk_confirmation"}),
    "a record's mails": (mailed("contact"), {MAILS}),
    "a record's mails, back": (mailed("contact", start=9, backwards=True), {MAILS}),
    "a record's mails that wait": (mailed("contact", states={State.SCHEDULED}), {MAILS}),
    "a user's mails of a record": (mailed("contact", user_id=1002, states=SENT, start=2000), {MAILS}),
    "a record's mails to somebody": (mailed("contact", choice=TO_SOMEBODY), {MAILS}),
    "the mails of a company's contacts": (mailed("company", states=SENT), {MAILS, "pk_term"}),
    "the mails of a company's contacts, back": (
        mailed("company", start=9, backwards=True, contacts_alone=True),
        {MAILS, "pk_term"},
    ),
    "a mail that is answered": (
        lambda tx, world: threads.parents(tx, [Wanted(world.org.id, ANSWERED)]),
        {"uq_mail_id"},
    ),
    "threads with files": (
        lambda tx, world: threads.with_files(tx, world.org.id, [ANSWERED]),
        {"uq_mail_id", "ix_mail_org_id_thread_id"},
    ),
    "the mails of a deal": (mailed("deal"), {MAILS, "pk_record"}),
    "an import": (lambda tx, world: imports.find(tx, world.org.id, b"7"), {"uq_import_org_id_digest"}),
    "what it refused": (lambda tx, world: imports.refusals(tx, on_its_way(world)), {"pk_refused_line"}),
    "how far it came": (
        lambda tx, world: imports.advance(tx, on_its_way(world), Step(line=8, imported=1)),
        {"pk_import"},
    ),
    "a request's answer": (
        lambda tx, world: once.find(tx, [Named(world.org.id, world.user.id, "7")]),
        {"pk_answered"},
    ),
    "templates by id": (lambda tx, world: templates.find(tx, templates.Key(world.org.id, 7)), {"pk_template"}),
    "a template in use": (
        # By its number or, where PostgreSQL expects few of the organisation, by that.
        lambda tx, world: templates.mark_used(tx, {templates.Key(world.org.id, 7): NOW}),
        set(),
    ),
    "an organisation's templates": (
        lambda tx, world: templates.listing(tx, world.org.id),
        {"uq_template_org_id_name"},
    ),
    "keys of domains": (
        lambda tx, world: keys.signing(tx, [keys.Asked(world.org.id, "a.x7.example", NOW)]),
        {"uq_dkim_key_org_id_domain_selector"},
    ),
    "a mail's history": (lambda tx, world: mails.history(tx, world.org.id, 7), {"ix_event_mail_seq"}),
}
# SQLite gives the indexes of keys and unique columns names of its own; that of a table without row numbers has none.
SQLITE_NAMES = {
    "pk_mail": "mail USING INTEGER PRIMARY KEY",
    "uq_mail_id": "sqlite_autoindex_mail_1",
    "uq_file_id": "sqlite_autoindex_file_1",
    "pk_token": "sqlite_autoindex_token_1",
    "pk_record": "sqlite_autoindex_record_1",
    "pk_record_lock": "sqlite_autoindex_record_lock_1",
    "pk_term": "(place",
    "pk_refused_line": "refused_line USING PRIMARY KEY",
    "pk_credit": "credit USING PRIMARY KEY",
    "pk_unindexed": "unindexed USING INTEGER PRIMARY KEY",
    "pk_blocked": "blocked USING PRIMARY KEY (org_id=? AND address=?)",
    "pk_sender_user": "sender_user USING PRIMARY KEY",
    "pk_confirmation": "sqlite_autoindex_confirmation_1",
    "pk_answered": "sqlite_autoindex_answered_1",
    "pk_import": "sqlite_autoindex_import_1",
    "uq_import_org_id_digest": "sqlite_autoindex_import_2",
    "pk_template": "sqlite_autoindex_template_1",
    "uq_dkim_key_org_id_domain_selector": "sqlite_autoindex_dkim_key_2",
    "uq_template_org_id_name": "sqlite_autoindex_template_2",
    "uq_custom_field_org_id_module_name": "sqlite_autoindex_custom_field_2",
}
FEW = {"pace", "unindexed"}  # of these there are as many rows as an operator has made, or as there is room for
GROWING = ("record", "term", "deletion")  # these are read whole by nobody, however few a question may find


def on_its_way(world: World) -> Import:
    """The seventh of the imports."""
    return Import(id=7, org_id=world.org.id, digest=b"7", line=7, started_at=NOW)


def fill(tx: Connection, world: World) -> None:
    """Many rows of everything that grows."""
    own = {"org_id": world.org.id, "created_at": NOW}
    by = {"user_id": world.user.id}
    numbers = range(1, MANY + 1)

    def put(table: Any, *rows: dict[str, Any]) -> None:
        tx.execute(insert(table), list(rows))

    contacts = (
        record(10**6 + n, world.org, world.user, "Contacts", name="x", fields={"Last_Name": f"l{n}"}, **more(n))
        for n in numbers
    )
    indexing.add(tx, CONTACTS, list(contacts))
    gone = {"module": "Contacts", "name": "x", "created_by": 1, "deleted_by": 1, "deleted_at": NOW}
    put(tables.org, *({"id": 10**6 + n, "name": "", "primary_email": "a@b", "created_at": NOW} for n in numbers))
    waiting = {"module": "Contacts", "ids": b"12345678"}
    put(tables.unindexed, *(waiting | {"org_id": 10**6 + n, "stamp": n} for n in numbers))
    put(tables.deletion, *(gone | {"org_id": 10**6 + n, "record_id": n} for n in numbers))
    sizes = {"module": "Contacts", "name": "F", "label": "F", "kind": "text", "length": 5, "created_at": NOW}
    put(tables.custom_field, *(sizes | {"id": n, "org_id": 10**6 + n} for n in numbers))
    put(tables.sender, *(own | {"id": 10**6 + n, "email": f"s{n}@x.example", "name": ""} for n in numbers))
    put(tables.sender_user, *(by | {"org_id": world.org.id, "sender_id": 10**6 + n} for n in numbers))
    put(tables.confirmation, *(own | {"hash": b"%d" % n, "sender_id": 10**6 + n, "expires_at": NOW} for n in numbers))
    why = {"reason": "", "locked_at": NOW, "locked_by": 1, "org_id": world.org.id}
    put(tables.record_lock, *(why | {"id": 10 + n, "record_id": 10**6 + n} for n in numbers))
    named = {"name": "", "content_type": "text/plain", "size": 1, "digest": b"d"}
    put(tables.file, *(own | by | named | {"id": n.to_bytes(32, "big")} for n in numbers))
    put(tables.blocked, *(own | {"address": f"b{n}@x.example", "reason": ""} for n in numbers))
    stamps = dict.fromkeys(("created_at", "created_by", "modified_at", "modified_by"), 1) | {"format": "html"}
    worded = dict.fromkeys(("module", "name", "subject", "content", "description", "category"), "")
    put(
        tables.template,
        *(stamps | worded | {"id": n, "org_id": 10**6 + n, "files": []} for n in numbers),
    )
    sealed = {"algorithm": "rsa", "private": b"", "public": "", "signs_from": NOW, "selector": "s"}
    put(tables.dkim_key, *(own | sealed | {"id": n, "domain": f"x{n}.example"} for n in numbers))
    put(tables.credit, *({"org_id": 10**6 + n, "hour": 1, "credits": 1} for n in numbers))
    put(tables.client, own | by | {"id": "c", "name": "", "type": "self", "secret_hash": b""})
    grant = own | by | {"kind": "access", "client_id": "c", "scopes": ""}
    put(tables.token, *(grant | {"hash": b"%d" % n, "parent": b"-%d" % n} for n in numbers))
    plain = {"from_name": "", "from_address": "a@b", "subject": "", "content": "", "format": "text", "attachments": 0}
    about = plain | {"module": "Contacts", "transport_id": 1, "state": "queued", "dated_at": NOW}
    for_all = own | by | about | {"thread_id": None}
    # One of ten answers another.
    others = ({"thread_id": (n - 1).to_bytes(32, "big")} if n % 10 == 0 else {} for n in numbers)
    numbered = ({"id": n.to_bytes(32, "big"), "record_id": n} | each for n, each in zip(numbers, others, strict=True))
    put(tables.mail, *(for_all | each for each in numbered))
    put(tables.lane, {"id": 10**6, "org_id": world.org.id, "transport_id": 1, "urgent": True})
    waits = {"org_id": world.org.id, "lane_id": 10**6, "first_due_at": NOW}
    put(tables.job, *(waits | {"mail_seq": n, "due_at": NOW - 10 if n < 50 else NOW + n} for n in numbers))
    put(tables.event, *({"org_id": 1001, "mail_seq": n, "at": NOW, "what": "queued", "attempt": 0} for n in numbers))
    at = {"org_id": world.org.id, "imported": 0, "refused": 1, "started_at": NOW}
    told = {"user_id": world.user.id, "digest": b"d", "status": 200, "body": "{}", "created_at": NOW}
    put(tables.answered, *(told | {"org_id": world.org.id, "key": f"{n}"} for n in numbers))
    put(tables.import_, *(at | {"id": n, "digest": b"%d" % n, "line": n} for n in numbers))
    put(tables.refused_line, *({"import_id": n, "org_id": world.org.id, "line": n, "reason": ""} for n in numbers))
    if tx.dialect.name == "postgresql":
        tx.execute(text("ANALYZE"))


def more(n: int) -> dict[str, Any]:
    """What is looked up of contact number ``n``."""
    return {"email": f"c{n}@x.example", "account_id": n}


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
        counted = {*tables.metadata.tables} - FEW
        read_whole = [table for table in counted if f"SCAN {table}\n" in f"{found[case]}\n"]
        read_whole += [table for table in GROWING if f"Seq Scan on {table}" in found[case]]
        assert not read_whole, f"{case}: {read_whole} is read whole\n{found[case]}"
        missing = [index for index in wanted if names.get(index, index) not in found[case]]
        assert not missing, f"{case}: {missing} is not used\n{found[case]}"
        # PostgreSQL takes terms for rarer than they are: what it joins by them, it reads again for each record.
        joined = case.startswith(("a list", "a search")) and ("Join" in found[case] or "Nested" in found[case])
        assert not joined, f"{case}: is joined\n{found[case]}"


async def test_a_stretch_is_walked_along_though_nothing_is_known_of_it_yet(db: Database, world: World) -> None:
    def work(tx: Connection) -> str:
        some = (
            record(10**6 + n, world.org, world.user, "Contacts", name="x", fields={"Last_Name": "l"}, **more(n))
            for n in range(MANY)
        )
        indexing.add(tx, CONTACTS, list(some))
        return plans(tx, partial(listing(where=beginning(CONTACTS, Kind.EMAIL, "c17@")), tx, world))

    told = await db.write(work)
    assert "ix_term_record_id_place" not in told, told
