"""Which scope opens what: expectations written by hand from W 5.1 and 5.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.access.scope import Need, Operation, parse

READ, CREATE, UPDATE, DELETE, DELINK = Operation
CONTACTS, DEALS = ("modules", "contacts"), ("modules", "pipelines")

EVERY = set(Operation)

# grant, path needed, the operations it opens there
TABLE = [
    # W 5.1: what each operation covers
    ("ZohoBigin.modules.contacts.ALL", CONTACTS, EVERY),
    ("ZohoBigin.modules.contacts.READ", CONTACTS, {READ}),
    ("ZohoBigin.modules.contacts.CREATE", CONTACTS, {CREATE}),
    ("ZohoBigin.modules.contacts.UPDATE", CONTACTS, {UPDATE}),
    ("ZohoBigin.modules.contacts.DELETE", CONTACTS, {DELETE, DELINK}),
    ("ZohoBigin.modules.contacts.WRITE", CONTACTS, {CREATE, UPDATE, DELINK}),
    # one module is not another
    ("ZohoBigin.modules.contacts.ALL", ("modules", "accounts"), set()),
    ("ZohoBigin.modules.contacts.ALL", ("contacts",), set()),
    ("ZohoBigin.modules.contacts.ALL", ("modules",), set()),
    # W 5.1: groups
    ("ZohoBigin.modules.ALL", CONTACTS, EVERY),
    ("ZohoBigin.modules.ALL", DEALS, EVERY),
    ("ZohoBigin.modules.ALL", ("settings", "modules"), set()),
    ("ZohoBigin.settings.ALL", ("settings", "emails"), EVERY),
    ("ZohoBigin.settings.READ", ("settings", "fields"), {READ}),
    ("ZohoBigin.settings.READ", ("users",), set()),
    ("ZohoBigin.settings.modules.READ", ("settings", "modules"), {READ}),
    ("ZohoBigin.settings.modules.READ", ("settings", "fields"), set()),
    # W 5.2: the scopes seen
    ("ZohoBigin.send_mail.all.CREATE", ("send_mail", "contacts"), {CREATE}),
    ("ZohoBigin.send_mail.all.CREATE", ("send_mail", "pipelines"), {CREATE}),
    ("ZohoBigin.send_mail.contacts.CREATE", ("send_mail", "contacts"), {CREATE}),
    ("ZohoBigin.send_mail.contacts.CREATE", ("send_mail", "accounts"), set()),
    ("ZohoBigin.send_mail.all.CREATE", CONTACTS, set()),
    ("ZohoBigin.modules.ALL", ("send_mail", "contacts"), set()),
    ("ZohoBigin.settings.emails.READ", ("settings", "emails"), {READ}),
    ("ZohoBigin.Files.CREATE", ("files",), {CREATE}),
    ("ZohoBigin.files.create", ("files",), {CREATE}),
    ("ZohoBigin.users.ALL", ("users",), EVERY),
    ("ZohoBigin.org.read", ("org",), {READ}),
    # both services, any case; CRM's Deals are Bigin's Pipelines
    ("ZohoCRM.modules.contacts.READ", CONTACTS, {READ}),
    ("zohocrm.Modules.CONTACTS.Read", ("modules", "Contacts"), {READ}),
    ("ZohoCRM.modules.deals.ALL", DEALS, EVERY),
    ("ZohoBigin.modules.pipelines.READ", ("modules", "Deals"), {READ}),
    ("ZohoCRM.send_mail.deals.CREATE", ("send_mail", "pipelines"), {CREATE}),
    # W 5.2: scopes of other services may be granted and open nothing here
    ("ZohoFiles.files.ALL", ("files",), set()),
    ("ZohoSearch.securesearch.READ", ("modules", "securesearch"), set()),
    # several at once
    ("ZohoBigin.modules.contacts.READ,ZohoCRM.modules.contacts.DELETE", CONTACTS, {READ, DELETE, DELINK}),
    ("ZohoBigin.users.READ ZohoBigin.org.READ", ("org",), {READ}),
]


@pytest.mark.parametrize(("granted", "path", "opened"), TABLE)
def test_a_grant_opens_exactly_these_operations(granted: str, path: tuple[str, ...], opened: set[Operation]) -> None:
    scopes = parse(granted)
    assert {operation for operation in Operation if scopes.allow(Need(path, operation))} == opened


# W 5.2: calls that need two scopes at once, one of them perhaps another service's; the grant, and whether it is enough
SEARCH = (Need(CONTACTS, READ), Need(("securesearch",), READ, "zohosearch"))
NOTES = (Need(CONTACTS, CREATE), Need(("modules", "notes"), CREATE))
COQL = (Need(("coql",), READ), Need(CONTACTS, READ))
BULK = (Need(("bulk",), READ), Need(("files",), READ, "zohofiles"))
BOTH = [
    (SEARCH, "ZohoBigin.modules.contacts.READ,ZohoSearch.securesearch.READ", True),
    (SEARCH, "zohocrm.modules.ALL zohosearch.SecureSearch.read", True),
    (SEARCH, "ZohoBigin.modules.contacts.READ", False),
    (SEARCH, "ZohoSearch.securesearch.READ", False),
    (SEARCH, "ZohoBigin.modules.contacts.READ,ZohoBigin.securesearch.READ", False),
    (SEARCH, "ZohoBigin.modules.contacts.READ,ZohoFiles.securesearch.READ", False),
    (SEARCH, "ZohoBigin.modules.contacts.WRITE,ZohoSearch.securesearch.ALL", False),
    (NOTES, "ZohoBigin.modules.contacts.ALL,ZohoBigin.modules.notes.CREATE", True),
    (NOTES, "ZohoBigin.modules.ALL", True),
    (NOTES, "ZohoBigin.modules.notes.ALL", False),
    (COQL, "ZohoBigin.coql.READ,ZohoBigin.modules.contacts.READ", True),
    (COQL, "ZohoBigin.coql.READ", False),
    (BULK, "ZohoBigin.bulk.READ,ZohoFiles.files.ALL", True),
    (BULK, "ZohoBigin.bulk.READ,ZohoBigin.files.ALL", False),
]


@pytest.mark.parametrize(("needs", "granted", "enough"), BOTH)
def test_calls_that_need_two_scopes_need_both(needs: tuple[Need, ...], granted: str, enough: bool) -> None:
    assert all(map(parse(granted).allow, needs)) is enough


@pytest.mark.parametrize("granted", ["modules.contacts.READ", "ZohoMail.modules.contacts.READ", "files.modules.ALL"])
def test_a_service_nobody_knows_opens_nothing(granted: str) -> None:
    assert not any(parse(granted).allow(Need(path, READ)) for path in (CONTACTS, ("contacts",), ("modules",)))


@pytest.mark.parametrize(
    "text",
    [
        "ZohoBigin",
        "ZohoBigin.READ",
        "ZohoBigin.modules",
        "ZohoBigin.modules.contacts",
        "ZohoBigin.modules.contacts.SEND",
        "ZohoBigin.modules.contacts.DELINK",
        "ZohoBigin..contacts.READ",
        ".modules.READ",
        "ZohoBigin.mod ules.contacts.READ",
        "ZohoBigin.modules.contacts.READ\0",
        "ZohoBigin.môdules.READ",
    ],
)
def test_what_is_no_scope_is_named(text: str) -> None:
    bad = text.partition(" ")[0]
    with pytest.raises(ValueError, match="is not a scope") as refusal:
        parse(f"ZohoBigin.modules.ALL,{text}")
    assert repr(bad) in str(refusal.value)


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_nothing_is_no_grant(text: str) -> None:
    with pytest.raises(ValueError, match="no scope"):
        parse(text)


def test_the_text_keeps_what_was_asked_for() -> None:
    assert parse(" ZohoBigin.org.read, ZohoCRM.modules.ALL ,").text == "ZohoBigin.org.read,ZohoCRM.modules.ALL"


@given(st.text())
def test_any_text_is_scopes_or_refused(text: str) -> None:
    try:
        scopes = parse(text)
    except ValueError:
        return
    assert parse(scopes.text) == scopes
