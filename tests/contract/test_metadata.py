"""The contract of metadata, users and the organisation: section 6 of docs/reference/wire.md."""

import re
from dataclasses import replace
from typing import Any

from tests.contract.calls import (
    ADDED,
    DIGITS,
    EVERYTHING,
    MADE,
    NEEDED,
    ask,
    delete,
    done,
    get,
    post,
    refused,
    wrong,
)
from tests.contract.case import Ask, Case
from tests.contract.stage import Stage

MODULES, FIELDS, USERS = "/settings/modules", "/settings/fields", "/users"
# W 6.1: name, labels, whether people see it
LISTED = [
    ("Contacts", "Contact", "Contacts", True),
    ("Accounts", "Company", "Companies", True),
    ("Pipelines", "Pipeline", "Pipelines", True),
    ("Tasks", "Task", "Tasks", True),
    ("Events", "Event", "Events", True),
    ("Calls", "Call", "Calls", True),
    ("Products", "Product", "Products", True),
    ("Notes", "Note", "Notes", False),
    ("Attachments", "Attachment", "Attachments", False),
]  # fmt: skip
# W 6.2: which of these must not be left out
REQUIRED = {
    "Contacts": ["Last_Name"],
    "Accounts": ["Account_Name"],
    "Pipelines": ["Deal_Name", "Stage"],
    "Products": ["Product_Name"],
    "Tasks": ["Subject"],
    "Events": ["Event_Title", "Start_DateTime", "End_DateTime"],
    "Calls": ["Subject", "Call_Type", "Call_Start_Time", "Call_Duration"],
    "Notes": ["Note_Content", "Parent_Id"],
}
UNIQUE = {"Contacts": "Email", "Accounts": "Account_Name", "Pipelines": "Deal_Name", "Products": "Product_Name"}
# W 6.2: a value of each kind, one that is none, and what is expected in its place
KINDS: list[tuple[str, Any, Any, str]] = [
    ("text", "blue", 1, "text"),
    ("textarea", "blue\nor green", [], "textarea"),
    ("email", "Ann@moss.example", "ann", "email"),
    ("phone", "+49 30 1", 1, "phone"),
    ("website", "https://moss.example", 1, "website"),
    ("picklist", "blue", 1, "picklist"),
    ("boolean", True, "true", "boolean"),
    ("integer", 42, 4.5, "integer"),
    ("double", 4.5, "4.5", "double"),
    ("currency", 4.5, "4.5", "currency"),
    ("date", "2026-01-31", "31.1.2026", "date"),
    ("datetime", "2026-01-31T09:00:00+00:00", "2026-01-31", "datetime"),
]
# W 6.2, as recorded: fields of Contacts with what they hold and how much
CONTACTS = [
    ("Owner", "ownerlookup", None), ("First_Name", "text", 40), ("Last_Name", "text", 80), ("Account_Name", "lookup", None), ("Email", "email", 100), ("Title", "text", 100),
    ("Phone", "phone", 50), ("Home_Phone", "phone", 30), ("Mobile", "phone", 30), ("Full_Name", "text", 120), ("Mailing_Street", "textarea", 250), ("Mailing_City", "text", 100),
    ("Mailing_State", "text", 100), ("Mailing_Zip", "text", 30), ("Mailing_Country", "text", 100), ("Description", "textarea", 32000), ("Email_Opt_Out", "boolean", None),
    ("Created_By", "ownerlookup", None), ("Modified_By", "ownerlookup", None), ("Created_Time", "datetime", None), ("Modified_Time", "datetime", None),
    ("Last_Activity_Time", "datetime", None), ("Tag", "text", None), ("Secondary_Email", "email", 100),
]  # fmt: skip
ORGANISATION = (
    *("company_name", "domain_name", "primary_email", "time_zone", "currency", "currency_symbol", "currency_locale", "iso_code"),
    *("country_code", "hipaa_compliance_enabled", "privacy_settings", "mc_status", "gapps_enabled", "lite_users_enabled", "translation_enabled"),
    *("deletable_org_account", "photo_id", "phone", "mobile", "fax", "website", "street", "city", "state", "zip", "country", "alias"),
    *("description", "employee_count", "zia_portal_id", "id", "zgid", "primary_zuid", "license_details", "hierarchy_preferences"),
)  # fmt: skip


def adding(*new: dict[str, Any], module: str = "Contacts") -> Ask:
    """Fields for a module."""
    return replace(ask("POST", FIELDS, module=module), json={"fields": list(new)})


def colour(kind: str, **more: Any) -> dict[str, Any]:
    """A field of that kind."""
    choices = {"pick_list_values": [{"display_value": each} for each in ("red", "blue")]} if kind == "picklist" else {}
    return {"field_label": "Favourite colour", "data_type": kind, **choices, **more}


def renaming(user: str, scopes: str = EVERYTHING, **changed: Any) -> Ask:
    """A user's new names."""
    return replace(ask("PUT", f"{USERS}/{user}", scopes), json={"users": [changed]})


def missing(name: str, at: int = 0) -> dict[str, Any]:
    """A value that must be."""
    return wrong("MANDATORY_NOT_FOUND", "required field not found", name, at=at)


def of_users(error: dict[str, Any]) -> dict[str, Any]:
    """The same error, in a list that is called users."""
    return {
        **error,
        "details": {**error["details"], "json_path": error["details"]["json_path"].replace("data", "users")},
    }


ADA = {"id": "{user}", "full_name": "Ada Byron", "first_name": "Ada", "last_name": "Byron", "email": "ada@{domain}", "zuid": "{user}", "status": "active", "confirm": True,
       "role": {"name": "CEO", "id": DIGITS}, "profile": {"name": "Administrator", "id": DIGITS}, "category": "regular_user", "time_zone": "UTC", "locale": "en_US"}  # fmt: skip
BEN = {"id": "{colleague}", "full_name": "Ito", "first_name": None, "last_name": "Ito", "email": "ben@{domain}"}
UNKNOWN = refused("INVALID_MODULE", "the module name given seems to be invalid", resource_path_index=0)
WRONG = refused("INVALID_MODULE", "the module name given seems to be invalid", param_name="module")
MISSING = refused("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="module")
NO_RIGHT = refused("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_Customize_Zoho_CRM"])
ANY = re.compile(r".*")
CREATED = done("field created", id=DIGITS)
FIELD = "{got_fields.0.details.id}"

# fmt: off
CASES = [
    # --- 6.1 modules --------------------------------------------------------------------------------------------------
    *(
        Case(section="6.1", row=name, what="is listed", ask=get(MODULES), among={
            "api_name": name, "module_name": name, "singular_label": one, "plural_label": many, "visible": visible, "emailTemplate_support": visible,
            "api_supported": True, "generated_type": "default", "access_type": "org_based", "id": DIGITS})
        for name, one, many, visible in LISTED
    ),
    Case(section="6.1", row="Pipelines", what="is called Deals elsewhere", ask=get("/crm/v8/settings/modules"), among={"api_name": "Deals", "singular_label": "Deal", "plural_label": "Deals"}),
    Case(section="6.1", what="in the order of their numbers", ask=get(MODULES), items=tuple({"sequence_number": n, "profile_count": 2} for n in range(1, len(LISTED) + 1))),
    Case(section="6.1", what="one of them", ask=get(f"{MODULES}/Accounts"), items=({"api_name": "Accounts", "profiles": [{"name": name, "id": DIGITS} for name in ("Administrator", "Standard")]},)),
    Case(section="6.1", what="one that is unknown", status=400, ask=get(f"{MODULES}/Social"), answer=UNKNOWN, exactly=True),
    Case(section="6.1", what="Deals is unknown here", status=400, ask=get(f"{MODULES}/Deals"), answer=UNKNOWN, exactly=True),
    Case(section="6.1", what="the scope", ask=get(MODULES, "ZohoBigin.settings.modules.READ"), among={"api_name": "Contacts"}),
    Case(section="6.1", what="another scope", status=401, ask=get(MODULES, "ZohoBigin.settings.fields.ALL"), answer={"code": "OAUTH_SCOPE_MISMATCH"}),
    # --- 6.2 fields ---------------------------------------------------------------------------------------------------
    *(
        Case(section="6.2", row="GET /settings/fields?", what=f"{name} of Contacts, {kind}", ask=get(FIELDS, module="Contacts"),
             among={"api_name": name, "data_type": kind, "custom_field": False, "id": DIGITS} | ({"length": length} if length else {}))
        for name, kind, length in CONTACTS
    ),
    Case(section="6.2", row="GET /settings/fields?", what="a lookup and where it leads", ask=get(FIELDS, module="Contacts"),
         among={"api_name": "Account_Name", "lookup": {"display_label": "Company Name", "api_name": "Account_Name", "module": {"api_name": "Accounts", "id": DIGITS}, "id": DIGITS}}),
    Case(section="6.2", row="GET /settings/fields?", what="without a module", status=400, ask=get(FIELDS), answer=MISSING, exactly=True),
    Case(section="6.2", row="GET /settings/fields?", what="of a wrong one", status=400, ask=get(FIELDS, module="Nothings"), answer=WRONG, exactly=True),
    Case(section="6.2", row="GET /settings/fields?", what="one's own", before=(adding(colour("text")),), ask=get(FIELDS, module="Contacts"),
         among={"id": FIELD, "api_name": "Favourite_colour", "field_label": "Favourite colour", "data_type": "text", "length": 255, "custom_field": True}),
    Case(section="6.2", row="GET /settings/fields/{id}", what="one field", before=(adding(colour("text")),), ask=get(f"{FIELDS}/{FIELD}", module="Contacts"),
         items=({"id": FIELD, "api_name": "Favourite_colour"},)),
    Case(section="6.2", row="POST /settings/fields", what="201, field created", status=201, ask=adding(colour("text")), items=(CREATED,), exactly=True),
    Case(section="6.2", row="POST /settings/fields", what="as long as it says", before=(adding(colour("text", length=10)),), status=400, ask=post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": "x" * 11}),
         items=(wrong("INVALID_DATA", "invalid data", "Favourite_colour", maximum_length=10),)),
    Case(section="6.2", row="POST /settings/fields", what="unique, without regard to case", status=400, ask=post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": "BLUE"}),
         before=(adding(colour("text", unique={"casesensitive": False})), post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": "blue"})), items=({"code": "DUPLICATE_DATA"},)),
    Case(section="6.2", row="POST /settings/fields", what="two more may be unique", status=207, items=(CREATED, CREATED, {"code": "LIMIT_EXCEEDED"}),
         ask=adding(*({"field_label": f"Number {n}", "data_type": "text", "unique": {"casesensitive": False}} for n in range(3)))),
    Case(section="6.2", row="POST /settings/fields", what="an upsert finds records by it", ask=post("/Contacts/upsert", {**NEEDED["Contacts"], "Favourite_colour": "blue"}, duplicate_check_fields=["Favourite_colour"]),
         before=(adding(colour("text", unique={"casesensitive": False})), post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": "Blue"})), items=({"duplicate_field": "Favourite_colour", "action": "update"},)),
    Case(section="6.2", row="POST /settings/fields", what="a label that there is", status=400, ask=adding({"field_label": "Phone", "data_type": "text"}), items=({"code": "DUPLICATE_DATA"},)),
    Case(section="6.2", row="POST /settings/fields", what="no label", status=400, ask=adding({"data_type": "text"}), items=({"code": "MANDATORY_NOT_FOUND"},)),
    Case(section="6.2", row="POST /settings/fields", what="a kind that there is not", status=400, ask=adding(colour("formula")), items=({"code": "INVALID_DATA"},)),
    Case(section="6.2", row="POST /settings/fields", what="not for a Standard user", status=403, ask=replace(adding(colour("text")), bearer=f"{{standard:{EVERYTHING}}}"), answer=NO_RIGHT, exactly=True),
    Case(section="6.2", row="DELETE /settings/fields", what="field deleted", before=(adding(colour("text")),), ask=delete(f"{FIELDS}/{FIELD}", module="Contacts"), items=(done("field deleted", id=FIELD),), exactly=True),
    Case(section="6.2", row="DELETE /settings/fields", what="its values are gone", ask=get(f"/Contacts/{MADE}", fields="Last_Name,Favourite_colour"), items=({"Last_Name": "Moss", "id": MADE},), exactly=True,
         before=(adding(colour("text")), post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": "blue"}), delete(f"{FIELDS}/{FIELD}", module="Contacts"))),
    Case(section="6.2", row="DELETE /settings/fields", what="and not back with another of its name", ask=get(f"/Contacts/{MADE}"), items=({"Favourite_colour": None},),
         before=(adding(colour("text")), post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": "blue"}), delete(f"{FIELDS}/{FIELD}", module="Contacts"), adding(colour("text")))),
    Case(section="6.2", row="DELETE /settings/fields", what="one that all have", status=400, ask=delete(f"{FIELDS}/1", module="Contacts"), answer={"code": "INVALID_DATA", "message": "the id given seems to be invalid"}),
    # --- 6.2 layouts and the like -------------------------------------------------------------------------------------
    Case(section="6.2", row="GET /settings/layouts?", what="sections with their fields", ask=get("/settings/layouts", module="Contacts"), items=({"name": "Standard", "status": "active", "id": DIGITS},)),
    Case(section="6.2", row="GET /settings/layouts?", what="of Pipelines is the team pipeline", ask=get("/settings/layouts", module="Pipelines"), items=({"name": "Sales Pipeline"},)),
    Case(section="6.2", row="GET /settings/layouts?", what="of a wrong module", status=400, ask=get("/settings/layouts", module="Nothings"), answer=WRONG, exactly=True),
    Case(section="6.2", row="GET /settings/layouts?", what="of none", status=400, ask=get("/settings/layouts"), answer=MISSING, exactly=True),
    Case(section="6.2", row="GET /settings/layouts/{id}", what="one of them", before=(get("/settings/layouts", module="Contacts"),), ask=get("/settings/layouts/{got_layouts.0.id}", module="Contacts"),
         items=({"id": "{got_layouts.0.id}", "name": "Standard"},)),
    Case(section="6.2", row="GET /settings/layouts/{id}", what="another module's", status=400, before=(get("/settings/layouts", module="Contacts"),), ask=get("/settings/layouts/{got_layouts.0.id}", module="Tasks"),
         answer={"code": "INVALID_DATA", "message": "the id given seems to be invalid"}),
    *(
        Case(section="6.2", row="GET /settings/related_lists?", what=f"{name} of Accounts", ask=get("/settings/related_lists", module="Accounts"), among={"api_name": name, "module": module, "href": re.compile(rf"Accounts/\{{ENTITYID\}}/{name}")})
        for name, module in (("Contacts", {"api_name": "Contacts", "id": DIGITS}), ("Attachments", {"api_name": "Attachments", "id": DIGITS}), ("Emails", None))
    ),
    Case(section="6.2", row="GET /settings/related_lists?", what="without a module", status=400, ask=get("/settings/related_lists"), answer=MISSING, exactly=True),
    Case(section="6.2", row="GET /settings/tags?", what="those that records have, each once", ask=get("/settings/tags", module="Contacts"), items=({"name": "Fair", "id": DIGITS}, {"name": "VIP"}),
         before=(post("/Contacts", *({**NEEDED["Contacts"], "Tag": [{"name": each} for each in tags]} for tags in (("VIP", "Fair"), ("VIP",)))),)),
    Case(section="6.2", row="GET /settings/tags?", what="none", status=204, ask=get("/settings/tags", module="Contacts")),
    Case(section="6.2", row="GET /settings/tags?", what="without a module", status=400, ask=get("/settings/tags"), answer=MISSING, exactly=True),
    Case(section="6.2", row="GET /settings/roles", what="the one that all have", ask=get("/settings/roles"), items=({"name": "CEO", "display_label": "CEO", "id": DIGITS, "reporting_to": None},)),
    *(
        Case(section="6.2", row=row, what="the scope", ask=get(path, scope, module="Accounts"), status=status)
        for row, path, scope, status in (
            ("GET /settings/fields?", FIELDS, "ZohoBigin.settings.fields.READ", 200), ("GET /settings/layouts?", "/settings/layouts", "ZohoBigin.settings.layouts.READ", 200),
            ("GET /settings/related_lists?", "/settings/related_lists", "ZohoBigin.settings.related_lists.READ", 200), ("GET /settings/tags?", "/settings/tags", "ZohoBigin.settings.tags.READ", 204))
    ),
    # --- 6.2 what records must have -----------------------------------------------------------------------------------
    *(
        Case(section="6.2", row=module, what="with what it asks for", status=201, ask=post(f"/{module}", NEEDED[module]), items=(ADDED,))
        for module in REQUIRED
    ),
    *(
        Case(section="6.2", row=module, what=f"without {name}", status=400, ask=post(f"/{module}", {key: value for key, value in NEEDED[module].items() if key != name}), items=(missing(name),), exactly=True)
        for module, names in REQUIRED.items() for name in names
    ),
    *(
        Case(section="6.2", row=module, what=f"{name} is unique, without regard to case", status=207, items=(ADDED, {"code": "DUPLICATE_DATA", "status": "error"}),
             ask=post(f"/{module}", {**NEEDED[module], name: "Moss@moss.example"}, {**NEEDED[module], name: "MOSS@moss.example"}))
        for module, name in UNIQUE.items()
    ),
    *(
        Case(section="6.2", row=module, what="more than one alike", status=201, ask=post(f"/{module}", NEEDED[module], NEEDED[module]), items=(ADDED, ADDED))
        for module in REQUIRED if module not in UNIQUE
    ),
    Case(section="6.2", row="Pipelines", what="Pipeline and Sub_Pipeline unless told", before=(post("/Pipelines", NEEDED["Pipelines"]),), ask=get(f"/Pipelines/{MADE}"),
         items=({"Pipeline": "Sales Pipeline", "Sub_Pipeline": "Sales Pipeline Standard", "Stage": "Qualification"},)),
    Case(section="6.2", row="Pipelines", what="a stage of one's own", status=201, ask=post("/Pipelines", {"Deal_Name": "Odd order", "Stage": "On the shelf"}), items=(ADDED,)),
    Case(section="6.2", row="Notes", what="without $se_module", status=201, ask=post("/Notes", {"Note_Content": "Tea", "Parent_Id": {"id": "{deal}"}}), items=(ADDED,)),
    # --- 6.2 kinds of one's own fields --------------------------------------------------------------------------------
    *(
        Case(section="6.2", row=kind, what="a value", before=(adding(colour(kind)), post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": value})), ask=get(f"/Contacts/{MADE}"), items=({"Favourite_colour": value},))
        for kind, value, _, _ in KINDS
    ),
    *(
        Case(section="6.2", row=kind, what="none", before=(adding(colour(kind)),), status=400, ask=post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": value}),
             items=(wrong("INVALID_DATA", "invalid data", "Favourite_colour", expected_data_type=expected),))
        for kind, _, value, expected in KINDS
    ),
    *(
        Case(section="6.2", row=kind, what="is searched by", before=(adding(colour(kind)), post("/Contacts", {**NEEDED["Contacts"], "Favourite_colour": value})), items=({"id": MADE},),
             ask=get("/Contacts/search", criteria=f"(Favourite_colour:equals:{'true' if value is True else value})"))
        for kind, value, _, _ in KINDS if kind != "textarea"
    ),
    # --- 6.3 users ----------------------------------------------------------------------------------------------------
    Case(section="6.3", row="GET /users?type=", what="users and info", ask=get(USERS, type="AllUsers"), items=(ADA, BEN), exactly=False, info={"per_page": 200, "count": 2, "page": 1, "more_records": False}),
    Case(section="6.3", row="GET /users?type=", what="a page", ask=get(USERS, type="AllUsers", per_page="1", page="2"), items=(BEN,), info={"per_page": 1, "count": 1, "page": 2, "more_records": False}),
    Case(section="6.3", row="GET /users?type=", what="more than 200 is 200", ask=get(USERS, type="AllUsers", per_page="1000"), info={"per_page": 200}),
    Case(section="6.3", row="GET /users?type=", what="behind the last page", status=204, ask=get(USERS, type="AllUsers", page="2")),
    Case(section="6.3", row="GET /users?type=", what="another type", status=400, ask=get(USERS, type="Nobody"), answer={"code": "INVALID_DATA"}),
    Case(section="6.3", row="GET /users?type=", what="the scope", ask=get(USERS, "ZohoBigin.users.READ", type="CurrentUser"), items=(ADA,)),
    Case(section="6.3", row="GET /users/{id}", what="one of them, with all that an entry has", ask=get(f"{USERS}/{{user}}"), items=(ADA,), exactly=True),
    Case(section="6.3", row="GET /users/{id}", what="nobody", status=204, ask=get(f"{USERS}/1")),
    Case(section="6.3", row="GET /users/{id}", what="another organisation's", status=204, ask=get(f"{USERS}/{{foreign_user}}")),
    Case(section="6.3", row="PUT /users/{id}", what="User updated", ask=renaming("{colleague}", first_name="Ben"), items=(done("User updated", id="{colleague}"),), exactly=True),
    Case(section="6.3", row="PUT /users/{id}", what="and it is", before=(renaming("{colleague}", first_name="Ben", last_name="Ito-Moss"),), ask=get(f"{USERS}/{{colleague}}"), items=({"full_name": "Ben Ito-Moss"},)),
    Case(section="6.3", row="PUT /users/{id}", what="a name that must be", status=400, ask=renaming("{colleague}", last_name=""), items=(of_users(missing("last_name")),)),
    Case(section="6.3", row="PUT /users/{id}", what="not another user's as a Standard user", status=400, ask=replace(renaming("{user}", first_name="X"), bearer="{standard:ZohoBigin.users.ALL}"),
         items=({"code": "AUTHORIZATION_FAILED"},)),
    Case(section="6.3", row="PUT /users/{id}", what="nobody", status=400, ask=renaming("{foreign_user}", first_name="X"), answer={"code": "INVALID_DATA", "message": "the id given seems to be invalid"}),
    Case(section="6.3", row="PUT /users", what="several, each at its index", status=207, ask=replace(ask("PUT", USERS), json={"users": [{"id": "{user}", "first_name": "A."}, {"id": "{foreign_user}", "first_name": "B."}]}),
         items=(done("User updated", id="{user}"), {"code": "INVALID_DATA"})),
    *(
        Case(section="6.3", row=kind, what="those", ask=get(USERS, type=kind), items=(ADA, BEN))
        for kind in ("AllUsers", "ActiveUsers", "ConfirmedUsers", "ActiveConfirmedUsers", "AdminUsers", "ActiveConfirmedAdmins")
    ),
    *(
        Case(section="6.3", row=kind, what="not Standard users", ask=get(USERS, type=kind), before=(replace(get(USERS), bearer="{standard:ZohoBigin.users.READ}"),),
             items=(ADA, BEN, {"last_name": "Member"}))
        for kind in ("AdminUsers", "ActiveConfirmedAdmins")
    ),
    *(
        Case(section="6.3", row=kind, what="none", status=204, ask=get(USERS, type=kind))
        for kind in ("DeactiveUsers", "NotConfirmedUsers", "DeletedUsers")
    ),
    *(
        Case(section="6.3", row=kind, what="by who is confirmed", ask=get(USERS, type=kind), before=(replace(get(USERS), bearer="{newcomer:ZohoBigin.users.READ}"),), items=items)
        for kind, items in (("ConfirmedUsers", (ADA, BEN, {"confirm": True})), ("NotConfirmedUsers", ({"confirm": False},)),
                            ("ActiveConfirmedUsers", (ADA, BEN, {"confirm": True})), ("ActiveConfirmedAdmins", (ADA, BEN, {"confirm": True})))
    ),
    Case(section="6.3", row="AllUsers", what="where nothing is said", ask=get(USERS), items=(ADA, BEN)),
    Case(section="6.3", row="AllUsers", what="in quotes, as one client has it", ask=get(USERS, type="'AllUsers'"), items=(ADA, BEN)),
    Case(section="6.3", row="CurrentUser", what="whoever asks", ask=get(USERS, type="CurrentUser"), items=(ADA,)),
    # --- 6.4 organisation ---------------------------------------------------------------------------------------------
    Case(section="6.4", what="what Postroom knows of it", ask=get("/org"), items=({
        "id": "{org}", "zgid": "{org}", "company_name": "Company at {domain}", "domain_name": "org{org}", "primary_email": "office@{domain}", "primary_zuid": "{user}", "time_zone": "UTC",
        "hierarchy_preferences": {"type": "Role_Hierarchy"}, "phone": None, "currency": None,
        "license_details": {"paid": False, "paid_type": "free", "paid_expiry": None, "trial_type": None, "trial_expiry": None, "users_license_purchased": 2, "portal_users_license_purchased": 0}},)),
    Case(section="6.4", what="every key, and no other", ask=get("/org"), items=(dict.fromkeys(ORGANISATION, ANY),), exactly=True),
    Case(section="6.4", what="the scope", ask=get("/org", "ZohoBigin.org.READ"), items=({"id": "{org}"},)),
    Case(section="6.4", what="another scope", status=401, ask=get("/org", "ZohoBigin.users.ALL"), answer={"code": "OAUTH_SCOPE_MISMATCH"}),
]
# fmt: on


def test_it(stage: Stage, case: Case) -> None:
    stage.play(case, alone=True)
