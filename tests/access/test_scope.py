"""Which scope opens what: expectations written by hand from W 5.1 and 5.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.access.scope import Need, Operation, parse

READ, CREATE, UPDATE, DELETE = Operation.READ, Operation.CREATE, Operation.UPDATE, Operation.DELETE
CONTACTS, DEALS = ("modules", "contacts"), ("modules", "pipelines")

# grant, path needed, the operations it opens there
TABLE = [
    # W 5.1: what each operation covers
    ("ZohoBigin.modules.contacts.ALL", CONTACTS, {READ, CREATE, UPDATE, DELETE}),
    ("ZohoBigin.modules.contacts.READ", CONTACTS, {READ}),
    ("ZohoBigin.modules.contacts.CREATE", CONTACTS, {CREATE}),
    ("ZohoBigin.modules.contacts.UPDATE", CONTACTS, {UPDATE}),
    ("ZohoBigin.modules.contacts.DELETE", CONTACTS, {DELETE}),
    ("ZohoBigin.modules.contacts.WRITE", CONTACTS, {CREATE, UPDATE}),
    # one module is not another
    ("ZohoBigin.modules.contacts.ALL", ("modules", "accounts"), set()),
    ("ZohoBigin.modules.contacts.ALL", ("contacts",), set()),
    ("ZohoBigin.modules.contacts.ALL", ("modules",), set()),
    # W 5.1: groups
    ("ZohoBigin.modules.ALL", CONTACTS, {READ, CREATE, UPDATE, DELETE}),
    ("ZohoBigin.modules.ALL", DEALS, {READ, CREATE, UPDATE, DELETE}),
    ("ZohoBigin.modules.ALL", ("settings", "modules"), set()),
    ("ZohoBigin.settings.ALL", ("settings", "emails"), {READ, CREATE, UPDATE, DELETE}),
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
    ("ZohoBigin.users.ALL", ("users",), {READ, CREATE, UPDATE, DELETE}),
    ("ZohoBigin.org.read", ("org",), {READ}),
    # both services, any case; CRM's Deals are Bigin's Pipelines
    ("ZohoCRM.modules.contacts.READ", CONTACTS, {READ}),
    ("zohocrm.Modules.CONTACTS.Read", ("modules", "Contacts"), {READ}),
    ("ZohoCRM.modules.deals.ALL", DEALS, {READ, CREATE, UPDATE, DELETE}),
    ("ZohoBigin.modules.pipelines.READ", ("modules", "Deals"), {READ}),
    ("ZohoCRM.send_mail.deals.CREATE", ("send_mail", "pipelines"), {CREATE}),
    # W 5.2: scopes of other services may be granted and open nothing here
    ("ZohoFiles.files.ALL", ("files",), set()),
    ("ZohoSearch.securesearch.READ", ("modules", "securesearch"), set()),
    # several at once
    ("ZohoBigin.modules.contacts.READ,ZohoCRM.modules.contacts.DELETE", CONTACTS, {READ, DELETE}),
    ("ZohoBigin.users.READ ZohoBigin.org.READ", ("org",), {READ}),
]


@pytest.mark.parametrize(("granted", "path", "opened"), TABLE)
def test_a_grant_opens_exactly_these_operations(granted: str, path: tuple[str, ...], opened: set[Operation]) -> None:
    scopes = parse(granted)
    assert {operation for operation in (READ, CREATE, UPDATE, DELETE) if scopes.allow(Need(path, operation))} == opened


@pytest.mark.parametrize(
    "text",
    [
        "ZohoBigin",
        "ZohoBigin.READ",
        "ZohoBigin.modules",
        "ZohoBigin.modules.contacts",
        "ZohoBigin.modules.contacts.SEND",
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
