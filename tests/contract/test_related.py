"""The contract of what belongs to a record, and of other calls: section 7.6 of docs/reference/wire.md."""

from dataclasses import replace
from typing import Any

from tests.contract.actor import UPLOADED
from tests.contract.calls import (
    ADA,
    ADDED,
    MADE,
    MOMENT,
    NEEDED,
    UPDATED,
    ask,
    delete,
    done,
    get,
    post,
    put,
    refused,
    since,
    wrong,
)
from tests.contract.case import Ask, Case
from tests.contract.stage import Stage

COMPANY, CONTACT, DEAL = "/Accounts/{company}", "/Contacts/{contact}", "/Pipelines/{deal}"
MOSS, TASK, NOTE = NEEDED["Contacts"], NEEDED["Tasks"], {"Note_Title": "Tea", "Note_Content": "Likes tea"}
# The lists of each module whose records are linked, with a lookup that does it.
LINKED = [
    ("Accounts", "Contacts", "Account_Name"),
    ("Accounts", "Pipelines", "Account_Name"),
    *[("Accounts", name, "What_Id") for name in ("Tasks", "Events", "Calls")],
    ("Contacts", "Pipelines", "Contact_Name"),
    *[("Contacts", name, "Who_Id") for name in ("Tasks", "Events", "Calls")],
    *[("Pipelines", name, "What_Id") for name in ("Tasks", "Events", "Calls")],
]
THERE = {"Accounts": "{company}", "Contacts": "{contact}", "Pipelines": "{deal}"}
NO_RELATION = refused("INVALID_DATA", "The relation name given seems to be invalid", resource_path_index=2)
NO_PARENT = refused("INVALID_DATA", "the related id given seems to be invalid", resource_path_index=1)
ADDED_TO, REMOVED = done("relation added", id=MADE), done("relation removed", id="{contact}")
MINE = "/Contacts/{contact}/Notes"
NOTED = post(MINE, NOTE)
FILED = f"{CONTACT}/Attachments"
FILE = "{got_data.0.details.id}"


def attach(path: str = FILED) -> Ask:
    """A file for a record."""
    return replace(ask("POST", path), upload="order.txt")


def owner(path: str, user: str, **more: Any) -> Ask:
    """Another owner."""
    return replace(ask("POST", path), json={"owner": {"id": user}, **more})


def unknown(path: str, at: int = 0) -> dict[str, Any]:
    """A record that is not there."""
    return wrong("INVALID_DATA", "the id given seems to be invalid", path, at=at)


def not_in_it(number: str) -> dict[str, Any]:
    """A record that is not in the list."""
    return refused("INVALID_DATA", "relation not found", id=number)


def held(**fields: Any) -> tuple[dict[str, Any], ...]:
    """One record with these fields."""
    return (fields,)


# fmt: off
CASES = [
    # --- related lists ------------------------------------------------------------------------------------------------
    Case(section="7.6", row="GET /{module}/{id}/{related_list}", what="as a list of records", before=(post("/Contacts", {**MOSS, "Account_Name": {"id": "{company}"}}, {"Last_Name": "Nobody's"}),),
         ask=get(f"{COMPANY}/Contacts", fields="Last_Name"), items=({"Last_Name": "Moss"}, {"Last_Name": "Dahl"}),
         info={"per_page": 200, "count": 2, "page": 1, "sort_by": "id", "sort_order": "desc", "more_records": False, "next_page_token": None}),
    Case(section="7.6", row="GET /{module}/{id}/{related_list}", what="in pages", before=(post("/Contacts", {**MOSS, "Account_Name": {"id": "{company}"}}), get(f"{COMPANY}/Contacts", fields="Last_Name", per_page="1")),
         ask=get(f"{COMPANY}/Contacts", fields="Last_Name", per_page="1", page_token="{got_info.next_page_token}"), items=({"Last_Name": "Dahl"},), info={"more_records": False}),
    Case(section="7.6", row="GET /{module}/{id}/{related_list}", what="in an order", before=(post("/Contacts", {**MOSS, "Account_Name": {"id": "{company}"}}),),
         ask=get(f"{COMPANY}/Contacts", fields="Last_Name", sort_by="Last_Name", sort_order="asc"), items=({"Last_Name": "Dahl"}, {"Last_Name": "Moss"})),
    Case(section="7.6", row="GET /{module}/{id}/{related_list}", what="fields are required", status=400, ask=get(f"{COMPANY}/Contacts"), exactly=True,
         answer=refused("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="fields")),
    Case(section="7.6", row="GET /{module}/{id}/{related_list}", what="204 where there is nothing", status=204, ask=get(f"{COMPANY}/Tasks", fields="Subject")),
    Case(section="7.6", row="GET /{module}/{id}/{related_list}", what="no such list", status=400, ask=get(f"{COMPANY}/Friends", fields="Last_Name"), answer=NO_RELATION, exactly=True),
    *(
        Case(section="7.6", row="GET /{module}/{id}/{related_list}", what=what, status=400, ask=get(f"/Accounts/{number}/Contacts", fields="Last_Name"), answer=NO_PARENT, exactly=True)
        for what, number in (("of nothing", "1"), ("of another organisation's record", "{foreign_company}"), ("of another module's record", "{contact}"), ("of no id", "x"))
    ),
    Case(section="7.6", row="GET /{module}/{id}/{related_list}", what="Deals elsewhere", ask=get("/crm/v8/Accounts/{company}/Deals", fields="Deal_Name"), items=({"Deal_Name": "Big order"},)),
    Case(section="7.6", row="PUT /{module}/{id}/{related_list}", what="relation added", before=(post("/Contacts", MOSS),), ask=put(f"{COMPANY}/Contacts", {"id": MADE}), items=(ADDED_TO,), exactly=True),
    Case(section="7.6", row="PUT /{module}/{id}/{related_list}", what="both outcomes", status=207, before=(post("/Contacts", MOSS),), ask=put(f"{COMPANY}/Contacts", {"id": MADE}, {"id": "{foreign_contact}"}, {}),
         items=(ADDED_TO, unknown("id", at=1), {"code": "MANDATORY_NOT_FOUND"})),
    Case(section="7.6", row="PUT /{module}/{id}/{related_list}", what="101 are too many", status=400, ask=put(f"{COMPANY}/Contacts", *[{"id": "1"}] * 101), answer={"code": "INVALID_DATA"}),
    Case(section="7.6", row="PUT /{module}/{id}/{related_list}", what="a deal's one contact", before=(post("/Contacts", MOSS), put(f"{DEAL}/Contacts", {"id": MADE})), ask=get(DEAL),
         items=held(Contact_Name={"name": "Moss", "id": MADE})),
    Case(section="7.6", row="DELETE /{module}/{id}/{related_list}/{related_id}", what="relation removed", ask=delete(f"{COMPANY}/Contacts/{{contact}}"), items=(REMOVED,), exactly=True),
    Case(section="7.6", row="DELETE /{module}/{id}/{related_list}/{related_id}", what="both stay", before=(delete(f"{COMPANY}/Contacts/{{contact}}"),), ask=get(CONTACT), items=held(Account_Name=None, Last_Name="Dahl")),
    Case(section="7.6", row="DELETE /{module}/{id}/{related_list}/{related_id}", what="what is not in it", status=400, before=(post("/Contacts", MOSS),), ask=delete(f"{COMPANY}/Contacts/{MADE}"), items=(not_in_it(MADE),)),
    Case(section="7.6", row="DELETE /{module}/{id}/{related_list}/{related_id}", what="WRITE is enough", ask=replace(delete(f"{COMPANY}/Contacts/{{contact}}"), bearer="{token:ZohoBigin.modules.accounts.WRITE}"), items=(REMOVED,)),
    Case(section="7.6", row="DELETE /{module}/{id}/{related_list}?ids=", what="several", status=207, ask=delete(f"{COMPANY}/Contacts", ids="{contact},1"), items=(REMOVED, not_in_it("1"))),
    Case(section="7.6", row="DELETE /{module}/{id}/{related_list}?ids=", what="without ids", status=400, ask=delete(f"{COMPANY}/Contacts"), exactly=True,
         answer=refused("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="ids")),
    *(
        Case(section="7.6", row=module, what=f"{name} are linked by {field}", before=(post(f"/{name}", NEEDED[name]), put(f"/{module}/{THERE[module]}/{name}", {"id": MADE})), ask=get(f"/{module}/{THERE[module]}/{name}", fields=field, per_page="1"),
             items=({"id": MADE, field: {"name": shown, "id": THERE[module]}},))
        for module, name, field in LINKED for shown in ({"Accounts": "Northwind", "Contacts": "Cleo Dahl", "Pipelines": "Big order"}[module],)
    ),
    Case(section="7.6", row="Pipelines", what="Contacts: the deal's own", ask=get(f"{DEAL}/Contacts", fields="Last_Name"), items=({"Last_Name": "Dahl"},)),
    *(
        Case(section="7.6", row="Products", what=f"{name} are linked by What_Id", status=204, before=(post("/Products", NEEDED["Products"]),), ask=get(f"/Products/{MADE}/{name}", fields="Subject"))
        for name in ("Tasks", "Events", "Calls")
    ),
    *(
        Case(section="7.6", row=module, what="has notes", before=(post(f"/{module}", NEEDED[module]), post(f"/{module}/{MADE}/Notes", NOTE)), ask=get("/Notes", fields="Note_Title,Parent_Id"), items=({"Note_Title": "Tea", "$se_module": module},))
        for module in ("Accounts", "Contacts", "Pipelines", "Products", "Tasks", "Events", "Calls")
    ),
    # --- notes --------------------------------------------------------------------------------------------------------
    Case(section="7.6", row="GET /{module}/{id}/Notes", what="of the record and no other", before=(post(f"{COMPANY}/Notes", NOTE), NOTED), ask=get(MINE, fields="Note_Title,Parent_Id"),
         items=({"Note_Title": "Tea", "Parent_Id": {"name": "Cleo Dahl", "id": "{contact}"}},)),
    Case(section="7.6", row="GET /{module}/{id}/Notes", what="204 where there are none", status=204, ask=get(MINE, fields="Note_Title")),
    *(
        Case(section="7.6", row="GET /{module}/{id}/Notes", what=f"needs two scopes: not {scopes}", status=401, ask=get(MINE, scopes, fields="Note_Title"), answer={"code": "OAUTH_SCOPE_MISMATCH"})
        for scopes in ("ZohoBigin.modules.contacts.ALL", "ZohoBigin.modules.notes.ALL")
    ),
    Case(section="7.6", row="POST /{module}/{id}/Notes", what="201, record added", status=201, ask=NOTED, items=(ADDED,), exactly=True),
    Case(section="7.6", row="POST /{module}/{id}/Notes", what="on the record of the URL, whatever it says", before=(post(MINE, {**NOTE, "Parent_Id": {"id": "{deal}"}, "$se_module": "Pipelines"}),), ask=get(f"/Notes/{MADE}"),
         items=({"Parent_Id": {"name": "Cleo Dahl", "id": "{contact}"}, "$se_module": "Contacts"},)),
    Case(section="7.6", row="POST /{module}/{id}/Notes", what="without content", status=400, ask=post(MINE, {"Note_Title": "Tea"}), items=(wrong("MANDATORY_NOT_FOUND", "required field not found", "Note_Content"),)),
    Case(section="7.6", row="POST /{module}/{id}/Notes", what="on nothing", status=400, ask=post("/Contacts/{foreign_contact}/Notes", NOTE), answer=NO_PARENT, exactly=True),
    Case(section="7.6", row="GET /{module}/{id}/Notes/{note_id}", what="one", before=(NOTED,), ask=get(f"{MINE}/{MADE}"), items=({"id": MADE, **NOTE},)),
    Case(section="7.6", row="GET /{module}/{id}/Notes/{note_id}", what="another record's", status=204, before=(NOTED,), ask=get(f"{COMPANY}/Notes/{MADE}")),
    Case(section="7.6", row="PUT /{module}/{id}/Notes/{note_id}", what="record updated", before=(NOTED,), ask=put(f"{MINE}/{MADE}", {"Note_Title": "Coffee"}), items=(UPDATED,), exactly=True),
    Case(section="7.6", row="PUT /{module}/{id}/Notes/{note_id}", what="what is not named stays", before=(NOTED, put(f"{MINE}/{MADE}", {"Note_Title": "Coffee"})), ask=get(f"{MINE}/{MADE}"), items=({**NOTE, "Note_Title": "Coffee"},)),
    Case(section="7.6", row="PUT /{module}/{id}/Notes/{note_id}", what="another record's", status=400, before=(NOTED,), ask=put(f"{COMPANY}/Notes/{MADE}", NOTE), items=(unknown("id"),)),
    Case(section="7.6", row="DELETE /{module}/{id}/Notes/{note_id}", what="record deleted", before=(NOTED,), ask=delete(f"{MINE}/{MADE}"), items=(done("record deleted", id=MADE),), exactly=True),
    Case(section="7.6", row="DELETE /{module}/{id}/Notes/{note_id}", what="another record's", status=400, before=(NOTED,), ask=delete(f"{COMPANY}/Notes/{MADE}"), items=(refused("INVALID_DATA", "the id given seems to be invalid", id=MADE),)),
    # --- attachments --------------------------------------------------------------------------------------------------
    Case(section="7.6", row="POST /{module}/{id}/Attachments", what="attachment uploaded successfully", ask=attach(), items=(done("attachment uploaded successfully", **ADDED["details"]),), exactly=True),
    Case(section="7.6", row="POST /{module}/{id}/Attachments", what="no file", status=400, ask=replace(attach(), upload=None), answer={"code": "failure_in_attachment_handling"}),
    Case(section="7.6", row="POST /{module}/{id}/Attachments", what="to nothing", status=400, ask=attach("/Contacts/{foreign_contact}/Attachments"), answer=NO_PARENT, exactly=True),
    Case(section="7.6", row="POST /{module}/{id}/Attachments", what="needs two scopes", status=401, ask=replace(attach(), bearer="{token:ZohoBigin.modules.contacts.ALL}"), answer={"code": "OAUTH_SCOPE_MISMATCH"}),
    Case(section="7.6", row="GET /{module}/{id}/Attachments", what="with names and sizes", before=(attach(),), ask=get(FILED, fields="File_Name,Size,Parent_Id"),
         items=({"id": FILE, "File_Name": "order.txt", "Size": str(len(UPLOADED))},)),
    Case(section="7.6", row="GET /{module}/{id}/Attachments", what="204 where there are none", status=204, ask=get(FILED, fields="File_Name")),
    Case(section="7.6", row="GET /{module}/{id}/Attachments/{attachment_id}", what="the file", before=(attach(),), ask=get(f"{FILED}/{FILE}"), body=UPLOADED),
    Case(section="7.6", row="GET /{module}/{id}/Attachments/{attachment_id}", what="another record's", status=204, before=(attach(),), ask=get(f"{COMPANY}/Attachments/{FILE}")),
    Case(section="7.6", row="DELETE /{module}/{id}/Attachments/{attachment_id}", what="record deleted", before=(attach(),), ask=delete(f"{FILED}/{FILE}"), items=(done("record deleted", id=FILE),), exactly=True),
    Case(section="7.6", row="DELETE /{module}/{id}/Attachments/{attachment_id}", what="another record's", status=400, before=(attach(),), ask=delete(f"{COMPANY}/Attachments/{FILE}"), exactly=True,
         answer=refused("INVALID_DATA", "the related id given seems to be invalid", resource_path_index=3)),
    Case(section="7.6", row="DELETE /{module}/{id}/Attachments/{attachment_id}", what="it goes with its record", before=(attach(), delete(CONTACT)), status=400, ask=get(f"{FILED}/{FILE}"), answer=NO_PARENT, exactly=True),
    Case(section="7.6", row="DELETE /{module}/{id}/Attachments/{attachment_id}", what="it is gone", before=(attach(), delete(f"{FILED}/{FILE}")), status=204, ask=get(FILED, fields="File_Name")),
    # --- deleted records ----------------------------------------------------------------------------------------------
    Case(section="7.6", row="GET /{module}/deleted", what="who deleted what when", before=(delete(CONTACT),), ask=get("/Contacts/deleted"), exactly=True,
         items=({"id": "{contact}", "display_name": "Cleo Dahl", "type": "permanent", "created_by": ADA, "deleted_by": ADA, "deleted_time": MOMENT},)),
    Case(section="7.6", row="GET /{module}/deleted", what="the latest first, in pages", before=(post("/Contacts", MOSS), delete("/Contacts", ids=f"{MADE},{{contact}}")), ask=get("/Contacts/deleted", per_page="1", page="2"),
         info={"per_page": 1, "count": 1, "page": 2, "more_records": False}),
    *(
        Case(section="7.6", row="GET /{module}/deleted", what=f"{kind}: {status}", before=(delete(CONTACT),), ask=get("/Contacts/deleted", type=kind), status=status)
        for kind, status in (("all", 200), ("permanent", 200), ("recycle", 204))
    ),
    Case(section="7.6", row="GET /{module}/deleted", what="nothing so late", before=(delete(CONTACT),), status=304, ask=since("2125-01-01T00:00:00+00:00", get("/Contacts/deleted"))),
    Case(section="7.6", row="GET /{module}/deleted", what="nothing of another module", before=(delete(CONTACT),), status=204, ask=get("/Accounts/deleted")),
    Case(section="7.6", row="GET /{module}/deleted", what="another type", status=400, ask=get("/Contacts/deleted", type="some"), answer={"code": "INVALID_DATA"}),
    Case(section="7.6", row="GET /{module}/deleted", what="204 where there are none", status=204, ask=get("/Contacts/deleted")),
    # --- change of owner ----------------------------------------------------------------------------------------------
    Case(section="7.6", row="POST /{module}/actions/change_owner", what="each is answered", status=207, exactly=True, ask=owner("/Contacts/actions/change_owner", "{colleague}", ids=["{contact}", "{foreign_contact}"]),
         items=(done("owner is successfully updated", id="{contact}"), refused("INVALID_DATA", "the id given seems to be invalid", id="{foreign_contact}"))),
    Case(section="7.6", row="POST /{module}/actions/change_owner", what="is seen", before=(owner("/Contacts/actions/change_owner", "{colleague}", ids=["{contact}"]),), ask=get(CONTACT),
         items=held(Owner={"name": "Ito", "id": "{colleague}", "email": "ben@{domain}"}, Modified_By={"name": "Ada Byron", "id": "{user}"})),
    Case(section="7.6", row="POST /{module}/actions/change_owner", what="and found by", before=(owner("/Contacts/actions/change_owner", "{colleague}", ids=["{contact}"]),), ask=get("/Contacts/search", criteria="(Owner:equals:{colleague})"),
         items=held(id="{contact}")),
    Case(section="7.6", row="POST /{module}/actions/change_owner", what="501 are too many", status=400, ask=owner("/Contacts/actions/change_owner", "{colleague}", ids=["1"] * 501), exactly=True,
         answer=refused("INVALID_DATA", "invalid data", maximum_length=500, api_name="ids", json_path="$.ids")),
    Case(section="7.6", row="POST /{module}/actions/change_owner", what="none", status=400, ask=owner("/Contacts/actions/change_owner", "{colleague}"), exactly=True,
         answer=refused("MANDATORY_NOT_FOUND", "required field not found", api_name="ids", json_path="$.ids")),
    Case(section="7.6", row="POST /{module}/{id}/actions/change_owner", what="one", ask=owner(f"{CONTACT}/actions/change_owner", "{colleague}"), items=(done("owner is successfully updated", id="{contact}"),), exactly=True),
    *(
        Case(section="7.6", row="POST /{module}/{id}/actions/change_owner", what=what, status=400, ask=owner(f"{CONTACT}/actions/change_owner", user), exactly=True,
             answer=refused("INVALID_DATA", "the id given seems to be invalid", api_name="id", json_path="$.owner.id"))
        for what, user in (("to nobody", "1"), ("to another organisation's user", "{foreign_user}"))
    ),
    Case(section="7.6", row="POST /{module}/{id}/actions/change_owner", what="without an owner", status=400, ask=replace(ask("POST", f"{CONTACT}/actions/change_owner"), json={}), exactly=True,
         answer=refused("MANDATORY_NOT_FOUND", "required field not found", api_name="owner", json_path="$.owner")),
    Case(section="7.6", row="POST /{module}/{id}/actions/change_owner", what="not what hangs on it", status=400, ask=owner(f"{CONTACT}/actions/change_owner", "{colleague}", related_modules=[{"api_name": "Tasks"}]),
         answer={"code": "FEATURE_NOT_SUPPORTED"}),
]
# fmt: on


def test_it(stage: Stage, case: Case) -> None:
    stage.play(case, alone=True)
