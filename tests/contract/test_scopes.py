"""The contract of scopes and refusals at the API: sections 5.1 to 5.3 of docs/reference/wire.md."""

import re

from tests.contract.calls import refused
from tests.contract.case import Ask, Case
from tests.contract.stage import Stage

OPERATIONS = ("ALL", "READ", "CREATE", "WRITE", "UPDATE", "DELETE")
EVERYTHING = "ZohoBigin.modules.ALL,ZohoBigin.settings.ALL,ZohoBigin.send_mail.ALL,ZohoBigin.users.ALL"
CONTACTS, CONTACT = "/bigin/v2/Contacts", "/bigin/v2/Contacts/{contact}"
SENDERS = "/bigin/v2/settings/emails/actions/from_addresses"
MAIL = {
    "from": {"email": "office@org1.example"},
    "to": [{"email": "cleo@customer-of-org1.example"}],
    "subject": "Scopes",
    "content": "",
}


MISMATCH = refused("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")
QUERY = Ask("POST", "/bigin/v2/coql", json={"select_query": "select id from Contacts where id is not null"})
INVALID = refused("INVALID_TOKEN", "invalid oauth token")
FAILURE = refused("AUTHENTICATION_FAILURE", "Authentication failed")
JSON = {"content-type": "application/json;charset=UTF-8"}

# W 5.1: the kinds of calls, what is content with, a call of that kind, and the status of its answer
KINDS: list[tuple[str, tuple[str, ...], Ask, int]] = [
    ("read", ("ALL", "READ"), Ask("GET", CONTACT), 200),
    ("insert", ("ALL", "WRITE", "CREATE"), Ask("POST", CONTACTS, json={"data": [{"Last_Name": "Dahl"}]}), 201),
    ("update", ("ALL", "WRITE", "UPDATE"), Ask("PUT", CONTACT, json={"data": [{"Phone": "1"}]}), 200),
    ("delete", ("ALL", "DELETE"), Ask("DELETE", f"{CONTACTS}/1"), 400),  # there is no contact 1 to be deleted
    (
        "delink a related record",
        ("ALL", "WRITE", "DELETE"),
        Ask("DELETE", f"{CONTACT}/Pipelines/1"),
        400,
    ),  # nor a deal 1
]


def holding(scopes: str, ask: Ask, user: str = "token") -> Ask:
    """The same request with an access token for these scopes."""
    return Ask(ask.method, ask.path, query=ask.query, json=ask.json, bearer=f"{{{user}:{scopes}}}")


def get(path: str, scopes: str, user: str = "token", **query: str) -> Ask:
    return holding(scopes, Ask("GET", path, query=query), user)


# fmt: off
CASES = [
    # --- 5.1 the form -------------------------------------------------------------------------------------------------
    *(
        Case(section="5.1", row=kind, what=f"{operation} is enough", ask=holding(f"ZohoBigin.modules.contacts.{operation}", ask), status=status)
        for kind, enough, ask, status in KINDS for operation in enough
    ),
    *(
        Case(section="5.1", row=kind, what=f"{operation} is not enough", ask=holding(f"ZohoBigin.modules.contacts.{operation}", ask),
             status=401, answer=MISMATCH, exactly=True)
        for kind, enough, ask, _ in KINDS for operation in OPERATIONS if operation not in enough
    ),
    Case(section="5.1", what="a group covers each module", ask=get(CONTACT, "ZohoBigin.modules.ALL")),
    Case(section="5.1", what="with one operation too", ask=get(CONTACT, "ZohoBigin.modules.READ")),
    Case(section="5.1", what="a group's operation is not another one", status=401, answer=MISMATCH, ask=get(CONTACT, "ZohoBigin.modules.CREATE")),
    Case(section="5.1", what="a group covers each of the settings", ask=get(SENDERS, "ZohoBigin.settings.ALL")),
    Case(section="5.1", what="one module is not another", status=401, answer=MISMATCH, ask=get(CONTACT, "ZohoBigin.modules.accounts.ALL")),
    Case(section="5.1", what="CRM's prefix is as good", ask=get(CONTACT, "ZohoCRM.modules.contacts.READ")),
    Case(section="5.1", what="another service's opens nothing", status=401, answer=MISMATCH, ask=get(CONTACT, "ZohoMail.modules.contacts.ALL")),
    Case(section="5.1", what="in any case", ask=get(CONTACT, "zohobigin.Modules.CONTACTS.read")),
    Case(section="5.1", what="one of several, joined by commas", ask=get(CONTACT, "ZohoBigin.org.READ,ZohoBigin.modules.contacts.READ")),
    # --- 5.2 the scopes -----------------------------------------------------------------------------------------------
    Case(section="5.2", row="ZohoBigin.send_mail.all.CREATE", what="sends mail",
         ask=holding("ZohoBigin.send_mail.all.CREATE", Ask("POST", f"{CONTACT}/actions/send_mail", json={"data": [MAIL]}))),
    Case(section="5.2", row="ZohoBigin.send_mail.all.CREATE", what="no other does", status=401, answer=MISMATCH, exactly=True,
         ask=holding("ZohoBigin.modules.ALL,ZohoBigin.settings.ALL", Ask("POST", f"{CONTACT}/actions/send_mail", json={"data": [MAIL]}))),
    Case(section="5.2", row="ZohoBigin.settings.emails.READ", what="from addresses", ask=get(SENDERS, "ZohoBigin.settings.emails.READ")),
    Case(section="5.2", row="ZohoBigin.settings.emails.READ", what="and nothing else", status=401, answer=MISMATCH,
         ask=get("/bigin/v2/settings/modules", "ZohoBigin.settings.emails.READ")),
    Case(section="5.2", row="ZohoBigin.Files.CREATE", what="uploads: only the file is missing", status=400, answer={"code": "failure_in_attachment_handling"},
         ask=holding("ZohoBigin.Files.CREATE", Ask("POST", "/bigin/v2/files"))),
    Case(section="5.2", row="ZohoBigin.Files.CREATE", what="does not download", status=401, answer=MISMATCH,
         ask=get("/bigin/v2/files", "ZohoBigin.Files.CREATE", id="1")),
    Case(section="5.2", row="ZohoBigin.Files.CREATE", what="READ does: only the file is missing", status=400, answer={"code": "INVALID_DATA"},
         ask=get("/bigin/v2/files", "ZohoBigin.Files.READ", id="1")),
    Case(section="5.2", row="ZohoBigin.modules.ALL", what="a module's READ opens its records", ask=get(f"{CONTACTS}?fields=Last_Name", "ZohoBigin.modules.contacts.READ")),
    Case(section="5.2", row="ZohoBigin.modules.ALL", what="and their mails", status=204, ask=get("/bigin/v2/Accounts/1008/Emails?type=drafts", "ZohoBigin.modules.accounts.READ")),
    Case(section="5.2", row="ZohoBigin.modules.ALL", what="CRM's name of a module", ask=get("/crm/v8/Deals?fields=Deal_Name", "ZohoCRM.modules.deals.READ")),
    Case(section="5.2", row="ZohoBigin.settings.{ALL", what="modules", ask=get("/bigin/v2/settings/modules", "ZohoBigin.settings.modules.READ")),
    Case(section="5.2", row="ZohoBigin.settings.{ALL", what="fields", ask=get("/bigin/v2/settings/fields?module=Contacts", "ZohoBigin.settings.fields.ALL")),
    Case(section="5.2", row="ZohoBigin.settings.{ALL", what="READ of all", ask=get("/bigin/v2/settings/modules", "ZohoBigin.settings.READ")),
    Case(section="5.2", row="ZohoBigin.users.*", what="users", ask=get("/bigin/v2/users?type=AllUsers", "ZohoBigin.users.READ")),
    Case(section="5.2", row="ZohoBigin.users.*", what="CREATE does not read", status=401, answer=MISMATCH, ask=get("/bigin/v2/users?type=AllUsers", "ZohoBigin.users.CREATE")),
    Case(section="5.2", row="ZohoBigin.org.*", what="the organisation", ask=get("/bigin/v2/org", "ZohoBigin.org.ALL")),
    Case(section="5.2", row="ZohoBigin.org.*", what="in small letters", ask=get("/bigin/v2/org", "ZohoBigin.org.read")),
    Case(section="5.2", row="ZohoBigin.coql.READ", what="and the module's READ", ask=holding("ZohoBigin.coql.READ,ZohoBigin.modules.contacts.READ", QUERY)),
    *(
        Case(section="5.2", row="ZohoBigin.coql.READ", what=f"{scopes} is not enough", status=401, answer=MISMATCH, exactly=True, ask=holding(scopes, QUERY))
        for scopes in ("ZohoBigin.coql.READ", "ZohoBigin.modules.ALL", "ZohoBigin.coql.READ,ZohoBigin.modules.accounts.READ")
    ),
    Case(section="5.2", row="ZohoSearch.securesearch.READ", what="and the module's READ",
         ask=get(f"{CONTACTS}/search?word=cleo", "ZohoSearch.securesearch.READ,ZohoBigin.modules.contacts.READ")),
    Case(section="5.2", row="ZohoSearch.securesearch.READ", what="alone is not enough", status=401, answer=MISMATCH, exactly=True,
         ask=get(f"{CONTACTS}/search?word=cleo", "ZohoSearch.securesearch.READ")),
    Case(section="5.2", row="ZohoBigin.modules.{notes", what="and the module's", status=204,
         ask=get(f"{CONTACT}/Notes?fields=Note_Title", "ZohoBigin.modules.notes.READ,ZohoBigin.modules.contacts.READ")),
    *(
        Case(section="5.2", row="ZohoBigin.modules.{notes", what=f"{scopes} is not enough", status=401, answer=MISMATCH, exactly=True, ask=get(f"{CONTACT}/Notes?fields=Note_Title", scopes))
        for scopes in ("ZohoBigin.modules.notes.ALL", "ZohoBigin.modules.contacts.ALL", "ZohoBigin.modules.attachments.ALL,ZohoBigin.modules.contacts.ALL")
    ),
    Case(section="5.2", row="ZohoBigin.notifications.*", what="are granted, and open nothing yet", status=401, answer=MISMATCH,
         ask=get(CONTACT, "ZohoBigin.notifications.ALL,ZohoBigin.bulk.ALL,ZohoFiles.files.ALL")),
    # --- 5.3 refusals -------------------------------------------------------------------------------------------------
    Case(section="5.3", row="INVALID_TOKEN", what="unknown", status=401, answer=INVALID, exactly=True,
         headers={**JSON, "www-authenticate": 'Bearer error="invalid_token"'}, ask=Ask("GET", CONTACT, bearer="1000." + "a" * 32 + "." + "b" * 32)),
    Case(section="5.3", row="INVALID_TOKEN", what="expired", status=401, answer=INVALID, exactly=True, minutes=61,
         ask=get(CONTACT, "ZohoBigin.modules.ALL")),
    Case(section="5.3", row="INVALID_TOKEN", what="a refresh token", status=401, answer=INVALID, exactly=True, ask=Ask("GET", CONTACT, bearer="{refresh_token}")),
    Case(section="5.3", row="INVALID_TOKEN", what="a code", status=401, answer=INVALID, exactly=True, ask=Ask("GET", CONTACT, bearer="{code}")),
    Case(section="5.3", row="OAUTH_SCOPE_MISMATCH", what="none that covers the call", status=401, answer=MISMATCH, exactly=True,
         headers={**JSON, "www-authenticate": 'Bearer error="insufficient_scope"'}, ask=get(CONTACT, "ZohoBigin.org.READ")),
    Case(section="5.3", row="AUTHENTICATION_FAILURE", what="no header", status=401, answer=FAILURE, exactly=True,
         headers={**JSON, "www-authenticate": 'Bearer realm="Postroom"'}, ask=Ask("GET", CONTACT)),
    Case(section="5.3", row="AUTHENTICATION_FAILURE", what="another scheme", status=401, answer=FAILURE, exactly=True,
         ask=Ask("GET", CONTACT, headers={"Authorization": "Basic eDp5"})),
    Case(section="5.3", row="AUTHENTICATION_FAILURE", what="a scheme without a token", status=401, answer=FAILURE, exactly=True,
         ask=Ask("GET", CONTACT, headers={"Authorization": "Zoho-oauthtoken"})),
    Case(section="5.3", row="AUTHENTICATION_FAILURE", what="a token in the URL is none", status=401, answer=FAILURE, exactly=True,
         ask=Ask("GET", CONTACT, query={"access_token": "{access_token}"})),
    Case(section="5.3", row="NO_PERMISSION", what="the profile forbids it: many records at once", status=403, exactly=True,
         answer=refused("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_Mass_Delete_Contacts"]),
         ask=holding(EVERYTHING, Ask("DELETE", CONTACTS, query={"ids": "1"}), "standard")),
    Case(section="5.3", row="NO_PERMISSION", what="an Administrator may", status=400, answer={"data": [refused("INVALID_DATA", "the id given seems to be invalid", id="1")]},
         ask=holding(EVERYTHING, Ask("DELETE", CONTACTS, query={"ids": "1"}))),
    Case(section="5.3", row="AUTHORIZATION_FAILED", what="what belongs to another user", status=400, exactly=True,
         answer=refused("AUTHORIZATION_FAILED", "User does not have sufficient privilege to do this"),
         ask=get(SENDERS, EVERYTHING, "standard", user_id="{colleague}")),
    Case(section="5.3", row="AUTHORIZATION_FAILED", what="an Administrator may", ask=get(SENDERS, EVERYTHING, user_id="{colleague}")),
    Case(section="5.3", what="first the URL", status=404, answer={"code": "INVALID_URL_PATTERN"}, ask=Ask("GET", "/bigin/v2/settings/nothing")),
    Case(section="5.3", what="then the token", status=401, answer=FAILURE, ask=Ask("PATCH", CONTACT)),
    Case(section="5.3", what="then the method", status=400, answer={"code": "INVALID_REQUEST_METHOD"}, ask=holding("ZohoBigin.org.READ", Ask("PATCH", CONTACT))),
    Case(section="5.3", what="then the scope", status=401, answer=MISMATCH,
         ask=holding("ZohoBigin.org.READ", Ask("DELETE", CONTACTS, query={"ids": "1"}), "standard")),
    Case(section="5.3", what="then the profile", status=403, answer={"code": "NO_PERMISSION"},
         ask=holding("ZohoBigin.modules.ALL", Ask("DELETE", "/bigin/v2/Nothings", query={"ids": "1"}), "standard")),
    Case(section="5.3", what="then the module", status=400, answer={"code": "INVALID_MODULE"},
         ask=holding("ZohoBigin.modules.ALL", Ask("PUT", "/bigin/v2/Nothings/1", json={}))),
    Case(section="5.3", what="then parameters, before the record", status=400, answer={"code": "INVALID_DATA", "details": re.compile(".*'param_name': 'type'.*")},
         ask=get(f"{CONTACTS}/1/Emails?type=x", "ZohoBigin.modules.ALL")),
    Case(section="5.3", what="after the module", status=400, answer={"code": "INVALID_MODULE"}, ask=get("/bigin/v2/Nothings/1/Emails?type=x", "ZohoBigin.modules.ALL")),
    Case(section="5.3", what="then the body, before the record", status=400, answer={"code": "MANDATORY_NOT_FOUND"},
         ask=holding(EVERYTHING, Ask("POST", f"{CONTACTS}/1/actions/send_mail", json={"data": []}))),
    Case(section="5.3", what="and the record", status=400, answer=refused("INVALID_DATA", "the id given seems to be invalid", resource_path_index=1),
         ask=holding(EVERYTHING, Ask("POST", f"{CONTACTS}/1/actions/send_mail", json={"data": [MAIL]}))),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case)
