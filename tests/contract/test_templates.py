"""The contract of templates: section 8.2 of docs/reference/wire.md, and ``template`` of 1.2."""

import re
from dataclasses import replace
from typing import Any

from tests.contract.calls import ADA, DIGITS, MOMENT, ask, done, get, post, refused, wrong
from tests.contract.case import Ask, Case
from tests.contract.mailing import CLEO, COMPANY, DEAL, MAILED, OFFICE, PLAIN, SCOPES, STORED, by, filed, send, upload
from tests.contract.stage import Stage

RIGHT = "ZohoBigin.templates.email.ALL"
EVERY = "/settings/email_templates"
MADE = "{got_email_templates.0.details.id}"
ONE = f"{EVERY}/{MADE}"
OPAQUE = re.compile(r"[0-9a-f]{64}")
INVALID, MISSING = "invalid data", "required field not found"
UNKNOWN, RELATED = "the id given seems to be invalid", "the related id given seems to be invalid"
DENIED = refused("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")
# In cases, ``${field:x}`` is the merge field ``${x}``.
NEW: dict[str, Any] = {
    "name": "Welcome",
    "module": {"api_name": "Contacts"},
    "subject": "Dear ${field:Contacts.First_Name}",
    "content": "<p>${field:Contacts.Full_Name} of ${field:Contacts.Account_Name}",
}
SHOWN = {
    "id": MADE,
    "name": "Welcome",
    "module": {"api_name": "Contacts", "id": DIGITS},
    "subject": NEW["subject"],
    "content": NEW["content"],
    "mail_content": NEW["content"],
    "mail_format": "html",
    "attachments": [],
    "description": None,
    "category": None,
    "created_time": MOMENT,
    "created_by": ADA,
    "modified_time": MOMENT,
    "modified_by": ADA,
    "last_usage_time": None,
    "active": True,
    "favorite": False,
    "associated": False,
    "consent_linked": False,
    "folder": None,
    "editor_mode": None,
    "last_version_statistics": None,
}
DESCRIPTION = "${field:Contacts.Description}"
HOSTILE = post(
    "/Contacts", {"Last_Name": "<b>&", "Email": "h@x.example", "Description": "one\nBcc: two ${field:Users.email}"}
)
LONG = post("/Contacts", {"Last_Name": "Long", "Email": "l@x.example", "Description": "x" * 600})


def call(method: str, path: str, *items: dict[str, Any], **query: str) -> Ask:
    """A call about templates."""
    asked = ask(method, path, RIGHT, **query)
    return replace(asked, json={"email_templates": list(items)}) if items else asked


def add(**changed: Any) -> Ask:
    """A new template but for what is changed."""
    return call("POST", EVERY, NEW | changed)


def add_without(key: str) -> Ask:
    """A new template that lacks a key."""
    return call("POST", EVERY, {name: value for name, value in NEW.items() if name != key})


def amiss(code: str, message: str, path: str, **details: Any) -> dict[str, Any]:
    """The refusal of a template, with the place of a value in it."""
    told = wrong(code, message, path, **details)
    told["details"]["json_path"] = f"$.email_templates[0].{path}"
    return told


def unreadable(path: str, **details: Any) -> dict[str, Any]:
    """A value that is wrong."""
    return amiss("INVALID_DATA", INVALID, path, **details)


def made_from(number: Any = MADE, path: str = "/Contacts/{contact}", **given: Any) -> Ask:
    """A mail that is made from a template, with what is given beside."""
    return send({"from": OFFICE, "to": [CLEO], "template": {"id": number}} | given, path=path)


def to_new() -> Ask:
    """A mail to the contact that was inserted last, made from the template that was added last."""
    return made_from(path="/Contacts/{got_data.0.details.id}")


def said(subject: str, content: str, **more: Any) -> tuple[dict[str, Any], ...]:
    """What the mail says."""
    return ({"subject": subject, "content": content, **more},)


def not_it(**details: Any) -> tuple[dict[str, Any], ...]:
    """The template is none that the mail can be made from."""
    return (wrong("INVALID_DATA", RELATED, "template.id", **details),)


NO_SUCH = refused("INVALID_DATA", UNKNOWN, resource_path_index=2)
NO_MODULE = refused("INVALID_MODULE", "the module name given seems to be invalid", param_name="module")
MAILED_TO_NEW = get(f"/Contacts/{{got_data.0.details.id}}/Emails/{MAILED}", SCOPES)
WELCOMED = ("Dear Cleo", "<p>Cleo Dahl of Northwind")
THREE = call(
    "POST",
    EVERY,
    NEW | {"name": "b", "category": "x"},
    NEW | {"name": "A", "module": {"api_name": "Deals"}},
    NEW | {"name": "c"},
)

# fmt: off
CASES = [
    # --- 1.2 a mail that is made from a template ----------------------------------------------------------------------
    Case(section="1.2", row="template", what="says what is not given", before=(add(), made_from()), ask=filed(), items=said(*WELCOMED, mail_format="html")),
    Case(section="1.2", row="template", what="what is given wins", before=(add(), made_from(subject="Mine", content="mine", mail_format="text")), ask=filed(), items=said("Mine", "mine", mail_format="text")),
    Case(section="1.2", row="template", what="what is given empty, too", before=(upload(3), add(attachments=[{"id": STORED}]), made_from(subject="", attachments=[])), ask=filed(), items=said("", WELCOMED[1], attachments=[])),
    Case(section="1.2", row="template", what="what is given is not filled in", before=(add(), made_from(subject=NEW["subject"])), ask=filed(), items=said(NEW["subject"], WELCOMED[1])),
    Case(section="1.2", row="template", what="its files go with it", before=(upload(3), add(attachments=[{"id": STORED}]), made_from()), ask=filed(), items=({"attachments": [{"id": OPAQUE, "name": "0.bin", "size": "3"}]},)),
    Case(section="1.2", row="template", what="its format counts where its content does", before=(add(mail_format="text", content="${field:Users.full_name} & co"), made_from(mail_format="html")), ask=filed(),
         items=said(WELCOMED[0], "Ada Byron & co", mail_format="text")),
    Case(section="1.2", row="template", what="tells of the sending user and the organisation", before=(add(subject="${field:Users.email}", content="${field:Org.company_name}"), made_from()), ask=filed(),
         items=said("ada@{domain}", "Company at {domain}")),
    Case(section="1.2", row="template", what="what is unknown is empty", before=(add(subject="[${field:Contacts.Nothing}]", content="[${field:Leads.Company}${field:Contacts.Phone}]"), made_from()), ask=filed(), items=said("[]", "[]")),
    Case(section="1.2", row="template", what="a value is text and no markup", before=(add(subject="${field:Contacts.Description}", content="<i>${field:Contacts.Last_Name}"), HOSTILE, to_new()),
         ask=MAILED_TO_NEW, items=said("one Bcc: two ${field:Users.email}", "<i>&lt;b&gt;&amp;")),
    Case(section="1.2", row="template", what="what it becomes is too long", status=400, before=(add(subject=DESCRIPTION * 2), LONG), ask=to_new(), items=(wrong("INVALID_DATA", INVALID, "subject", maximum_length=1000),), exactly=True),
    Case(section="1.2", row="template", what="its id is digits or a number", status=400, ask=made_from(7), items=not_it(), exactly=True),
    Case(section="1.2", row="template", what="nobody's", status=400, ask=made_from("7"), items=not_it(), exactly=True),
    Case(section="1.2", row="template", what="an id that is none", status=400, ask=made_from("x"), items=not_it(), exactly=True),
    Case(section="1.2", row="template", what="without an id", status=400, ask=send(PLAIN | {"template": {}}), items=(wrong("MANDATORY_NOT_FOUND", MISSING, "template.id"),), exactly=True),
    Case(section="1.2", row="template", what="no object", status=400, ask=send(PLAIN | {"template": "7"}), items=(wrong("INVALID_DATA", INVALID, "template", expected_data_type="jsonobject"),), exactly=True),
    *(
        Case(section="1.2", row="template", what=f"of another module than {path}", status=400, before=(add(),), ask=made_from(path=path), items=not_it(reason="the template is of another module"), exactly=True)
        for path in (COMPANY, DEAL)
    ),
    Case(section="1.2", row="template", what="deleted", status=400, before=(add(), call("DELETE", ONE)), ask=made_from(), items=not_it(), exactly=True),
    Case(section="1.2", row="template", what="of Deals is of Pipelines", before=(add(module={"api_name": "Deals"}, subject="${field:Deals.Deal_Name}, ${field:Pipelines.Stage}", content=""), made_from(path=DEAL)), ask=filed(DEAL),
         items=said("Big order, Qualification", "")),
    # --- 5.2 its scope ------------------------------------------------------------------------------------------------
    *(
        Case(section="5.2", row="ZohoCRM.templates.email.READ", what=f"{scope} opens it", ask=ask("GET", EVERY, scope), status=204)
        for scope in ("ZohoCRM.templates.email.READ", "ZohoBigin.templates.email.READ", "ZohoBigin.templates.ALL", "ZohoBigin.templates.all.READ")
    ),
    *(
        Case(section="5.2", row="ZohoCRM.templates.email.READ", what=f"{scope} does not", ask=ask("GET", EVERY, scope), status=401, answer=DENIED, exactly=True)
        for scope in ("ZohoBigin.settings.ALL", "ZohoBigin.modules.ALL", "ZohoBigin.templates.email.CREATE", "ZohoBigin.templates.inventory.READ")
    ),
    # --- 8.2 templates ------------------------------------------------------------------------------------------------
    Case(section="8.2", row="templates", what="none", ask=call("GET", EVERY, module="Contacts"), status=204, body=b""),
    Case(section="8.2", row="templates", what="none of that id", ask=call("GET", f"{EVERY}/7"), status=204, body=b""),
    Case(section="8.2", row="templates", what="no id", status=400, ask=call("GET", f"{EVERY}/x"), answer=NO_SUCH, exactly=True),
    Case(section="8.2", row="templates", what="no such module", status=400, ask=call("GET", EVERY, module="Leads"), answer=NO_MODULE, exactly=True),
    Case(section="8.2", row="templates", what="one is added", status=201, ask=add(), items=(done("template created", id=DIGITS),), exactly=True),
    Case(section="8.2", row="templates", what="each is answered at its index", status=207, ask=call("POST", EVERY, {}, NEW), items=({"code": "MULTIPLE_OR_MULTI_ERRORS"}, done("template created", id=DIGITS)), exactly=False),
    Case(section="8.2", row="templates", what="as one", before=(add(),), ask=call("GET", ONE), items=(SHOWN,), exactly=True),
    Case(section="8.2", row="templates", what="as a list, without content", before=(add(),), ask=call("GET", EVERY, module="Contacts"), items=(SHOWN | {"content": None, "mail_content": None},), exactly=True,
         info={"per_page": 200, "page": 1, "count": 1, "more_records": False}),
    Case(section="8.2", row="templates", what="its files", before=(upload(3), add(attachments=[{"id": STORED}])), ask=call("GET", EVERY), items=({"attachments": [{"id": DIGITS, "file_id": OPAQUE, "file_name": "0.bin", "size": 3}]},)),
    Case(section="8.2", row="templates", what="of one module", before=(THREE,), ask=call("GET", EVERY, module="Pipelines"), items=({"name": "A"},)),
    Case(section="8.2", row="templates", what="under /crm of Deals", before=(THREE,), ask=call("GET", f"/crm/v8{EVERY}", module="Deals"), items=({"name": "A", "module": {"api_name": "Deals", "id": DIGITS}},)),
    Case(section="8.2", row="templates", what="of one category", before=(THREE,), ask=call("GET", EVERY, category="x"), items=({"name": "b", "category": "x"},)),
    Case(section="8.2", row="templates", what="by name", before=(THREE,), ask=call("GET", EVERY, sort_by="name", sort_order="asc"), items=({"name": "A"}, {"name": "b"}, {"name": "c"})),
    Case(section="8.2", row="templates", what="in pages", before=(THREE,), ask=call("GET", EVERY, sort_by="id", per_page="2", page="1"), items=({"name": "c"}, {"name": "A"}), info={"per_page": 2, "page": 1, "count": 2, "more_records": True}),
    Case(section="8.2", row="templates", what="the last page", before=(THREE,), ask=call("GET", EVERY, sort_by="id", per_page="2", page="2"), items=({"name": "b"},), info={"per_page": 2, "page": 2, "count": 1, "more_records": False}),
    Case(section="8.2", row="templates", what="what was used comes first", before=(THREE, made_from()), ask=call("GET", EVERY, sort_by="last_usage_time"), items=({"name": "b", "last_usage_time": MOMENT}, {"name": "A", "last_usage_time": None}, {"name": "c"})),
    *(
        Case(section="8.2", row="templates", what=f"a wrong {name}", status=400, ask=call("GET", EVERY, **{name: value}), exactly=True, answer=refused("INVALID_DATA", INVALID, param_name=name, **details))
        for name, value, details in (
            ("sort_by", "content", {"supported_values": ["id", "name", "created_time", "modified_time", "last_usage_time"]}), ("sort_order", "up", {"supported_values": ["asc", "desc"]}),
            ("filters", "{}", {}), ("page", "0", {}),
        )
    ),
    Case(section="8.2", row="templates", what="a change of some", before=(add(description="Old"), call("PUT", ONE, {"description": "First day", "subject": ""})), ask=call("GET", EVERY), items=(SHOWN | {"id": DIGITS, "subject": "", "description": "First day", "content": None, "mail_content": None},), exactly=True),
    Case(section="8.2", row="templates", what="a change is told", before=(add(),), ask=call("PUT", ONE, {"name": "Hello"}), items=(done("template updated", id=MADE),), exactly=True),
    Case(section="8.2", row="templates", what="a deletion is told", before=(add(),), ask=call("DELETE", ONE), items=(done("template deleted", id=MADE),), exactly=True),
    Case(section="8.2", row="templates", what="and lasts", before=(add(), call("DELETE", ONE)), ask=call("GET", EVERY), status=204),
    *(Case(section="8.2", row="templates", what=f"nothing to {method}", status=400, ask=call(method, f"{EVERY}/7", {"name": "x"}), answer=NO_SUCH, exactly=True) for method in ("PUT", "DELETE")),
    Case(section="8.2", row="templates", what="a Standard user writes them too", status=201, ask=replace(by("standard", add()), bearer=f"{{standard:{RIGHT}}}"), items=(done("template created", id=DIGITS),), exactly=True),
    Case(section="8.2", row="templates", what="no body", status=400, ask=replace(add(), json={}), exactly=True, answer=refused("MANDATORY_NOT_FOUND", MISSING, api_name="email_templates", json_path="$.email_templates")),
    Case(section="8.2", row="templates", what="eleven at once", status=400, ask=call("POST", EVERY, *[NEW] * 11), exactly=True,
         answer=refused("INVALID_DATA", INVALID, maximum_length=10, api_name="email_templates", json_path="$.email_templates")),
    *(Case(section="8.2", row="templates", what=f"no {key}", status=400, ask=add_without(key), items=(amiss("MANDATORY_NOT_FOUND", MISSING, key),), exactly=True) for key in ("name", "module")),
    Case(section="8.2", row="templates", what="a name that is taken", status=400, before=(add(),), ask=add(), items=(amiss("DUPLICATE_DATA", "duplicate data", "name"),), exactly=True),
    Case(section="8.2", row="templates", what="a blank name", status=400, ask=add(name=" "), items=(amiss("MANDATORY_NOT_FOUND", MISSING, "name"),), exactly=True),
    *(
        Case(section="8.2", row="templates", what=f"{key}: {what}", status=400, ask=add(**{key: value}), items=(unreadable(path, **details),), exactly=True)
        for key, what, value, path, details in (
            ("name", "too long", "x" * 256, "name", {"maximum_length": 255}), ("name", "two lines", "a\nb", "name", {}),
            ("module", "one without mails", {"api_name": "Tasks"}, "module.api_name", {"supported_values": ["Contacts", "Accounts", "Pipelines", "Deals"]}),
            ("module", "a text", "Contacts", "module", {"expected_data_type": "jsonobject"}),
            ("subject", "too long", "x" * 1001, "subject", {"maximum_length": 1000}), ("subject", "two lines", "a\r\nBcc: x@y.example", "subject", {}),
            ("content", "too long", "x" * 100_001, "content", {"maximum_length": 100_000}), ("mail_format", "another", "markdown", "mail_format", {"supported_values": ["html", "text"]}),
            ("description", "too long", "x" * 1001, "description", {"maximum_length": 1000}), ("category", "no text", 7, "category", {"expected_data_type": "string"}),
            ("attachments", "eleven", [{"id": "0" * 64}] * 11, "attachments", {"maximum_length": 10}),
        )
    ),
    Case(section="8.2", row="templates", what="no such file", status=400, ask=add(attachments=[{"id": "0" * 64}]), items=(amiss("INVALID_DATA", "There is no file exists with the given id", "attachments[0].id"),), exactly=True),
    Case(section="8.2", row="templates", what="files of more than 10 MB", status=400, before=(upload(11 << 20),), ask=add(attachments=[{"id": STORED}]), exactly=True,
         items=(amiss("FILE_SIZE_EXCEEDS", "Total file(s) size should not exceed 10MB", "attachments", size=11 << 20),)),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case, alone=True)
