"""The contract of writing records: sections 7.2, 7.3 and 7.5 of docs/reference/wire.md."""

import re
from dataclasses import replace
from typing import Any

from tests.contract.calls import (
    ADA,
    ADDED,
    DIGITS,
    MADE,
    NEEDED,
    UPDATED,
    ask,
    delete,
    done,
    get,
    post,
    put,
    refused,
    wrong,
)
from tests.contract.case import Ask, Case
from tests.contract.stage import Stage

CONTACT = "/Contacts/{contact}"
MOSS = NEEDED["Contacts"]
BEN = {"name": "Ito", "id": "{colleague}"}
HUNDRED = [{"Last_Name": f"Moss {n}"} for n in range(100)]
WHO, MAIL = "cleo@customer-of-{domain}", "New.Moss@Moss.example"


def added(**fields: Any) -> Ask:
    """A new contact with these fields too."""
    return post("/Contacts", {**MOSS, **fields})


def upsert(*data: Any, **more: Any) -> Ask:
    """New contacts, or changes of those that are there."""
    return post("/Contacts/upsert", *data, **more)


def upserted(answer: dict[str, Any], field: str | None) -> dict[str, Any]:
    """What an upsert answers: by which field the record was found, or none."""
    return answer | {"duplicate_field": field, "action": "update" if field else "insert"}


def unknown(path: str, at: int = 0) -> dict[str, Any]:
    """A record that is not there."""
    return wrong("INVALID_DATA", "the id given seems to be invalid", path, at=at)


def invalid(path: str, at: int = 0, **details: Any) -> dict[str, Any]:
    """A value that may not be."""
    return wrong("INVALID_DATA", "invalid data", path, at=at, **details)


def missing(path: str, at: int = 0) -> dict[str, Any]:
    """A value that must be."""
    return wrong("MANDATORY_NOT_FOUND", "required field not found", path, at=at)


def duplicate(path: str, number: str | re.Pattern[str], module: str, at: int = 0) -> dict[str, Any]:
    """A value that the record of that id has."""
    first = {"id": number, "module": {"api_name": module, "id": DIGITS}, "Owner": ADA}
    return wrong("DUPLICATE_DATA", "duplicate data", path, at=at, id=number, more_records=False, duplicate_record=first)


def whole(code: str, message: str, name: str, **details: Any) -> dict[str, Any]:
    """The error of a body as a whole."""
    return refused(code, message, **details, api_name=name, json_path=f"$.{name}")


# fmt: off
CASES = [
    # --- 7.2 insert ---------------------------------------------------------------------------------------------------
    Case(section="7.2", row="data", what="201, and who wrote it when", status=201, ask=added(), items=(ADDED,), exactly=True),
    Case(section="7.2", row="data", what="a hundred, each at its index", status=201, ask=post("/Contacts", *HUNDRED), items=(ADDED,) * 100),
    Case(section="7.2", row="data", what="101 are too many", status=400, ask=post("/Contacts", *HUNDRED, MOSS), exactly=True,
         answer=whole("INVALID_DATA", "invalid data", "data", maximum_length=100)),
    Case(section="7.2", row="data", what="none", status=400, ask=post("/Contacts"), answer=whole("MANDATORY_NOT_FOUND", "required field not found", "data"), exactly=True),
    Case(section="7.2", row="data", what="no list", status=400, ask=replace(post("/Contacts"), json={"data": MOSS}), exactly=True,
         answer=whole("INVALID_DATA", "invalid data", "data", expected_data_type="jsonarray")),
    Case(section="7.2", row="data", what="a record that is none", status=400, ask=post("/Contacts", "Moss"), items=(refused("INVALID_DATA", "invalid data", expected_data_type="jsonobject"),)),
    Case(section="7.2", row="data", what="deals under CRM's name", status=201, ask=post("/crm/v8/Deals", NEEDED["Pipelines"]), items=(ADDED,)),
    Case(section="7.2", row="data", what="is there afterwards", before=(added(First_Name="Ada", Phone=" 1 "),), ask=get(f"/Contacts/{MADE}"),
         items=({"Full_Name": "Ada Moss", "Phone": "1", "Owner": {**ADA, "email": "ada@{domain}"}},)),
    Case(section="7.2", row="trigger", what="is accepted", status=201, ask=post("/Contacts", MOSS, trigger=["workflow"]), items=(ADDED,)),
    Case(section="7.2", row="trigger", what="is accepted when empty", status=201, ask=post("/Contacts", MOSS, trigger=[]), items=(ADDED,)),
    *(
        Case(section="7.2", row="trigger", what=f"{what} is none", status=400, ask=post("/Contacts", MOSS, trigger=value), exactly=True,
             answer=whole("INVALID_DATA", "invalid data", "trigger", expected_data_type="jsonarray"))
        for what, value in (("a text", "workflow"), ("a list of numbers", [1]))
    ),
    *(
        Case(section="7.2", row="a lookup", what=f"{what} leads to its record", before=(added(Account_Name=value),), ask=get(f"/Contacts/{MADE}"),
             items=({"Account_Name": {"name": "Northwind", "id": "{company}"}},))
        for what, value in (("an object", {"id": "{company}"}), ("an id", "{company}"))
    ),
    *(
        Case(section="7.2", row="a lookup", what=what, status=400, ask=added(Account_Name={"id": value}), items=(unknown("Account_Name"),))
        for what, value in (("to nothing", "1"), ("to another module", "{contact}"), ("to another organisation", "{foreign_company}"))
    ),
    Case(section="7.2", row="a lookup", what="that is none", status=400, ask=added(Account_Name="Northwind"), items=(invalid("Account_Name", expected_data_type="jsonobject"),)),
    Case(section="7.2", row="a lookup", what="to what was deleted shows nothing", before=(delete("/Accounts/{company}"),), ask=get(CONTACT), items=({"Account_Name": None},)),
    Case(section="7.2", row="Owner", what="another user", before=(added(Owner={"id": "{colleague}"}),), ask=get(f"/Contacts/{MADE}"),
         items=({"Owner": {**BEN, "email": "ben@{domain}"}, "Created_By": ADA},)),
    *(
        Case(section="7.2", row="Owner", what=what, status=400, ask=added(Owner={"id": value}), items=(unknown("Owner"),))
        for what, value in (("nobody", "1"), ("another organisation's", "{foreign_user}"))
    ),
    Case(section="7.2", row="Tag", what="is shown with an id", before=(added(Tag=[{"name": "Fair 2026"}, {"name": "VIP"}]),), ask=get(f"/Contacts/{MADE}"),
         items=({"Tag": [{"name": name, "id": DIGITS, "color_code": None} for name in ("Fair 2026", "VIP")]},)),
    Case(section="7.2", row="Tag", what="eleven are too many", status=400, ask=added(Tag=[{"name": f"{n}"} for n in range(11)]), items=(invalid("Tag", maximum_length=10),)),
    Case(section="7.2", row="$se_module", what="is shown", before=(post("/Notes", NEEDED["Notes"]),), ask=get(f"/Notes/{MADE}"),
         items=({"$se_module": "Contacts", "Parent_Id": {"name": "Cleo Dahl", "id": "{contact}"}},)),
    Case(section="7.2", row="$se_module", what="may be left out", before=(post("/Tasks", {"Subject": "Call", "What_Id": {"id": "{deal}"}}),), ask=get(f"/Tasks/{MADE}"),
         items=({"$se_module": "Pipelines", "What_Id": {"name": "Big order", "id": "{deal}"}},)),
    Case(section="7.2", row="$se_module", what="is Deals elsewhere", ask=get(f"/crm/v8/Tasks/{MADE}"), items=({"$se_module": "Deals"},),
         before=(post("/crm/v8/Tasks", {"Subject": "Call", "What_Id": {"id": "{deal}"}, "$se_module": "Deals"}),)),
    Case(section="7.2", row="$se_module", what="another module's", status=400, ask=post("/Notes", {**NEEDED["Notes"], "$se_module": "Accounts"}), items=(invalid("$se_module"),)),
    Case(section="7.2", what="unknown keys, made fields and what begins with $ are passed over", status=201, items=(ADDED,),
         ask=added(Shoe_Size=42, Full_Name="Somebody Else", Created_Time="yesterday", id="1", **{"$approved": False})),
    Case(section="7.2", what="blank text is no value", status=400, ask=post("/Contacts", {"Last_Name": "  "}), items=(missing("Last_Name"),)),
    Case(section="7.2", what="both outcomes: 207, each at its index", status=207, ask=post("/Contacts", {}, MOSS), items=(missing("Last_Name"), ADDED)),
    Case(section="7.2", what="only failures: 400", status=400, ask=post("/Contacts", {}, {}), items=(missing("Last_Name"), missing("Last_Name", at=1))),
    Case(section="7.2", what="what is no JSON", status=400, ask=Ask("POST", "/bigin/v2/Contacts", form={"data": "x"}, bearer=added().bearer), answer={"code": "INVALID_DATA"}),
    # --- 7.3 update ---------------------------------------------------------------------------------------------------
    Case(section="7.3", row="PUT /{module}/{id}", what="200, record updated", ask=put(CONTACT, {"Phone": "1"}), items=(UPDATED,), exactly=True),
    Case(section="7.3", row="PUT /{module}/{id}", what="what is not named stays", before=(put(CONTACT, {"Phone": "1"}),), ask=get(CONTACT),
         items=({"Phone": "1", "Email": WHO, "Last_Name": "Dahl", "Account_Name": {"name": "Northwind", "id": "{company}"}},)),
    *(
        Case(section="7.3", row="PUT /{module}/{id}", what=f"{what} clears a field", before=(put(CONTACT, {"Account_Name": value, "First_Name": value}),), ask=get(CONTACT),
             items=({"Account_Name": None, "First_Name": None, "Full_Name": "Dahl"},))
        for what, value in (("null", None), ("blank text", " "))
    ),
    Case(section="7.3", row="PUT /{module}/{id}", what="not one that must be", status=400, ask=put(CONTACT, {"Last_Name": None}), items=(missing("Last_Name"),)),
    Case(section="7.3", row="PUT /{module}/{id}", what="an id in the item is passed over", before=(added(), put(CONTACT, {"id": MADE, "Phone": "1"})), ask=get(CONTACT), items=({"Phone": "1"},)),
    *(
        Case(section="7.3", row="PUT /{module}/{id}", what=what, status=400, ask=put(path, {"Phone": "1"}), items=(unknown("id"),))
        for what, path in (("nothing there", "/Contacts/1"), ("another module's", "/Accounts/{contact}"), ("another organisation's", "/Contacts/{foreign_contact}"))
    ),
    Case(section="7.3", row="PUT /{module}/{id}", what="two at once", status=400, ask=put(CONTACT, {}, {}), exactly=True,
         answer=whole("INVALID_DATA", "invalid data", "data", maximum_length=1)),
    Case(section="7.3", row="PUT /{module}", what="each at its index", before=(added(),), ask=put("/Contacts", {"id": MADE, "Phone": "1"}, {"id": "{contact}", "Phone": "2"}), items=(UPDATED, UPDATED)),
    Case(section="7.3", row="PUT /{module}", what="both outcomes", status=207, ask=put("/Contacts", {"id": "{contact}"}, {"id": "{foreign_contact}"}, {"Phone": "1"}),
         items=(UPDATED, unknown("id", at=1), missing("id", at=2))),
    Case(section="7.3", row="PUT /{module}", what="101 are too many", status=400, ask=put("/Contacts", *[{"id": "1"}] * 101), answer=whole("INVALID_DATA", "invalid data", "data", maximum_length=100)),
    Case(section="7.3", row="PUT /{module}", what="values may change hands within one call", before=(added(Email=MAIL),),
         ask=put("/Contacts", {"id": MADE, "Email": None}, {"id": "{contact}", "Email": MAIL}), items=(UPDATED, UPDATED)),
    # --- 7.3 upsert ---------------------------------------------------------------------------------------------------
    Case(section="7.3", row="POST /{module}/upsert", what="who is new is inserted, with 200", ask=upsert({**MOSS, "Email": MAIL}), items=(upserted(ADDED, None),), exactly=True),
    Case(section="7.3", row="POST /{module}/upsert", what="who is there is changed", ask=upsert({"Last_Name": "Moss", "Email": WHO}), items=(upserted(UPDATED, "Email"),), exactly=True),
    Case(section="7.3", row="POST /{module}/upsert", what="whatever the case", ask=upsert({"Last_Name": "Moss", "Email": "CLEO@Customer-of-{domain}"}), items=(upserted(UPDATED, "Email"),)),
    Case(section="7.3", row="POST /{module}/upsert", what="and keeps what is not named", before=(upsert({"Last_Name": "Moss", "Email": WHO}),), ask=get(CONTACT),
         items=({"Full_Name": "Cleo Moss", "Account_Name": {"name": "Northwind", "id": "{company}"}},)),
    Case(section="7.3", row="POST /{module}/upsert", what="mandatory fields are asked for of new ones alone", status=207, ask=upsert({"Email": WHO}, {"Email": MAIL}),
         items=(upserted(UPDATED, "Email"), missing("Last_Name", at=1))),
    Case(section="7.3", row="POST /{module}/upsert", what="the same twice is one record", ask=upsert({**MOSS, "Email": MAIL}, {**MOSS, "Email": MAIL}),
         items=(upserted(ADDED, None), upserted(UPDATED, "Email"))),
    Case(section="7.3", row="POST /{module}/upsert", what="by a company's name", ask=post("/Accounts/upsert", {"Account_Name": "northwind"}), items=(upserted(UPDATED, "Account_Name"),)),
    Case(section="7.3", row="POST /{module}/upsert", what="where nothing is unique, all are new", ask=post("/Tasks/upsert", NEEDED["Tasks"]), items=(upserted(ADDED, None),)),
    Case(section="7.3", row="POST /{module}/upsert", what="needs two scopes", status=401, answer={"code": "OAUTH_SCOPE_MISMATCH"},
         ask=replace(upsert(MOSS), bearer="{token:ZohoBigin.modules.contacts.CREATE}")),
    Case(section="7.3", row="duplicate_check_fields", what="a unique one", ask=upsert({**MOSS, "Email": WHO}, duplicate_check_fields=["Email"]), items=(upserted(UPDATED, "Email"),)),
    Case(section="7.3", row="duplicate_check_fields", what="none: a duplicate is one", status=400, ask=upsert({**MOSS, "Email": WHO}, duplicate_check_fields=[]),
         items=(duplicate("Email", "{contact}", "Contacts"),)),
    Case(section="7.3", row="duplicate_check_fields", what="one that is not unique", status=400, exactly=True, ask=upsert(MOSS, duplicate_check_fields=["Email", "Phone"]),
         answer=refused("INVALID_DATA", "invalid data", supported_values=["Email"], api_name="duplicate_check_fields", json_path="$.duplicate_check_fields[1]")),
    Case(section="7.3", row="duplicate_check_fields", what="no list", status=400, exactly=True, ask=upsert(MOSS, duplicate_check_fields="Email"),
         answer=whole("INVALID_DATA", "invalid data", "duplicate_check_fields", expected_data_type="jsonarray")),
    # --- 7.3 delete ---------------------------------------------------------------------------------------------------
    Case(section="7.3", row="DELETE /{module}/{id}", what="200, record deleted", ask=delete(CONTACT), items=(done("record deleted", id="{contact}"),), exactly=True),
    Case(section="7.3", row="DELETE /{module}/{id}", what="it is gone", before=(delete(CONTACT),), status=204, ask=get(CONTACT)),
    Case(section="7.3", row="DELETE /{module}/{id}", what="and its notes with it", before=(post("/Notes", NEEDED["Notes"]), delete(CONTACT)), status=204, ask=get("/Notes", fields="Note_Title")),
    Case(section="7.3", row="DELETE /{module}/{id}", what="its values are free", before=(delete(CONTACT),), status=201, ask=added(Email=WHO), items=(ADDED,)),
    *(
        Case(section="7.3", row="DELETE /{module}/{id}", what=what, status=400, ask=delete(path), items=(refused("INVALID_DATA", "the id given seems to be invalid", id=number),))
        for what, path, number in (("nothing there", "/Contacts/1", "1"), ("another organisation's", "/Contacts/{foreign_contact}", "{foreign_contact}"), ("no id", "/Contacts/x", "x"))
    ),
    Case(section="7.3", row="DELETE /{module}?ids=", what="each is answered", before=(added(),), ask=delete("/Contacts", ids=f"{MADE},{{contact}}"),
         items=(done("record deleted", id=MADE), done("record deleted", id="{contact}"))),
    Case(section="7.3", row="DELETE /{module}?ids=", what="both outcomes", status=207, ask=delete("/Contacts", ids="{contact},{foreign_contact}"),
         items=(done("record deleted", id="{contact}"), refused("INVALID_DATA", "the id given seems to be invalid", id="{foreign_contact}"))),
    Case(section="7.3", row="DELETE /{module}?ids=", what="101 are too many", status=400, exactly=True, ask=delete("/Contacts", ids=",".join(str(each) for each in range(1, 102))),
         answer=refused("INVALID_DATA", "invalid data", param_name="ids", limit=100)),
    Case(section="7.3", row="ids", what="missing", status=400, ask=ask("DELETE", "/Contacts"), exactly=True,
         answer=refused("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="ids")),
    *(
        Case(section="7.3", row="wf_trigger", what=f"{value} is accepted", ask=delete(CONTACT, wf_trigger=value), items=(done("record deleted", id="{contact}"),))
        for value in ("true", "false", "False")
    ),
    Case(section="7.3", row="wf_trigger", what="anything else", status=400, ask=delete(CONTACT, wf_trigger="later"), exactly=True,
         answer=refused("INVALID_DATA", "invalid data", param_name="wf_trigger", supported_values=["true", "false"])),
    # --- 7.5 errors of an item ----------------------------------------------------------------------------------------
    Case(section="7.5", row="MANDATORY_NOT_FOUND", what="with the value's place", status=400, ask=post("/Contacts", {}), items=(missing("Last_Name"),), exactly=True),
    *(
        Case(section="7.5", row="INVALID_DATA", what=f"{name} is no {kind}", status=400, ask=put(CONTACT, {name: value}), items=(invalid(name, expected_data_type=kind),), exactly=True)
        for name, value, kind in (("First_Name", 1, "text"), ("Email", "cleo", "email"), ("Phone", [], "phone"), ("Email_Opt_Out", "true", "boolean"),
                                  ("Account_Name", "x", "jsonobject"), ("Owner", {}, "jsonobject"), ("Tag", "VIP", "jsonarray"))
    ),
    *(
        Case(section="7.5", row="INVALID_DATA", what=f"{name} is no {kind}", status=400, ask=put("/Pipelines/{deal}", {name: value}), items=(invalid(name, expected_data_type=kind),), exactly=True)
        for name, value, kind in (("Amount", "10", "currency"), ("Probability", 0.5, "integer"), ("Closing_Date", "2026-02-30", "date"))
    ),
    Case(section="7.5", row="INVALID_DATA", what="End_DateTime without an offset", status=400, ask=post("/Events", {**NEEDED["Events"], "End_DateTime": "2026-01-31T09:00:00"}),
         items=(invalid("End_DateTime", expected_data_type="datetime"),), exactly=True),
    *(
        Case(section="7.5", row="INVALID_DATA", what=f"{name} is longer than {length}", status=400, ask=put(CONTACT, {name: "x" * (length + 1)}), items=(invalid(name, maximum_length=length),), exactly=True)
        for name, length in (("First_Name", 40), ("Last_Name", 80), ("Title", 100), ("Phone", 50), ("Mobile", 30), ("Mailing_Street", 250), ("Description", 32000))
    ),
    Case(section="7.5", row="INVALID_DATA", what="not one of the supported values", status=400, ask=post("/Calls", {**NEEDED["Calls"], "Call_Type": "Lost"}),
         items=(invalid("Call_Type", supported_values=["Outbound", "Inbound", "Missed"]),), exactly=True),
    Case(section="7.5", row="DUPLICATE_DATA", what="with both records' places", status=400, ask=added(Email=WHO), items=(duplicate("Email", "{contact}", "Contacts"),), exactly=True),
    Case(section="7.5", row="DUPLICATE_DATA", what="of a change", status=400, before=(added(Email=MAIL),), ask=put(CONTACT, {"Email": MAIL}), items=(duplicate("Email", MADE, "Contacts"),)),
    Case(section="7.5", row="DUPLICATE_DATA", what="not of itself", ask=put(CONTACT, {"Email": WHO}), items=(UPDATED,)),
    Case(section="7.5", row="DUPLICATE_DATA", what="within one call", status=207, ask=post("/Contacts", {**MOSS, "Email": MAIL}, {**MOSS, "Email": MAIL.upper()}),
         items=(ADDED, duplicate("Email", DIGITS, "Contacts", at=1))),
    Case(section="7.5", row="DUPLICATE_DATA", what="not of another organisation", status=201, ask=added(Email="cleo@customer-of-org1.example"), items=(ADDED,)),
    Case(section="7.5", row="MULTIPLE_OR_MULTI_ERRORS", what="all of them", status=400, ask=post("/Contacts", {"Email": "cleo", "Phone": "1" * 51}), exactly=True,
         items=(refused("MULTIPLE_OR_MULTI_ERRORS", "multiple errors",
                        errors=[missing("Last_Name"), invalid("Email", expected_data_type="email"), invalid("Phone", maximum_length=50)]),)),
    Case(section="7.5", row="MULTIPLE_OR_MULTI_ERRORS", what="at its index", status=207, ask=post("/Contacts", MOSS, {"Email": "cleo"}),
         items=(ADDED, refused("MULTIPLE_OR_MULTI_ERRORS", "multiple errors", errors=[missing("Last_Name", at=1), invalid("Email", at=1, expected_data_type="email")]))),
]
# fmt: on


def test_it(stage: Stage, case: Case) -> None:
    stage.play(case, alone=True)
