"""The contract of locks of records: section 7.8 of docs/reference/wire.md, and what they stop elsewhere."""

from dataclasses import replace
from typing import Any

from tests.contract.calls import (
    ADA,
    ADDED,
    DIGITS,
    EVERYTHING,
    MADE,
    MOMENT,
    NEEDED,
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
from tests.contract.mailing import CONTACT, DEAL, PLAIN, filed, mail, send
from tests.contract.stage import Stage

NAME = "Locking_Information__s"
WHY = {"Locked_Reason__s": "An offer is being made"}
MISSING, WRONG_ID = "required field not found", "the related id given seems to be invalid"
NO_LOCK = refused("INVALID_DATA", WRONG_ID, resource_path_index=3)
ANOTHERS = refused("NO_PERMISSION", "The current user does not have permission to unlock record.")
MODULES = ("Contacts", "Accounts", "Pipelines", "Products", "Tasks", "Events", "Calls")
SENT = {"code": "SUCCESS", "message": "Your mail has been sent successfully."}
OWNER = {"owner": {"id": "{colleague}"}}


def lock(path: str = CONTACT) -> Ask:
    """Lock a record."""
    return post(f"{path}/{NAME}", WHY)


def locked(number: str = "{contact}") -> dict[str, Any]:
    """What is told of a record that is locked."""
    return refused("RECORD_LOCKED", "You cannot perform this operation as the record is locked.", id=number)


def by_standard(asked: Ask) -> Ask:
    """The same, asked by a user who is no Administrator."""
    return replace(asked, bearer=f"{{standard:{EVERYTHING}}}")


LOCK, LOCKS, THAT = lock(), f"{CONTACT}/{NAME}", f"{CONTACT}/{NAME}/{MADE}"
SHOWN = {
    "id": MADE,
    **WHY,
    "Locked_Time__s": MOMENT,
    "Locked_By__s": ADA,
    "Locked_For__s": {"module": {"api_name": "Contacts", "id": DIGITS}, "name": "Cleo Dahl", "id": "{contact}"},
    "Lock_Source__s": "Manual",
    "Record_Locking_Rule_Id__s": None,
    "Record_Locking_Configuration_Id__s": None,
}
POST, LIST = f"POST /{{module}}/{{id}}/{NAME}", f"GET /{{module}}/{{id}}/{NAME}?fields"
GET, PUT, DELETE = (f"{method} /{{module}}/{{id}}/{NAME}/{{lock_id}}" for method in ("GET", "PUT", "DELETE"))

# fmt: off
CASES = [
    # --- 7.8 locks ----------------------------------------------------------------------------------------------------
    Case(section="7.8", row=POST, what="with its stamps", status=201, ask=LOCK, items=(ADDED,), exactly=True),
    *(
        Case(section="7.8", row=POST, what=f"of {module}", status=201, before=(post(f"/{module}", NEEDED[module]),), ask=lock(f"/{module}/{MADE}"), items=(ADDED,))
        for module in MODULES
    ),
    Case(section="7.8", row=POST, what="not of Notes", status=400, ask=lock("/Notes/1"), answer={"code": "INVALID_MODULE"}),
    Case(section="7.8", row=POST, what="without a reason", status=400, ask=post(LOCKS, {}), exactly=True, items=(wrong("MANDATORY_NOT_FOUND", MISSING, "Locked_Reason__s"),)),
    Case(section="7.8", row=POST, what="a reason that is a number", status=400, ask=post(LOCKS, {"Locked_Reason__s": 1}), exactly=True,
         items=(wrong("INVALID_DATA", "invalid data", "Locked_Reason__s", expected_data_type="textarea"),)),
    Case(section="7.8", row=POST, what="2,001 characters", status=400, ask=post(LOCKS, {"Locked_Reason__s": "x" * 2001}), exactly=True,
         items=(wrong("INVALID_DATA", "invalid data", "Locked_Reason__s", maximum_length=2000),)),
    *(
        Case(section="7.8", row=POST, what=what, status=400, ask=lock(f"/Contacts/{number}"), exactly=True, answer=refused("INVALID_DATA", WRONG_ID, resource_path_index=1))
        for what, number in (("of nothing", "1"), ("of another organisation's record", "{foreign_contact}"))
    ),
    Case(section="7.8", row=POST, what="a control character", status=400, ask=post(LOCKS, {"Locked_Reason__s": "a\x1bb"}), items=(wrong("INVALID_DATA", "invalid data", "Locked_Reason__s"),)),
    Case(section="5.2", row="ZohoCRM.modules.lockinginformation.*", what="and the module's", status=204,
         ask=get(LOCKS, "ZohoCRM.modules.lockinginformation.READ,ZohoBigin.modules.contacts.READ")),
    *(
        Case(section="5.2", row="ZohoCRM.modules.lockinginformation.*", what=f"{scope} alone does not", status=401, ask=get(LOCKS, scope), answer={"code": "OAUTH_SCOPE_MISMATCH"})
        for scope in ("ZohoBigin.modules.lockinginformation.ALL", "ZohoBigin.modules.contacts.ALL")
    ),
    Case(section="7.8", row=LIST, what="the one", before=(LOCK,), ask=get(LOCKS), items=(SHOWN,), exactly=True, info={"per_page": 200, "count": 1, "page": 1, "more_records": False}),
    Case(section="7.8", row=LIST, what="as Deals are called", before=(lock(DEAL),), ask=get("/crm/v8/Deals/{deal}/Locking_Information__s", fields="Locked_For__s"), exactly=True,
         items=({"id": MADE, "Locked_For__s": {"module": {"api_name": "Deals", "id": DIGITS}, "name": "Big order", "id": "{deal}"}},)),
    Case(section="7.8", row=LIST, what="204 without one", status=204, ask=get(LOCKS)),
    Case(section="7.8", row=GET, what="that one", before=(LOCK,), ask=get(THAT), items=(SHOWN,), exactly=True),
    Case(section="7.8", row=GET, what="204 without it", status=204, before=(LOCK,), ask=get(f"{LOCKS}/1")),
    Case(section="7.8", row=PUT, what="by its owner", before=(by_standard(LOCK),), ask=by_standard(put(THAT, {"Locked_Reason__s": "Sent"})), items=(done("relation updated", id=MADE),), exactly=True),
    Case(section="7.8", row=PUT, what="is the reason then", before=(LOCK, put(THAT, {"Locked_Reason__s": "Sent"})), ask=get(LOCKS), items=({"Locked_Reason__s": "Sent"},)),
    Case(section="7.8", row=PUT, what="without a reason", status=400, before=(LOCK,), ask=put(THAT, {"Locked_Reason__s": ""}), items=(wrong("MANDATORY_NOT_FOUND", MISSING, "Locked_Reason__s"),)),
    Case(section="7.8", row=DELETE, what="by an Administrator", before=(by_standard(LOCK),), ask=delete(THAT), items=(done("relation removed", id=MADE),), exactly=True),
    Case(section="7.8", row=DELETE, what="is free again", before=(LOCK, delete(THAT)), ask=put(CONTACT, {"Title": "Dr."}), items=({"code": "SUCCESS"},)),
    Case(section="7.8", row=DELETE, what="is locked again", status=201, before=(LOCK, delete(THAT)), ask=LOCK, items=(ADDED,)),
    Case(section="7.8", row="the record is locked already", what="by the same user", status=403, before=(LOCK,), ask=LOCK, answer=refused("NOT_ALLOWED", "Record is already locked."), exactly=True),
    *(
        Case(section="7.8", row="the lock is another user's", what=asked.method, status=403, before=(LOCK,), ask=by_standard(asked), answer=ANOTHERS, exactly=True)
        for asked in (put(THAT, WHY), delete(THAT))
    ),
    *(
        Case(section="7.8", row="no such lock", what=f"{asked.method} of {what}", status=400, before=before, ask=asked, answer=NO_LOCK, exactly=True)
        for what, before, path in (("none", (), f"{LOCKS}/1"), ("another record's", (lock(DEAL),), THAT)) for asked in (put(path, WHY), delete(path))
    ),
    Case(section="6.2", row="GET /settings/fields?", what="of locks", ask=get("/settings/fields", module=NAME), among={"api_name": "Locked_Reason__s", "data_type": "textarea", "length": 2000, "required": True}),
    # --- what it stops ------------------------------------------------------------------------------------------------
    Case(section="1.4", row="RECORD_LOCKED", what="a mail about it", status=400, before=(LOCK,), ask=mail(), items=(locked(),), exactly=True),
    Case(section="1.4", row="RECORD_LOCKED", what="with what else is wrong", status=400, before=(LOCK,), ask=mail(to=[{"email": "nobody@x.example"}]),
         items=({"code": "RECORD_LOCKED"},)),
    Case(section="1.4", row="RECORD_LOCKED", what="each mail at its place", status=400, before=(LOCK,), ask=send(PLAIN, PLAIN), items=(locked(), locked()), exactly=True),
    Case(section="1.4", row="RECORD_LOCKED", what="not about its company", before=(LOCK,), ask=mail("/Accounts/{company}"), items=(SENT,)),
    Case(section="7.5", row="RECORD_LOCKED", what="a change", status=400, before=(LOCK,), ask=put(CONTACT, {"Title": "Dr."}), items=(locked(),), exactly=True),
    Case(section="7.5", row="RECORD_LOCKED", what="one of several changes", status=207, before=(LOCK, post("/Contacts", NEEDED["Contacts"])), ask=put("/Contacts", {"id": MADE, "Title": "Dr."}, {"id": "{contact}", "Title": "Dr."}),
         items=({"code": "SUCCESS"}, locked())),
    Case(section="7.5", row="RECORD_LOCKED", what="a tag", status=400, before=(LOCK,), ask=put(CONTACT, {"Tag": [{"name": "new"}]}), items=(locked(),)),
    Case(section="7.5", row="RECORD_LOCKED", what="an upsert", status=207, before=(LOCK,), ask=post("/Contacts/upsert", {"Last_Name": "Dahl", "Email": "cleo@customer-of-{domain}"}, {"Last_Name": "Moss"}),
         items=(locked(), {"code": "SUCCESS", "action": "insert"})),
    Case(section="7.5", row="RECORD_LOCKED", what="a deletion", status=400, before=(LOCK,), ask=delete(CONTACT), items=(locked(),), exactly=True),
    Case(section="7.5", row="RECORD_LOCKED", what="one of several deletions", status=207, before=(LOCK, post("/Contacts", NEEDED["Contacts"])), ask=delete("/Contacts", ids=f"{MADE},{{contact}},1"),
         items=(done("record deleted", id=MADE), locked(), {"code": "INVALID_DATA"})),
    Case(section="7.5", row="RECORD_LOCKED", what="another owner", status=400, before=(LOCK,), ask=replace(ask("POST", f"{CONTACT}/actions/change_owner"), json=OWNER), items=(locked(),), exactly=True),
    Case(section="7.5", row="RECORD_LOCKED", what="another owner of several", status=207, before=(LOCK, post("/Contacts", NEEDED["Contacts"])),
         ask=replace(ask("POST", "/Contacts/actions/change_owner"), json=OWNER | {"ids": ["{contact}", MADE]}), items=(locked(), {"code": "SUCCESS"})),
    Case(section="7.5", row="RECORD_LOCKED", what="a link by its lookup", status=400, before=(LOCK,), ask=put("/Accounts/{company}/Contacts", {"id": "{contact}"}), items=(locked(),), exactly=True),
    Case(section="7.5", row="RECORD_LOCKED", what="the end of one", status=400, before=(LOCK,), ask=delete("/Accounts/{company}/Contacts/{contact}"), items=(locked(),), exactly=True),
    Case(section="7.5", row="RECORD_LOCKED", what="a deal's own contact", status=400, before=(lock(DEAL),), ask=put(f"{DEAL}/Contacts", {"id": "{contact}"}), items=(locked("{deal}"),), exactly=True),
    Case(section="9.2", row="RECORD_LOCKED", what="a change", status=400, before=(LOCK,), ask=put(CONTACT, {}), items=({"code": "RECORD_LOCKED"},)),
    # --- what it does not ---------------------------------------------------------------------------------------------
    Case(section="7.8", what="nothing of it changed", before=(LOCK, replace(put(CONTACT, {"Title": "Dr."}), refused=True)), ask=get(CONTACT), items=({"Title": None, "First_Name": "Cleo"},)),
    Case(section="7.8", what="notes are free", status=201, before=(LOCK,), ask=post(f"{CONTACT}/Notes", {"Note_Content": "Tea"}), items=(ADDED,)),
    Case(section="7.8", what="files are free", before=(LOCK,), ask=replace(ask("POST", f"{CONTACT}/Attachments"), upload="order.txt"), items=({"code": "SUCCESS"},)),
    Case(section="7.8", what="other records' lookups are free", before=(lock("/Accounts/{company}"),), ask=delete("/Accounts/{company}/Contacts/{contact}"), items=({"code": "SUCCESS"},)),
    Case(section="7.8", what="a mail that was accepted before is called back", before=(mail(scheduled_time="{days:1}"), LOCK), ask=replace(filed(), method="DELETE"), items=({"code": "SUCCESS"},)),
    Case(section="7.8", what="a lookup is lost with its record", before=(LOCK, delete("/Accounts/{company}")), ask=get(CONTACT), items=({"Account_Name": None},)),
]
# fmt: on


def test_it(stage: Stage, case: Case) -> None:
    stage.play(case, alone=True)
