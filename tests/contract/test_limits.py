"""The contract of statuses, codes, details and limits: sections 9.1 to 9.4, 10.1 and 10.2 of docs/reference/wire.md."""

import re
from dataclasses import replace
from typing import Any

from tests.contract.case import Ask, Case
from tests.contract.stage import Stage

MIB = 1024 * 1024
ALL = "ZohoBigin.modules.ALL,ZohoBigin.settings.ALL,ZohoBigin.users.ALL,ZohoBigin.org.ALL,ZohoBigin.files.ALL,ZohoBigin.send_mail.all.CREATE"
CONTACTS, CONTACT, SENDERS = (
    "/bigin/v2/Contacts",
    "/bigin/v2/Contacts/{contact}",
    "/bigin/v2/settings/emails/actions/from_addresses",
)
JSON = {
    "content-type": "application/json;charset=UTF-8",
    "content-disposition": "attachment; filename=response.json",
    "content-language": "en-US",
}
NUMBER = re.compile(r"[1-9]\d*")
CLEO = "cleo@customer-of-org1.example"


def ask(method: str, path: str, json: Any = None, who: str = "token", **more: Any) -> Ask:
    """A call of the API by an Administrator of the world's organisation, or of their own: ``loner``, ``neighbour``."""
    return Ask(method, path, json=json, bearer=f"{{{who}:{ALL}}}", **more)


def insert(*items: Any, who: str = "token", **more: Any) -> Ask:
    return ask("POST", CONTACTS, {"data": list(items)}, who, **more)


def mail(path: str = CONTACT, who: str = "token", **changed: Any) -> Ask:
    item = {"from": {"email": "office@org1.example"}, "to": [{"email": CLEO}], "subject": "Limits", "content": ""}
    return ask("POST", f"{path}/actions/send_mail", {"data": [item | changed]}, who)


def keyed(**changed: Any) -> Ask:
    return replace(mail(**changed), headers={"Idempotency-Key": "order-1"})


def upload(*sizes: int) -> Ask:
    return ask("POST", "/bigin/v2/files", files=sizes)


def error(code: str, message: str, **details: Any) -> dict[str, Any]:
    """A lone error: flat, with all its keys."""
    return {"code": code, "message": message, "details": details, "status": "error"}


def item(code: str, message: str, **details: Any) -> dict[str, Any]:
    """The same of the only item."""
    return {"data": [error(code, message, **details)]}


def spent(calls: int, who: str = "loner") -> tuple[Ask, ...]:
    """Calls of one credit each."""
    return (ask("GET", "/bigin/v2/org", who=who),) * calls


ORG, LIST = ask("GET", "/bigin/v2/org", who="loner"), ask("GET", f"{CONTACTS}?fields=Last_Name", who="loner")
VIEW = replace(LIST, path=f"{LIST.path}&cvid=7", refused=True)
LATER = replace(ORG, bearer=f"{{new_loner:{ALL}}}")
TEN = [{"Last_Name": "Ten"}] * 10
CREDITS, ONE_CALL = {"credits_per_day": 12}, {"calls_at_once": 1}
OVER = {
    "code": "TOO_MANY_REQUESTS",
    "message": "Rate limit exceeded. Please retry after the specified time.",
    "status": "error",
}
WAITING = Ask("POST", CONTACTS, bearer=f"{{loner:{ALL}}}")
NO_TOKEN = Ask("GET", CONTACT)
MAIL_OPTED_OUT = (
    "You cannot send an email to this customer because this person has opted to stop the email communication"
)
INVALID, WRONG_ID = "invalid data", "the id given seems to be invalid"
TAKEN = {"Last_Name": "Dahl", "Email": "taken@x.example"}
OTHER = {
    "id": "{got_id}",
    "module": {"api_name": "Contacts", "id": NUMBER},
    "Owner": {"name": "Ada Byron", "id": NUMBER},
}
TAKEN_BY = {
    "id": "{got_id}",
    "more_records": False,
    "duplicate_record": OTHER,
    "api_name": "Email",
    "json_path": "$.data[0].Email",
}

# fmt: off
CASES = [
    # --- 9.1 HTTP status ----------------------------------------------------------------------------------------------
    Case(section="9.1", row="200", what="done", ask=ask("GET", "/bigin/v2/org"), headers=JSON),
    Case(section="9.1", row="201", what="inserted", status=201, ask=insert({"Last_Name": "Ito"}), headers=JSON),
    Case(section="9.1", row="204", what="no such record", status=204, ask=ask("GET", f"{CONTACTS}/1")),
    Case(section="9.1", row="204", what="OPTIONS", status=204, ask=ask("OPTIONS", CONTACTS), headers={"allow": "DELETE, GET, HEAD, OPTIONS, POST, PUT"}),
    Case(section="9.1", row="304", what="nothing is newer", status=304, ask=ask("GET", f"{CONTACTS}?fields=Last_Name", headers={"If-Modified-Since": "2999-01-01T00:00:00Z"})),
    Case(section="9.1", row="207", what="some were done, some were not", status=207, ask=insert({"Last_Name": "Ito"}, {}), headers=JSON),
    Case(section="9.1", row="400", what="something is wrong", status=400, ask=insert({}), headers=JSON),
    Case(section="9.1", row="401", what="nobody", status=401, ask=NO_TOKEN, headers=JSON),
    Case(section="9.1", row="403", what="the profile forbids it", status=403, ask=ask("DELETE", f"{CONTACTS}?ids=1", who="standard"), headers=JSON),
    Case(section="9.1", row="404", what="no such URL", status=404, ask=ask("GET", "/bigin/v2/settings/nothing"), headers=JSON),
    Case(section="9.1", row="409", what="an idempotency key that another mail had", status=409, before=(keyed(),), ask=keyed(subject="Another"), headers=JSON),
    Case(section="9.1", row="413", what="a head of more than 64 KiB", status=413, ask=ask("GET", CONTACT, headers={"X-Long": "x" * 64 * 1024}), headers=JSON),
    Case(section="9.1", row="415", what="a file of more than 20 MB", status=415, ask=upload(20 * MIB + 1), headers=JSON),
    Case(section="9.1", row="429", what="too many calls", status=429, settings=CREDITS, before=spent(12), ask=ORG, headers=JSON),
    Case(section="9.1", row="503", what="a file is out of reach", status=503, lost=True, before=(upload(1),), ask=ask("GET", "/bigin/v2/files?id={got_id}"),
         headers={**JSON, "retry-after": "1"}),
    Case(section="9.1", what="a method that does not exist is no 405", status=400, ask=ask("PATCH", CONTACT), headers={"allow": "DELETE, GET, HEAD, OPTIONS, PUT"}),
    # --- 9.2 codes ----------------------------------------------------------------------------------------------------
    Case(section="9.2", row="INVALID_MODULE", what="no such module", status=400, ask=ask("GET", "/bigin/v2/Nothings?fields=a"), exactly=True,
         answer=error("INVALID_MODULE", "the module name given seems to be invalid", resource_path_index=0)),
    Case(section="9.2", row="INVALID_DATA", what="no JSON", status=400, ask=ask("POST", CONTACTS, octets=b"{"), exactly=True,
         answer=error("INVALID_DATA", INVALID, expected_data_type="jsonobject", reason="the body is not JSON")),
    Case(section="9.2", row="DUPLICATE_DATA", what="another contact's address", status=400, before=(insert(TAKEN),), ask=insert(TAKEN | {"Email": "TAKEN@x.example"}),
         answer=item("DUPLICATE_DATA", "duplicate data", **TAKEN_BY)),
    Case(section="9.2", row="MANDATORY_NOT_FOUND", what="nothing to insert", status=400, ask=ask("POST", CONTACTS, {"data": []}), exactly=True,
         answer=error("MANDATORY_NOT_FOUND", "required field not found", api_name="data", json_path="$.data")),
    Case(section="9.2", row="INVALID_REQUEST_METHOD", what="not here", status=400, ask=ask("PATCH", CONTACT), exactly=True,
         answer=error("INVALID_REQUEST_METHOD", "The http request method type is not a valid one")),
    Case(section="9.2", row="INVALID_REQUEST_METHOD", what="nowhere", status=400, ask=ask("BREW", CONTACT), exactly=True,
         answer=error("INVALID_REQUEST_METHOD", "The http request method type is not a valid one")),
    Case(section="9.2", row="REQUIRED_PARAM_MISSING", what="a list without fields", status=400, ask=ask("GET", CONTACTS), exactly=True,
         answer=error("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="fields")),
    Case(section="9.2", row="LIMIT_EXCEEDED", what="413 for a head", status=413, ask=ask("GET", CONTACT, headers={"X-Long": "x" * 64 * 1024}), exactly=True,
         answer=error("LIMIT_EXCEEDED", "the head of the request is larger than this server accepts", limit=65_536)),
    Case(section="9.2", row="NOT_ALLOWED", what="a contact that opted out", status=400, ask=mail(f"{CONTACTS}/{{got_id}}", to=[{"email": "out@customer-of-org1.example"}]),
         before=(insert({"Last_Name": "Out", "Email": "out@customer-of-org1.example", "Email_Opt_Out": True}),), exactly=True,
         answer=item("NOT_ALLOWED", MAIL_OPTED_OUT, api_name="email", json_path="$.data[0].to[0].email")),
    Case(section="9.2", row="FILE_SIZE_EXCEEDS", what="attachments of more than 10 MB", status=400, before=(upload(10 * MIB + 1),), ask=mail(attachments=[{"id": "{got_id}"}]),
         answer={"data": [error("FILE_SIZE_EXCEEDS", "Total file(s) size should not exceed 10MB", size=10 * MIB + 1, api_name="attachments", json_path="$.data[0].attachments")]}),
    Case(section="9.2", row="CUSTOM_ERROR", what="no SMTP server", status=400, before=(insert({"Last_Name": "Ito", "Email": "ito@x.example"}, who="loner"),),
         ask=mail(f"{CONTACTS}/{{got_id}}", "loner", **{"from": {"email": "{address:loner}"}, "to": [{"email": "ito@x.example"}]}),
         answer=item("CUSTOM_ERROR", "There is no SMTP server configured for this from address", api_name="email", json_path="$.data[0].from.email")),
    Case(section="9.2", row="INVALID_REQUEST", what="eleven files", status=400, ask=upload(*(1,) * 11), exactly=True,
         answer=error("INVALID_REQUEST", "unable to process your request. please verify whether you have entered proper method name, parameter and parameter values.", limit=10)),
    Case(section="9.2", row="AUTHORIZATION_FAILED", what="what belongs to another user", status=400, ask=ask("GET", f"{SENDERS}?user_id={{colleague}}", who="standard"), exactly=True,
         answer=error("AUTHORIZATION_FAILED", "User does not have sufficient privilege to do this")),
    Case(section="9.2", row="failure_in_attachment_handling", what="no multipart", status=400, ask=ask("POST", "/bigin/v2/files", octets=b"x"),
         answer={"code": "failure_in_attachment_handling", "message": "Problem in uploading attachment. kindly upload the file properly"}),
    Case(section="9.2", row="CANNOT_PROCESS", what="a mail that was called back is called back", status=400, before=(mail(), ask("DELETE", f"{CONTACT}/Emails/{{got_message_id}}")),
         ask=ask("DELETE", f"{CONTACT}/Emails/{{got_Emails.0.details.message_id}}"), exactly=True,
         answer=error("CANNOT_PROCESS", "too late: the mail is being sent, or has been tried or settled")),
    Case(section="9.2", row="ALREADY_USED", what="by another mail", status=409, before=(keyed(),), ask=keyed(subject="Another"), exactly=True,
         answer=error("ALREADY_USED", "the idempotency key was used for another request", param_name="Idempotency-Key")),
    Case(section="9.2", row="INVALID_TOKEN", what="unknown", status=401, ask=Ask("GET", CONTACT, bearer="1000.a.b"), exactly=True, answer=error("INVALID_TOKEN", "invalid oauth token")),
    Case(section="9.2", row="OAUTH_SCOPE_MISMATCH", what="too narrow", status=401, ask=Ask("GET", CONTACT, bearer="{token:ZohoBigin.org.READ}"), exactly=True,
         answer=error("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")),
    Case(section="9.2", row="AUTHENTICATION_FAILURE", what="none", status=401, ask=NO_TOKEN, exactly=True, answer=error("AUTHENTICATION_FAILURE", "Authentication failed")),
    Case(section="9.2", row="NO_PERMISSION", what="many at once", status=403, ask=ask("DELETE", f"{CONTACTS}?ids=1", who="standard"), exactly=True,
         answer=error("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_Mass_Delete_Contacts"])),
    Case(section="9.2", row="FEATURE_NOT_SUPPORTED", what="400 for mail: an inventory", status=400, ask=mail(inventory_details={}), exactly=True,
         answer=item("FEATURE_NOT_SUPPORTED", "this feature is not supported", api_name="inventory_details", json_path="$.data[0].inventory_details")),
    Case(section="9.2", row="INVALID_URL_PATTERN", what="no such URL", status=404, ask=ask("GET", "/bigin/v2/settings/nothing"), exactly=True,
         answer=error("INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one")),
    Case(section="9.2", row="FILE_SIZE_MORE_THAN_ALLOWED_SIZE", what="a file of more than 20 MB", status=415, ask=upload(20 * MIB + 1), exactly=True,
         answer=error("FILE_SIZE_MORE_THAN_ALLOWED_SIZE", "Please check if the size of the file is in the correct range", limit=20 * MIB)),
    Case(section="9.2", row="TOO_MANY_REQUESTS", what="too many calls", status=429, settings=CREDITS, before=spent(12), ask=ORG, answer=OVER),
    Case(section="9.2", row="INTERNAL_ERROR", what="503: a file is out of reach", status=503, lost=True, before=(upload(1),), ask=ask("GET", "/bigin/v2/files?id={got_id}"), exactly=True,
         answer=error("INTERNAL_ERROR", "Internal Server Error")),
    # --- 9.3 details --------------------------------------------------------------------------------------------------
    Case(section="9.3", row="missing value", what="of the body", status=400, ask=ask("POST", CONTACTS, {}), answer={"details": {"api_name": "data", "json_path": "$.data"}}),
    Case(section="9.3", row="missing value", what="of an item", status=400, ask=insert({}), exactly=True,
         answer=item("MANDATORY_NOT_FOUND", "required field not found", api_name="Last_Name", json_path="$.data[0].Last_Name")),
    Case(section="9.3", row="wrong type", what="of the body", status=400, ask=ask("POST", CONTACTS, []), answer={"details": {"expected_data_type": "jsonobject"}}),
    Case(section="9.3", row="wrong type", what="of data", status=400, ask=ask("POST", CONTACTS, {"data": {}}), exactly=True,
         answer=error("INVALID_DATA", INVALID, expected_data_type="jsonarray", api_name="data", json_path="$.data")),
    Case(section="9.3", row="wrong value", what="none of those there are", status=400, ask=mail(mail_format="rtf"), exactly=True,
         answer=item("INVALID_DATA", INVALID, supported_values=["html", "text"], api_name="mail_format", json_path="$.data[0].mail_format")),
    Case(section="9.3", row="wrong id", what="one of several", status=400, ask=ask("DELETE", f"{CONTACTS}?ids=1"), exactly=True, answer=item("INVALID_DATA", WRONG_ID, id="1")),
    Case(section="9.3", row="wrong URL", what="the module", status=400, ask=ask("GET", "/bigin/v2/Nothings/1"), answer={"code": "INVALID_MODULE", "details": {"resource_path_index": 0}}),
    Case(section="9.3", row="wrong URL", what="the record", status=400, ask=mail(f"{CONTACTS}/1"), answer={"code": "INVALID_DATA", "details": {"resource_path_index": 1}}),
    Case(section="9.3", row="wrong parameter", what="a number that is none", status=400, ask=ask("GET", f"{CONTACTS}?fields=Last_Name&page=x"),
         answer={"code": "INVALID_DATA", "details": {"param_name": "page"}}),
    Case(section="9.3", row="wrong parameter", what="a module that is none", status=400, ask=ask("GET", "/bigin/v2/settings/fields?module=Nothings"),
         answer={"code": "INVALID_MODULE", "details": {"param_name": "module"}}),
    Case(section="9.3", row="missing parameter", what="the module", status=400, ask=ask("GET", "/bigin/v2/settings/fields"),
         answer={"code": "REQUIRED_PARAM_MISSING", "details": {"param_name": "module"}}),
    Case(section="9.3", row="missing parameter", what="ids", status=400, ask=ask("DELETE", CONTACTS), answer={"code": "REQUIRED_PARAM_MISSING", "details": {"param_name": "ids"}}),
    Case(section="9.3", row="too long, too short", what="a name", status=400, ask=insert({"Last_Name": "x" * 81}), exactly=True,
         answer=item("INVALID_DATA", INVALID, maximum_length=80, api_name="Last_Name", json_path="$.data[0].Last_Name")),
    Case(section="9.3", row="too long, too short", what="too many items", status=400, ask=insert(*[{}] * 101), exactly=True,
         answer=error("INVALID_DATA", INVALID, maximum_length=100, api_name="data", json_path="$.data")),
    Case(section="9.3", row="duplicate, not allowed, reserved word", what="a duplicate names its place", status=400, before=(insert(TAKEN | {"Email": "twice@x.example"}),),
         ask=insert(TAKEN | {"Email": "twice@x.example"}), answer=item("DUPLICATE_DATA", "duplicate data", **TAKEN_BY)),
    Case(section="9.3", row="permission", what="names the right", status=403, ask=ask("DELETE", f"{CONTACTS}?ids=1", who="standard"),
         answer={"details": {"permissions": ["Crm_Implied_Mass_Delete_Contacts"]}}),
    # --- 9.4 frequent texts -------------------------------------------------------------------------------------------
    Case(section="9.4", what="the id given seems to be invalid", status=400, ask=ask("DELETE", f"{CONTACTS}/1"), answer=item("INVALID_DATA", WRONG_ID, id="1")),
    # --- 10.1 credits -------------------------------------------------------------------------------------------------
    Case(section="10.1", row="free", what="the last credit is given", settings=CREDITS, before=spent(11), ask=ORG),
    Case(section="10.1", row="free", what="and no more", status=429, settings=CREDITS, before=spent(12), ask=ORG, answer=OVER),
    Case(section="10.1", row="free", what="a refused call costs nothing", settings=CREDITS, before=(*spent(11), VIEW, VIEW), ask=ORG),
    Case(section="10.1", row="free", what="in a day there are more", settings=CREDITS, before=spent(12), ask=LATER, minutes=25 * 60),
    Case(section="10.1", row="free", what="and not sooner", status=429, settings=CREDITS, before=spent(12), ask=LATER, minutes=22 * 60),
    Case(section="10.1", row="paid", what="each organisation has its own", settings=CREDITS, before=spent(12), ask=ask("GET", "/bigin/v2/org", who="neighbour")),
    Case(section="10.1", row="paid", what="though both use theirs up", status=429, settings=CREDITS, before=(*spent(12, "neighbour"), *spent(12)), ask=ORG, answer=OVER),
    Case(section="10.1", row="paid", what="without the setting there is no limit", before=spent(30), ask=ORG),
    Case(section="10.1", row="users, modules, fields", what="1", settings=CREDITS, before=(*spent(9), *(ask("GET", f"/bigin/v2/{path}", who="loner") for path in ("users", "settings/modules", "settings/fields?module=Contacts"))),
         ask=ORG, status=429),
    Case(section="10.1", row="users, modules, fields", what="and no more", settings=CREDITS, before=(*spent(8), *(ask("GET", f"/bigin/v2/{path}", who="loner") for path in ("users", "settings/modules", "settings/fields?module=Contacts"))),
         ask=ORG),
    Case(section="10.1", row="records with cvid", what="3 are not left", status=429, settings=CREDITS, before=spent(10), ask=VIEW, answer=OVER),
    Case(section="10.1", row="records with cvid", what="without it, 1", settings=CREDITS, before=spent(11), ask=LIST, status=204),
    Case(section="10.1", row="insert, update, upsert", what="10 records are 1", status=201, settings=CREDITS, before=spent(11), ask=insert(*TEN, who="loner")),
    Case(section="10.1", row="insert, update, upsert", what="11 are 2", status=429, settings=CREDITS, before=spent(11), ask=insert(*TEN, TEN[0], who="loner"), answer=OVER),
    Case(section="10.1", row="insert, update, upsert", what="100 are 10", status=201, settings=CREDITS, before=spent(2), ask=insert(*TEN * 10, who="loner")),
    Case(section="10.1", row="insert, update, upsert", what="and not fewer", status=429, settings=CREDITS, before=spent(3), ask=insert(*TEN * 10, who="loner"), answer=OVER),
    Case(section="10.1", row="insert, update, upsert", what="what is refused is not written", status=204, settings=CREDITS, before=(*spent(11), insert(*TEN, *TEN, who="loner", refused=True)), ask=LIST),
    Case(section="10.1", row="insert, update, upsert", what="an update likewise", status=429, settings=CREDITS, before=spent(11), answer=OVER,
         ask=ask("PUT", CONTACTS, {"data": [{"id": "1"}] * 11}, "loner")),
    Case(section="10.1", row="every other", what="1: from addresses", settings=CREDITS, before=spent(11), ask=ask("GET", SENDERS, who="loner")),
    Case(section="10.1", row="every other", what="1: a mail", status=429, settings=CREDITS, before=spent(12), ask=mail(f"{CONTACTS}/1", "loner"), answer=OVER),
    Case(section="10.1", row="every other", what="tokens cost nothing", settings=CREDITS, before=spent(12), ask=Ask("GET", "/oauth/serverinfo")),
    # --- 10.2 concurrency ---------------------------------------------------------------------------------------------
    Case(section="10.2", row="calls at a time", what="one beside another is too much", status=429, settings=ONE_CALL, beside=WAITING, ask=ORG, answer=OVER),
    Case(section="10.2", row="calls at a time", what="one after another is not", settings=ONE_CALL, before=spent(3), ask=ORG),
    Case(section="10.2", row="calls at a time", what="each organisation has its own", settings=ONE_CALL, beside=WAITING, ask=ask("GET", "/bigin/v2/org", who="neighbour")),
    Case(section="10.2", row="calls at a time", what="without the setting there is no limit", beside=WAITING, ask=ORG),
    Case(section="10.2", row="above that", what="429 in JSON", status=429, settings=ONE_CALL, beside=WAITING, ask=ORG, answer=OVER, headers={**JSON, "retry-after": "1"}),
    Case(section="10.2", row="details", what="of calls at once", status=429, settings=ONE_CALL, beside=WAITING, ask=ORG,
         answer={"details": {"trace_id": NUMBER, "retry_after": 1, "limit": 1, "window": 1}}),
    Case(section="10.2", row="details", what="of credits", status=429, settings=CREDITS, before=spent(12), ask=ORG,
         answer={"details": {"trace_id": NUMBER, "retry_after": NUMBER, "limit": 12, "window": 86_400}}),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case)
