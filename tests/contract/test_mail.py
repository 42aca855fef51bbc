"""The contract of Send mail: sections 1.0 to 1.8 of docs/reference/wire.md."""

import re
from dataclasses import replace
from typing import Any

from tests.contract.calls import DIGITS, ask, delete, done, get, post, refused, wrong
from tests.contract.case import Ask, Case
from tests.contract.mailing import (
    CLEO,
    COMPANY,
    CONTACT,
    DEAL,
    MAILED,
    OFFICE,
    PLAIN,
    SCOPES,
    STORED,
    by,
    filed,
    mail,
    mail_from,
    mail_without,
    send,
    upload,
)
from tests.contract.stage import Stage

MIB = 1024 * 1024
OPAQUE = re.compile(r"[0-9a-f]{64}")
SENT = done("Your mail has been sent successfully.", message_id=OPAQUE)
SCHEDULED = done("Your mail has been scheduled successfully.", message_id=OPAQUE)
INVALID, MISSING = "invalid data", "required field not found"
NOT_MINE = "Email can't be sent using this from address.Kindly check the allowed from address list"
OPTED_OUT = "You cannot send an email to this customer because this person has opted to stop the email communication"
USED_UP = "You have reached the daily mail usage limit for your organization."
RECORD_BLOCKED = "Email cannot be sent as record's email field contain one or more blocked emaill"
RECIPIENT_BLOCKED = "Email cannot be sent as recipient email's contain one or more blocked email"
NO_ADDRESS = "You cannot send email to this record as {} either primary or secondary email address"
UNCONFIRMED_ACCOUNT = (
    "Account confirmation required.Please confirm your account registration so that you can send emails"
)
UNCONFIRMED_ADDRESS = (
    "Email Confirmation Required.Please confirm your email associated to your account so that you can send emails"
)
NO_FILE, TOO_LARGE = "There is no file exists with the given id", "Total file(s) size should not exceed 10MB"
NO_COMPLIANCE = "You cannot send email to get consent from customer as Compliance settings is not enabled"
UNKNOWN, WRONG_ID = "the id given seems to be invalid", "the related id given seems to be invalid"
NO_DATA = refused("MANDATORY_NOT_FOUND", MISSING, api_name="data", json_path="$.data")
DENIED = refused("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_Send_Email_Contacts"])
NO_MODULE = refused("INVALID_MODULE", "the module name given seems to be invalid", resource_path_index=0)
OVER = {"code": "TOO_MANY_REQUESTS", "status": "error"}
NOWHERE = "/Contacts/1"
ZEROS = "0" * 64
TWO, SECOND = send(PLAIN, PLAIN), "{got_data.1.details.message_id}"
MUTE = {"Last_Name": "Mute"}
QUIET = {"Last_Name": "Quiet", "Email": "quiet{letters}@x.example", "Email_Opt_Out": True}
BLOCKED = {"email": "{blocked}", "reason": "hard bounce"}
BOUNCING = {"Last_Name": "Bouncing", "Email": "{blocked}"}
BOUNCING_DEAL = {"Deal_Name": "Bouncing", "Stage": "Qualification", "Contact_Name": {"id": STORED}}
ITO = {"Last_Name": "Ito", "Email": "ito@x.example"}
WITH_FILES = ({"id": "{got_data.0.details.id}"}, {"id": "{got_data.1.details.id}"})
FIFTY = [{"email": f"copy{n}@elsewhere.example"} for n in range(50)]
SPEND = replace(ask("GET", "/org"), bearer="{loner:ZohoBigin.org.ALL}")
IN_VAIN = replace(by("loner", mail("/Contacts/1")), refused=True)
CREDITS, ONE_CALL = {"credits_per_day": 12}, {"calls_at_once": 1}


def missing(path: str) -> dict[str, Any]:
    """A value that is not there."""
    return wrong("MANDATORY_NOT_FOUND", MISSING, path)


def invalid(path: str, **details: Any) -> dict[str, Any]:
    """A value that is wrong."""
    return wrong("INVALID_DATA", INVALID, path, **details)


def not_related(path: str) -> dict[str, Any]:
    """The id of a mail or a user that is not the right one."""
    return wrong("INVALID_DATA", WRONG_ID, path)


def undone(path: str) -> dict[str, Any]:
    """A key that is not served."""
    return wrong("FEATURE_NOT_SUPPORTED", "this feature is not supported", path)


def linked(module: str, number: str) -> dict[str, Any]:
    """A record that a mail is to be linked to."""
    return {"module": {"api_name": module}, "id": number}


def keyed(asked: Ask, key: str = "{letters}") -> Ask:
    """The same, under an idempotency key that no other case has."""
    return replace(asked, headers={"Idempotency-Key": key})


def body(octets: bytes) -> Ask:
    """A body as it is."""
    return replace(ask("POST", f"{CONTACT}/actions/send_mail", SCOPES), octets=octets)


# fmt: off
CASES = [
    # --- 1.0 the page itself ------------------------------------------------------------------------------------------
    Case(section="1.0", what="every key of the page at once", before=(upload(3),), items=(SCHEDULED,), exactly=True,
         ask=send(PLAIN | {"from": {**OFFICE, "user_name": "Office"}, "to": [{**CLEO, "user_name": "Cleo"}], "cc": [{"email": "a@b.example"}], "bcc": [{"email": "c@b.example"}], "reply_to": {"email": "d@b.example"},
                     "org_email": True, "scheduled_time": "{days:1}", "mail_format": "text", "attachments": [{"id": STORED}]})),
    Case(section="1.0", what="one scope is enough", ask=replace(mail(), bearer="{token:ZohoBigin.send_mail.all.CREATE}"), items=(SENT,), exactly=True),
    # --- 1.1 the request ----------------------------------------------------------------------------------------------
    Case(section="1.1", row="POST {api_domain}", what="there", ask=mail(), items=(SENT,), exactly=True),
    Case(section="1.1", row="POST {api_domain}", what="a method that it has not", status=400, ask=ask("PUT", f"{CONTACT}/actions/send_mail", SCOPES), exactly=True,
         answer=refused("INVALID_REQUEST_METHOD", "The http request method type is not a valid one"), headers={"allow": "OPTIONS, POST"}),
    *(
        Case(section="1.1", row="Modules", what=what, ask=mail(path), items=(SENT,), exactly=True)
        for what, path in (("Contacts", CONTACT), ("Accounts", COMPANY), ("Pipelines", DEAL), ("Deals of CRM", "/crm/v8/Deals/{deal}"), ("Deals of v1", "/bigin/v1/Deals/{deal}"))
    ),
    *(
        Case(section="1.1", row="Modules", what=f"not {path}", status=400, ask=mail(path), answer=NO_MODULE, exactly=True)
        for path in ("/Tasks/{contact}", "/Leads/{contact}", "/Deals/{deal}")
    ),
    Case(section="1.1", row="Body", what="a bare object", status=400, ask=replace(mail(), json=PLAIN), answer=NO_DATA, exactly=True),
    Case(section="1.1", row="Body", what="an empty data", status=400, ask=send(), answer=NO_DATA, exactly=True),
    Case(section="1.1", row="Body", what="no content type", ask=body(b'{"data":[{"from":{"email":"office@org1.example"},"to":[{"email":"cleo@customer-of-org1.example"}]}]}'), items=(SENT,), exactly=True),
    Case(section="1.1", row="One object", what="each is answered at its index", ask=send(PLAIN, PLAIN), items=(SENT, SENT), exactly=True),
    Case(section="1.1", row="One object", what="101 are too many", status=400, ask=send(*[{}] * 101), exactly=True,
         answer=refused("INVALID_DATA", INVALID, maximum_length=100, api_name="data", json_path="$.data")),
    # --- 1.2 the mail object ------------------------------------------------------------------------------------------
    Case(section="1.2", row="from", what="as it is named", before=(mail_from({**OFFICE, "user_name": "Front desk"}),), ask=filed(), items=({"from": {**OFFICE, "user_name": "Front desk"}},)),
    Case(section="1.2", row="from", what="as configured where it is not", before=(mail_from(OFFICE),), ask=filed(), items=({"from": {**OFFICE, "user_name": "Office"}},)),
    Case(section="1.2", row="from", what="in any case", ask=mail_from({"email": "OFFICE@{domain}"}), items=(SENT,), exactly=True),
    Case(section="1.2", row="from", what="without an address", status=400, ask=mail_from({"user_name": "Office"}), items=(missing("from.email"),), exactly=True),
    Case(section="1.2", row="from", what="no address", status=400, ask=mail_from({"email": "office"}), items=(invalid("from.email", expected_data_type="email"),), exactly=True),
    Case(section="1.2", row="from", what="a text", status=400, ask=mail_from("office@{domain}"), items=(invalid("from", expected_data_type="jsonobject"),), exactly=True),
    Case(section="1.2", row="from", what="256 characters of a name", status=400, ask=mail_from({**OFFICE, "user_name": "x" * 256}), items=(invalid("from.user_name", maximum_length=255),), exactly=True),
    Case(section="1.2", row="from", what="no second header line", status=400, ask=mail_from({**OFFICE, "user_name": "Office\r\nBcc: x@y.example"}), items=(invalid("from.user_name"),), exactly=True),
    Case(section="1.2", row="to", what="once each", before=(mail(to=[CLEO, {"email": "CLEO@customer-of-{domain}"}, {"email": "dahl@customer-of-{domain}"}]),), ask=filed(),
         items=({"to": [{**CLEO, "user_name": ""}, {"email": "dahl@customer-of-{domain}", "user_name": ""}]},)),
    Case(section="1.2", row="to", what="nobody", status=400, ask=mail(to=[]), items=(missing("to"),), exactly=True),
    Case(section="1.2", row="to", what="a stranger", status=400, ask=mail(to=[CLEO, {"email": "stranger@elsewhere.example"}]), exactly=True,
         items=(wrong("INVALID_DATA", "the recipient's address belongs to no record, user or sender of the organization", "to[1].email"),)),
    Case(section="1.2", row="cc", what="anybody", before=(mail(cc=[{"email": "c@elsewhere.example", "user_name": "C"}], bcc=[{"email": "b@elsewhere.example"}]),), ask=filed(),
         items=({"cc": [{"email": "c@elsewhere.example", "user_name": "C"}], "bcc": [{"email": "b@elsewhere.example", "user_name": ""}]},)),
    Case(section="1.2", row="cc", what="nobody", ask=mail(cc=[], bcc=None), items=(SENT,), exactly=True),
    Case(section="1.2", row="cc", what="no address", status=400, ask=mail(cc=[{"email": "a b@c.example"}]), items=(invalid("cc[0].email", expected_data_type="email"),), exactly=True),
    Case(section="1.2", row="reply_to", what="anybody", before=(mail(reply_to={"email": "answers@elsewhere.example"}),), ask=filed(), items=({"reply_to": {"email": "answers@elsewhere.example", "user_name": ""}},)),
    Case(section="1.2", row="reply_to", what="one and not several", status=400, ask=mail(reply_to=[CLEO]), items=(invalid("reply_to", expected_data_type="jsonobject"),), exactly=True),
    Case(section="1.2", row="org_email", what="the organisation's server", ask=mail(org_email=True), items=(SENT,), exactly=True),
    Case(section="1.2", row="org_email", what="a boolean", status=400, ask=mail(org_email="true"), items=(invalid("org_email", expected_data_type="boolean"),), exactly=True),
    Case(section="1.2", row="subject", what="as it is", before=(mail(subject="Grüße 👋"),), ask=filed(), items=({"subject": "Grüße 👋"},)),
    Case(section="1.2", row="subject", what="none", before=(mail_without("subject"),), ask=filed(), items=({"subject": ""},)),
    Case(section="1.2", row="subject", what="no second header line", status=400, ask=mail(subject="Hello\nBcc: x@y.example"), items=(invalid("subject"),), exactly=True),
    Case(section="1.2", row="content", what="as it is", before=(mail(content="<p>one\ntwo"),), ask=filed(), items=({"content": "<p>one\ntwo"},)),
    Case(section="1.2", row="content", what="none", before=(mail_without("content"),), ask=filed(), items=({"content": ""},)),
    Case(section="1.2", row="mail_format", what="html where nothing is said", before=(mail(),), ask=filed(), items=({"mail_format": "html"},)),
    Case(section="1.2", row="mail_format", what="text", before=(mail(mail_format="text"),), ask=filed(), items=({"mail_format": "text"},)),
    Case(section="1.2", row="mail_format", what="another", status=400, ask=mail(mail_format="markdown"), items=(invalid("mail_format", supported_values=["html", "text"]),), exactly=True),
    Case(section="1.2", row="attachments", what="go with it", before=(upload(3, 5), mail(attachments=WITH_FILES)), ask=filed(),
         items=({"has_attachment": True, "attachments": [{"id": OPAQUE, "name": "0.bin", "size": "3"}, {"id": OPAQUE, "name": "1.bin", "size": "5"}]},)),
    Case(section="1.2", row="attachments", what="no id", status=400, ask=mail(attachments=[{"id": "x"}]), items=(wrong("INVALID_DATA", NO_FILE, "attachments[0].id"),), exactly=True),
    Case(section="1.2", row="scheduled_time", what="then", before=(mail(scheduled_time="{days:1}"),), ask=filed(), items=({"time": "{days:1}", "status": [{"type": "scheduled"}], "sent": False},)),
    Case(section="1.2", row="scheduled_time", what="not in the past", status=400, ask=mail(scheduled_time="2001-01-01T00:00:00+00:00"), exactly=True,
         items=(wrong("INVALID_DATA", "the scheduled time is in the past", "scheduled_time"),)),
    Case(section="1.2", row="scheduled_time", what="not without an offset", status=400, ask=mail(scheduled_time="2100-01-01T00:00:00"), items=(invalid("scheduled_time", expected_data_type="datetime"),), exactly=True),
    Case(section="1.2", row="in_reply_to", what="a text", before=(TWO, mail(in_reply_to=SECOND)), ask=filed(), items=({"thread_id": SECOND, "subject": "Hello"},)),
    Case(section="1.2", row="in_reply_to", what="an object", before=(TWO, mail(in_reply_to={"message_id": SECOND, "owner": {"id": "{user}"}})), ask=filed(), items=({"thread_id": SECOND},)),
    Case(section="1.2", row="in_reply_to", what="a colleague's, on another record", before=(TWO, by("standard", mail(DEAL, in_reply_to={"message_id": SECOND}))), ask=filed(DEAL), items=({"thread_id": SECOND},)),
    Case(section="1.2", row="in_reply_to", what="a thread of its own without it", before=(TWO,), ask=get(f"{CONTACT}/Emails/{SECOND}", SCOPES), items=({"thread_id": SECOND, "has_thread_attachment": False},)),
    Case(section="1.2", row="in_reply_to", what="files of its answers", before=(TWO, upload(3), mail(in_reply_to=SECOND, attachments=[{"id": STORED}])), ask=get(f"{CONTACT}/Emails/{SECOND}", SCOPES),
         items=({"has_attachment": False, "has_thread_attachment": True},)),
    Case(section="1.2", row="in_reply_to", what="one that is still to leave", before=(mail(scheduled_time="{days:1}"),), ask=mail(in_reply_to=MAILED), items=(SENT,), exactly=True),
    Case(section="1.2", row="in_reply_to", what="one that was called back", before=(send(*[PLAIN | {"scheduled_time": "{days:1}"}] * 2), ask("DELETE", f"{CONTACT}/Emails/{SECOND}", SCOPES)), ask=mail(in_reply_to=SECOND), items=(SENT,), exactly=True),
    Case(section="1.2", row="in_reply_to", what="another's than was said", status=400, before=(mail(),), ask=mail(in_reply_to={"message_id": MAILED, "owner": {"id": "{colleague}"}}), items=(not_related("in_reply_to.owner.id"),), exactly=True),
    *(
        Case(section="1.2", row="in_reply_to", what=what, status=400, ask=mail(in_reply_to=given), items=(refusal,), exactly=True)
        for what, given, refusal in (
            ("an unknown mail", ZEROS, not_related("in_reply_to")),
            ("an unknown mail in an object", {"message_id": ZEROS}, not_related("in_reply_to.message_id")),
            ("the name in its header", "<1@x.example>", not_related("in_reply_to")),
            ("a number", 7, invalid("in_reply_to", expected_data_type="jsonobject")),
            ("a number in an object", {"message_id": 7}, invalid("in_reply_to.message_id", expected_data_type="string")),
            ("no mail", {"owner": {"id": "{user}"}}, missing("in_reply_to.message_id")),
            ("an owner without an id", {"message_id": ZEROS, "owner": {}}, missing("in_reply_to.owner.id")),
        )
    ),
    Case(section="1.2", row="consent_email", what="no settings of compliance", status=400, ask=mail(consent_email=True), items=(wrong("INVALID_DATA", NO_COMPLIANCE, "consent_email"),), exactly=True),
    Case(section="1.2", row="consent_email", what="false is none", ask=mail(consent_email=False), items=(SENT,), exactly=True),
    Case(section="1.2", row="data_subject_request", what="no settings of compliance", status=400, ask=mail(data_subject_request={"id": "7", "type": "access"}), exactly=True,
         items=(wrong("INVALID_DATA", NO_COMPLIANCE, "data_subject_request"),)),
    Case(section="1.2", row="data_subject_request", what="another type", status=400, ask=mail(data_subject_request={"id": "7", "type": "erase"}), exactly=True,
         items=(invalid("data_subject_request.type", supported_values=["access", "rectify", "export"]),)),
    Case(section="1.2", row="inventory_details", what="is not passed over", status=400, ask=mail(inventory_details={}), items=(undone("inventory_details"),), exactly=True),
    Case(section="1.2", row="linked_record", what="is shown with the mail", before=(mail(linked_record=linked("Pipelines", "{deal}")),), ask=filed(), items=({"linked_record": {"module": {"api_name": "Pipelines", "id": DIGITS}, "id": "{deal}", "name": "Big order"}},)),
    Case(section="1.2", row="linked_record", what="by the name that it has there", before=(mail(linked_record=linked("Deals", "{deal}")),), ask=get(f"/crm/v8{CONTACT}/Emails/{MAILED}", SCOPES), items=({"linked_record": {"module": {"api_name": "Deals", "id": DIGITS}, "id": "{deal}", "name": "Big order"}},)),
    Case(section="1.2", row="linked_record", what="is not the record it is filed under", before=(mail(linked_record=linked("Pipelines", "{deal}")),), ask=get(f"{CONTACT}/Emails", SCOPES), among={"message_id": MAILED}),
    *(
        Case(section="1.2", row="linked_record", what=what, status=400, ask=mail(linked_record=record), items=(fault,), exactly=True)
        for what, record, fault in (
            ("no id", linked("Accounts", "x"), wrong("INVALID_DATA", WRONG_ID, "linked_record.id")),
            ("no module", {"id": "{deal}"}, missing("linked_record.module")),
            ("a module without mails", linked("Tasks", "{deal}"), invalid("linked_record.module.api_name", supported_values=["Contacts", "Accounts", "Pipelines", "Deals"])),
        )
    ),
    Case(section="1.2", row="linked_record", what="another organisation's", status=400, before=(by("neighbour", post("/Accounts", {"Account_Name": "Theirs"})),), ask=mail(linked_record=linked("Accounts", STORED)),
         items=(wrong("INVALID_DATA", WRONG_ID, "linked_record.id"),), exactly=True),
    Case(section="1.2", row="linked_record", what="one that is not related", status=400, before=(post("/Contacts", MUTE),), ask=mail(linked_record=linked("Contacts", STORED)), items=(wrong("INVALID_DATA", WRONG_ID, "linked_record.id"),), exactly=True),
    Case(section="1.2", what="null is as good as absent", ask=mail(cc=None, reply_to=None, subject=None, content=None, attachments=None, scheduled_time=None, org_email=None, template=None), items=(SENT,), exactly=True),
    Case(section="1.2", what="other keys are passed over", ask=mail(paper_type="default", view_type="portrait"), items=(SENT,), exactly=True),
    Case(section="1.2", what="it is filed under the record of the URL", before=(mail(DEAL),), ask=filed(DEAL), items=({"linked_record": {"module": {"api_name": "Pipelines", "id": re.compile(r"\d+")}, "id": "{deal}", "name": "Big order"}},)),
    # --- 1.3 success --------------------------------------------------------------------------------------------------
    Case(section="1.3", what="sent", ask=mail(), answer={"data": [SENT]}, exactly=True),
    Case(section="1.3", what="scheduled", ask=mail(scheduled_time="{days:1}"), answer={"data": [SCHEDULED]}, exactly=True),
    Case(section="1.3", what="the id is that of the list", before=(mail(),), ask=get(f"{CONTACT}/Emails", SCOPES), among={"message_id": MAILED}),
    Case(section="1.3", what="both outcomes are 207", status=207, ask=send({"from": OFFICE}, PLAIN), items=(missing("to"), SENT), exactly=True),
    Case(section="1.3", what="failures alone are 400", status=400, ask=send({"from": OFFICE}, {"to": [CLEO]}), exactly=True,
         items=(missing("to"), wrong("MANDATORY_NOT_FOUND", MISSING, "from", at=1))),
    Case(section="1.3", what="who is blocked is left out and told", ask=mail(cc=[{"email": "{blocked}"}], bcc=[{"email": "a@b.example"}, {"email": "{blocked}"}]), exactly=True,
         items=(done("Your mail has been sent successfully.", message_id=OPAQUE, blocked_email_addresses=[BLOCKED]),)),
    Case(section="1.3", what="and gets nothing", before=(mail(to=[{"email": "{blocked}"}, CLEO], cc=[{"email": "{blocked}"}]),), ask=filed(), items=({"to": [{**CLEO, "user_name": ""}], "cc": []},)),
    # --- 1.4 errors by cause ------------------------------------------------------------------------------------------
    Case(section="1.4", row="MANDATORY_NOT_FOUND", what="no sender", status=400, ask=mail_without("from"), answer={"data": [missing("from")]}, exactly=True),
    Case(section="1.4", row="MANDATORY_NOT_FOUND", what="no recipient", status=400, ask=mail_without("to"), answer={"data": [missing("to")]}, exactly=True),
    *(
        Case(section="1.4", row="INVALID_DATA", what=what, status=400, before=(by("neighbour", post("/Contacts", ITO)),), ask=mail(path), answer=refused("INVALID_DATA", message, resource_path_index=1), exactly=True)
        for what, path, message in (
            ("no record", NOWHERE, UNKNOWN), ("a record of another module", "/Contacts/{company}", UNKNOWN),
            ("another organisation's record", f"/Contacts/{STORED}", UNKNOWN), ("no id of a record", "/Contacts/x", WRONG_ID),
        )
    ),
    Case(section="1.4", row="INVALID_DATA", what="nobody's address", status=400, ask=mail_from({"email": "ceo@{domain}"}), answer={"data": [wrong("INVALID_DATA", NOT_MINE, "from.email")]}, exactly=True),
    Case(section="1.4", row="INVALID_DATA", what="an unknown file", status=400, ask=mail(attachments=[{"id": ZEROS}]), answer={"data": [wrong("INVALID_DATA", NO_FILE, "attachments[0].id")]}, exactly=True),
    Case(section="1.4", row="NOT_ALLOWED", what="opt-out", status=400, before=(post("/Contacts", QUIET),), ask=mail(f"/Contacts/{STORED}", to=[{"email": QUIET["Email"]}]), items=(wrong("NOT_ALLOWED", OPTED_OUT, "to[0].email"),), exactly=True),
    Case(section="1.4", row="NOT_ALLOWED", what="a record without an address", status=400, before=(post("/Contacts", MUTE),), ask=mail(f"/Contacts/{STORED}"), items=({"code": "NOT_ALLOWED", "details": {}},)),
    Case(section="1.4", row="NOT_ALLOWED", what="a blocked address", status=400, ask=mail(to=[{"email": "{blocked}"}], cc=[CLEO]), items=({"code": "NOT_ALLOWED"},)),
    Case(section="1.4", row="LIMIT_EXCEEDED", what="the day's allowance", status=400, settings={"mails_per_day": 5}, before=(send(*[PLAIN] * 5),), ask=mail(), answer={"data": [refused("LIMIT_EXCEEDED", USED_UP, period="day", allowed_limit=5)]}, exactly=True),
    Case(section="1.4", row="FILE_SIZE_EXCEEDS", what="in all", status=400, before=(upload(5 * MIB, 5 * MIB + 1),), ask=mail(attachments=WITH_FILES), exactly=True,
         items=(wrong("FILE_SIZE_EXCEEDS", TOO_LARGE, "attachments", size=10 * MIB + 1),)),
    Case(section="1.4", row="CUSTOM_ERROR", what="no SMTP server", status=400, before=(by("loner", post("/Contacts", ITO)),), exactly=True,
         ask=by("loner", mail_from({"email": "{address:loner}"}, path=f"/Contacts/{STORED}", to=[{"email": ITO["Email"]}])),
         items=(wrong("CUSTOM_ERROR", "There is no SMTP server configured for this from address", "from.email"),)),
    Case(section="1.4", row="FEATURE_NOT_SUPPORTED", what="of CRM only", status=400, ask=mail(inventory_details={"id": "1"}), items=(undone("inventory_details"),), exactly=True),
    Case(section="1.4", row="NO_PERMISSION", what="a profile without the right", status=403, ask=by("powerless", mail()), answer=DENIED, exactly=True),
    # --- 1.5 the texts ------------------------------------------------------------------------------------------------
    Case(section="1.5", row="required field not found", what="of a recipient", status=400, ask=mail(to=[{"user_name": "Cleo"}]), items=(missing("to[0].email"),), exactly=True),
    Case(section="1.5", row="invalid data", what="of a recipient", status=400, ask=mail(to=[{"email": "cleo@"}]), items=(invalid("to[0].email", expected_data_type="email"),), exactly=True),
    Case(section="1.5", row=WRONG_ID, what="a mail that the record has not", status=400, before=(mail(DEAL),), ask=filed(), answer=refused("INVALID_DATA", WRONG_ID, resource_path_index=3), exactly=True),
    Case(section="1.5", row=NO_FILE, what="the second one", status=400, before=(upload(1),), ask=mail(attachments=[{"id": STORED}, {"id": ZEROS}]), items=(wrong("INVALID_DATA", NO_FILE, "attachments[1].id"),), exactly=True),
    Case(section="1.5", row=NOT_MINE, what="another user's", status=400, ask=by("standard", mail_from({"email": "ada@{domain}"})), items=(wrong("INVALID_DATA", NOT_MINE, "from.email"),), exactly=True),
    Case(section="1.5", row=NO_COMPLIANCE, what="whoever asks", status=400, ask=by("standard", mail(consent_email=True)), items=(wrong("INVALID_DATA", NO_COMPLIANCE, "consent_email"),), exactly=True),
    Case(section="1.5", row=OPTED_OUT, what="whatever the record", status=400, before=(post("/Contacts", QUIET),), ask=mail(DEAL, to=[CLEO, {"email": QUIET["Email"]}]), items=(wrong("NOT_ALLOWED", OPTED_OUT, "to[1].email"),), exactly=True),
    Case(section="1.5", row=OPTED_OUT, what="nor a copy", status=400, before=(post("/Contacts", {**QUIET, "Secondary_Email": "q{letters}@x.example"}),), ask=mail(cc=[{"email": "q{letters}@x.example"}]), items=(wrong("NOT_ALLOWED", OPTED_OUT, "cc[0].email"),), exactly=True),
    Case(section="1.5", row=NO_ADDRESS.format("it doesn't have"), what="a contact", status=400, before=(post("/Contacts", MUTE),), ask=mail(f"/Contacts/{STORED}"), exactly=True,
         items=(refused("NOT_ALLOWED", NO_ADDRESS.format("it doesn't have")),)),
    *(
        Case(section="1.5", row=NO_ADDRESS.format("associated contact doesn't have"), what=module, status=400, before=(post(f"/{module}", record),), ask=mail(f"/{module}/{STORED}"), exactly=True,
             items=(refused("NOT_ALLOWED", NO_ADDRESS.format("associated contact doesn't have")),))
        for module, record in (("Accounts", {"Account_Name": "Nobody's {letters}"}), ("Pipelines", {"Deal_Name": "Nobody's {letters}", "Stage": "Qualification"}))
    ),
    Case(section="1.5", row=RECORD_BLOCKED, what="a contact's own", status=400, before=(post("/Contacts", BOUNCING),), ask=mail(f"/Contacts/{STORED}", to=[{"email": "{blocked}"}]), exactly=True,
         items=(wrong("NOT_ALLOWED", RECORD_BLOCKED, "to[0].email", reason="hard bounce"),)),
    Case(section="1.5", row=RECORD_BLOCKED, what="of a deal its contact's", status=400, before=(post("/Contacts", BOUNCING), post("/Pipelines", BOUNCING_DEAL)), ask=mail(f"/Pipelines/{STORED}", to=[{"email": "{blocked}"}]), exactly=True,
         items=(wrong("NOT_ALLOWED", RECORD_BLOCKED, "to[0].email", reason="hard bounce"),)),
    Case(section="1.5", row=RECIPIENT_BLOCKED, what="another's", status=400, ask=mail(to=[{"email": "{blocked}"}]), items=(wrong("NOT_ALLOWED", RECIPIENT_BLOCKED, "to[0].email", reason="hard bounce"),), exactly=True),
    Case(section="1.5", row=USED_UP, what="one more than the day has", status=400, settings={"mails_per_day": 2}, before=(mail(), mail()), ask=mail(), items=(refused("LIMIT_EXCEEDED", USED_UP, period="day", allowed_limit=2),), exactly=True),
    Case(section="1.5", row=TOO_LARGE, what="of one file", status=400, before=(upload(10 * MIB + 1),), ask=mail(attachments=[{"id": STORED}]), items=({"code": "FILE_SIZE_EXCEEDS", "message": TOO_LARGE},)),
    Case(section="1.5", row=UNCONFIRMED_ACCOUNT, what="whatever the mail", status=403, ask=by("newcomer", mail()), answer=refused("NO_PERMISSION", UNCONFIRMED_ACCOUNT), exactly=True),
    Case(section="1.5", row=UNCONFIRMED_ADDRESS, what="of the sender", status=403, ask=by("agent", mail_from({"email": "{agents:waiting}"})), items=(wrong("NO_PERMISSION", UNCONFIRMED_ADDRESS, "from.email"),), exactly=True),
    Case(section="1.5", row="permission denied", what="before anything is looked at", status=403, ask=by("powerless", send()), answer=DENIED, exactly=True),
    Case(section="1.5", row="invalid oauth token", what="an unknown one", status=401, ask=replace(mail(), bearer="1000.a.b"), answer=refused("INVALID_TOKEN", "invalid oauth token"), exactly=True),
    Case(section="1.5", row="Please check if the URL", what="a word too much", status=404, ask=ask("POST", f"{CONTACT}/actions/send_mail/now", SCOPES), exactly=True,
         answer=refused("INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one")),
    Case(section="1.5", row="The http request method", what="to read what was sent", status=400, ask=get(f"{CONTACT}/actions/send_mail", SCOPES), exactly=True,
         answer=refused("INVALID_REQUEST_METHOD", "The http request method type is not a valid one")),
    # --- 1.6 the shapes -----------------------------------------------------------------------------------------------
    Case(section="1.6", row="the URL", what="the module", status=400, ask=mail("/Nothings/{contact}"), answer=NO_MODULE, exactly=True),
    Case(section="1.6", row="the URL", what="the record", status=400, ask=mail(NOWHERE), answer=refused("INVALID_DATA", UNKNOWN, resource_path_index=1), exactly=True),
    Case(section="1.6", row="a value", what="in data", status=400, ask=mail(to=[CLEO, {"email": "@"}]), exactly=True,
         answer={"data": [refused("INVALID_DATA", INVALID, expected_data_type="email", api_name="email", json_path="$.data[0].to[1].email")]}),
    Case(section="1.6", row="no value", what="flat", status=400, ask=replace(mail(), json={}), answer=NO_DATA, exactly=True),
    Case(section="1.6", row="no value", what="in data", status=400, ask=send(PLAIN | {"to": None}), answer={"data": [missing("to")]}, exactly=True),
    Case(section="1.6", row="its type", what="of the body", status=400, ask=replace(mail(), json=[]), answer=refused("INVALID_DATA", INVALID, expected_data_type="jsonobject"), exactly=True),
    Case(section="1.6", row="its type", what="no JSON", status=400, ask=body(b"data=x"), answer=refused("INVALID_DATA", INVALID, expected_data_type="jsonobject", reason="the body is not JSON"), exactly=True),
    Case(section="1.6", row="its type", what="a NUL", status=400, ask=body(b'{"data":"\\u0000"}'), answer=refused("INVALID_DATA", INVALID, reason="a text holds the character U+0000"), exactly=True),
    Case(section="1.6", row="its type", what="of data", status=400, ask=replace(mail(), json={"data": PLAIN}), exactly=True,
         answer=refused("INVALID_DATA", INVALID, expected_data_type="jsonarray", api_name="data", json_path="$.data")),
    Case(section="1.6", row="its type", what="of a mail", status=400, ask=replace(mail(), json={"data": ["x"]}), items=({"code": "INVALID_DATA", "details": {"expected_data_type": "jsonobject"}},)),
    Case(section="1.6", row="its type", what="of a key", status=400, ask=mail(to=CLEO), answer={"data": [invalid("to", expected_data_type="jsonarray")]}, exactly=True),
    Case(section="1.6", what="several faults of one mail", status=400, ask=mail(to=[], mail_format="rtf", subject=1), exactly=True,
         items=(wrong("MANDATORY_NOT_FOUND", MISSING, "to", errors=[invalid("subject", expected_data_type="string"), invalid("mail_format", supported_values=["html", "text"])]),)),
    # --- 1.7 limits ---------------------------------------------------------------------------------------------------
    Case(section="1.7", row="recipients of one list", what="50 of each", ask=mail(to=[CLEO] * 50, cc=FIFTY, bcc=FIFTY), items=(SENT,), exactly=True),
    *(
        Case(section="1.7", row="recipients of one list", what=f"51 of {name}", status=400, ask=send(PLAIN | {name: [CLEO] * 51}), items=(invalid(name, maximum_length=50),), exactly=True)
        for name in ("to", "cc", "bcc")
    ),
    Case(section="1.7", row="attachments", what="ten", before=(upload(*(1,) * 10),), ask=mail(attachments=[{"id": f"{{got_data.{n}.details.id}}"} for n in range(10)]), items=(SENT,), exactly=True),
    Case(section="1.7", row="attachments", what="eleven", status=400, ask=mail(attachments=[{"id": ZEROS}] * 11), items=(invalid("attachments", maximum_length=10),), exactly=True),
    Case(section="1.7", row="attachments", what="10 MB to the octet", before=(upload(10 * MIB),), ask=mail(attachments=[{"id": STORED}]), items=(SENT,), exactly=True),
    Case(section="1.7", row="one upload", what="20 MB and more than a mail holds", status=400, before=(upload(20 * MIB),), ask=mail(attachments=[{"id": STORED}]), items=(wrong("FILE_SIZE_EXCEEDS", TOO_LARGE, "attachments", size=20 * MIB),), exactly=True),
    Case(section="1.7", row="subject, content", what="as long as may be", ask=mail(subject="x" * 1000, content="x" * 100_000), items=(SENT,), exactly=True),
    Case(section="1.7", row="subject, content", what="a subject too long", status=400, ask=mail(subject="x" * 1001), items=(invalid("subject", maximum_length=1000),), exactly=True),
    Case(section="1.7", row="subject, content", what="a content too long", status=400, ask=mail(content="x" * 100_001), items=(invalid("content", maximum_length=100_000),), exactly=True),
    Case(section="1.7", row="mails a day", what="the first of several", status=207, settings={"mails_per_day": 3}, ask=send(PLAIN, {}, PLAIN, PLAIN, PLAIN),
         items=(SENT, {"code": "MANDATORY_NOT_FOUND"}, SENT, SENT, refused("LIMIT_EXCEEDED", USED_UP, period="day", allowed_limit=3))),
    Case(section="1.7", row="mails a day", what="a scheduled one counts, and one that is called back", status=400, settings={"mails_per_day": 1}, before=(mail(scheduled_time="{days:2}"), replace(delete(f"{CONTACT}/Emails/{MAILED}"), bearer=f"{{token:{SCOPES}}}")),
         ask=mail(), items=({"code": "LIMIT_EXCEEDED"},)),
    Case(section="1.7", row="mails a day", what="the next day has as many", settings={"mails_per_day": 4}, before=(send(*[PLAIN] * 4),), minutes=24 * 60, ask=replace(mail(), bearer=f"{{new_token:{SCOPES}}}"), items=(SENT,), exactly=True),
    Case(section="1.7", row="mails a day", what="without a limit as many as one likes", ask=send(*[PLAIN] * 100), items=(SENT,) * 100),
    Case(section="1.7", row="credits", what="1 for each call, whatever becomes of it", status=429, settings=CREDITS, before=(*(SPEND,) * 11, IN_VAIN), ask=SPEND, answer=OVER),
    Case(section="1.7", row="credits", what="and no more", settings=CREDITS, before=(*(SPEND,) * 10, IN_VAIN), ask=SPEND),
    Case(section="1.7", row="calls at a time", what="one beside another is too much", status=429, settings=ONE_CALL, beside=by("loner", ask("POST", "/Contacts/1/actions/send_mail")), ask=by("loner", mail(NOWHERE)), answer=OVER),
    Case(section="1.7", row="how far ahead", what="366 days", ask=mail(scheduled_time="{days:366}"), items=(SCHEDULED,), exactly=True),
    Case(section="1.7", row="how far ahead", what="and no more", status=400, ask=mail(scheduled_time="{days:367}"), exactly=True,
         items=(wrong("INVALID_DATA", "the scheduled time is too far ahead", "scheduled_time", maximum_days=366),)),
    # --- 1.8 sent once ------------------------------------------------------------------------------------------------
    Case(section="1.8", what="the same request is answered as the first time", before=(keyed(mail()),), ask=keyed(mail()), items=(done("Your mail has been sent successfully.", message_id=MAILED),), exactly=True),
    Case(section="1.8", what="however it is written", before=(keyed(mail()),), items=(done("Your mail has been sent successfully.", message_id=MAILED),),
         ask=keyed(body(b'{ "data" : [ { "content":"\\u003cp>Hello", "subject":"Hello", "to":[{"email":"cleo@customer-of-org1.example"}], "from":{"email":"office@org1.example"} } ] }'))),
    Case(section="1.8", what="another one is refused", status=409, before=(keyed(mail()),), ask=keyed(mail(subject="Another")), exactly=True,
         answer=refused("ALREADY_USED", "the idempotency key was used for another request", param_name="Idempotency-Key")),
    Case(section="1.8", what="so is the same to another record", status=409, before=(keyed(mail()),), ask=keyed(mail(DEAL)), answer={"code": "ALREADY_USED"}),
    Case(section="1.8", what="each user has their own", before=(keyed(mail()),), ask=keyed(by("standard", mail(subject="Another"))), items=(SENT,), exactly=True),
    Case(section="1.8", what="a refusal may be mended", before=(replace(keyed(mail(to=[])), refused=True),), ask=keyed(mail()), items=(SENT,), exactly=True),
    Case(section="1.8", what="some refused among others are answered again", status=207, before=(keyed(send({}, PLAIN)),), ask=keyed(send({}, PLAIN)),
         items=({"code": "MANDATORY_NOT_FOUND"}, done("Your mail has been sent successfully.", message_id="{got_data.1.details.message_id}"))),
    *(
        Case(section="1.8", what=f"no key: {what}", status=400, ask=keyed(mail(), key), exactly=True, answer=refused("INVALID_DATA", INVALID, param_name="Idempotency-Key"))
        for what, key in (("a blank", "a b"), ("256 characters", "x" * 256), ("nothing", ""))
    ),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case)
