"""The contract of the mails of a record: sections 8.1 to 8.5 of docs/reference/wire.md."""

import json
import re
from dataclasses import replace
from typing import Any

from tests.contract.actor import UPLOADED
from tests.contract.calls import ADA, DIGITS, MADE, MOMENT, ask, done, get, post, refused, wrong
from tests.contract.case import Ask, Case
from tests.contract.mailing import CLEO, COMPANY, CONTACT, DEAL, MAILED, OFFICE, SCOPES, by, filed, mail, mail_from
from tests.contract.stage import Stage

ZEROS = "0" * 64
OPAQUE = re.compile(r"[0-9a-f]{64}")
LATER = "{days:1}"
COPIED = {"user_name": "", "email": "copy@elsewhere.example"}
UNSEEN = {"user_name": "", "email": "unseen@elsewhere.example"}
FIRST = "{got_Emails.0.message_id}"
TO_CLEO, TO_COMPANY, TO_DEAL = mail(subject="contact"), mail(COMPANY, subject="company"), mail(DEAL, subject="deal")
WAITS = mail(scheduled_time=LATER, subject="waits")
EVERY = (TO_COMPANY, TO_DEAL, TO_CLEO, WAITS)
ELEVEN = tuple(mail(subject=str(n)) for n in range(11))
DOWNLOAD = f"{CONTACT}/Emails/actions/download_attachments"
UPLOAD = replace(ask("POST", "/files", SCOPES), upload="order.txt")
FILED_FILE = "{got_Emails.0.attachments.0.id}"
WITH_FILE = (UPLOAD, mail(attachments=[{"id": "{got_id}"}]), filed())
WRONG_ID, WRONG = "the related id given seems to be invalid", "invalid data"
TOO_LATE = refused("CANNOT_PROCESS", "too late: the mail is being sent, or has been tried or settled")
NOT_THEIRS = refused("AUTHORIZATION_FAILED", "User does not have sufficient privilege to do this")
NO_CHOICES: tuple[dict[str, Any], ...] = (
    {"state": []},
    {"state": ["sent"]},
    {"state": "queued"},
    {"from": "nobody"},
    {"to": "no domain"},
    {"index": "1"},
    {"due_before": "today"},
    {"dry_run": 1},
    {"record_id": "x"},
)
HELD = f"{CONTACT}/Emails/{MAILED}"
NOWHERE = refused("INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one")
QUIET = {"Last_Name": "Quiet", "Email": "quiet{letters}@x.example", "Email_Opt_Out": True}


def hand(action: str) -> Ask:
    """Something that is done to the mail that waits, which the first answer or the second names."""
    return ask("POST", f"{HELD}/actions/{action}", SCOPES)


def chosen(action: str, **item: Any) -> Ask:
    """Something that is done to all mails of a kind."""
    return replace(ask("POST", f"/Emails/actions/{action}", SCOPES), json={"data": [item]})


def met(message: str, count: int) -> dict[str, Any]:
    """What is told of mails that were met."""
    return done(message, count=count, being_sent=0, too_late=0, more_records=False, next_index=None)


def emails(path: str = CONTACT, **query: str) -> Ask:
    """A page of a record's mails."""
    return get(f"{path}/Emails", SCOPES, **query)


def titled(*subjects: str) -> tuple[dict[str, str], ...]:
    """Entries with these subjects."""
    return tuple({"subject": each} for each in subjects)


def only(field: str, value: str) -> str:
    """A filter."""
    return json.dumps({"comparator": "equal", "field": {"api_name": field}, "value": value})


def not_that(name: str, message: str = WRONG, **details: Any) -> dict[str, Any]:
    """The refusal of a parameter."""
    return refused("INVALID_DATA", message, param_name=name, **details)


def of_the_url(index: int) -> dict[str, Any]:
    """The refusal of a part of the URL."""
    return refused("INVALID_DATA", WRONG_ID, resource_path_index=index)


def download(**query: str) -> Ask:
    """A file of a mail."""
    return get(DOWNLOAD, SCOPES, **query)


def moved(*items: Any) -> Ask:
    """Another time for the mail that was accepted last."""
    return replace(ask("PUT", HELD, SCOPES), json={"Emails": list(items)})


# fmt: off
CASES = [
    # --- which mails --------------------------------------------------------------------------------------------------
    Case(section="8.1", row="no type", what="of a contact", before=EVERY, ask=emails(), items=titled("waits", "contact")),
    Case(section="8.1", row="no type", what="of a company: its own and its contacts'", before=EVERY, ask=emails(COMPANY), items=titled("waits", "contact", "company")),
    Case(section="8.1", row="no type", what="of a deal: its own and its contact's", before=EVERY, ask=emails(DEAL), items=titled("waits", "contact", "deal")),
    Case(section="8.1", row="no type", what="not of a contact that left the company", before=(TO_CLEO, replace(ask("DELETE", f"{COMPANY}/Contacts/{{contact}}"), json=None)), ask=emails(COMPANY), status=204),
    Case(section="8.1", row="no type", what="204 where there are none", ask=emails(), status=204),
    Case(section="8.1", row="no type", what="Deals elsewhere", before=(TO_DEAL,), ask=get("/crm/v8/Deals/{deal}/Emails", SCOPES), items=titled("deal")),
    Case(section="8.1", row="sent_from_crm", what="those of a company's contacts too", before=EVERY, ask=emails(COMPANY, type="sent_from_crm"), items=titled("contact", "company")),
    Case(section="8.1", row="scheduled_in_crm", what="those of a deal's contact too", before=EVERY, ask=emails(DEAL, type="scheduled_in_crm"), items=titled("waits")),
    Case(section="8.1", row="drafts", what="none", before=EVERY, ask=emails(type="drafts"), status=204),
    Case(section="8.1", row="user_emails", what="the caller's", before=EVERY, ask=emails(type="user_emails"), items=titled("contact")),
    Case(section="8.1", row="user_emails", what="another's are none of the caller's", before=EVERY, ask=by("standard", emails(type="user_emails")), status=204),
    Case(section="8.1", row="all_contacts_sent_crm_emails", what="without the company's own", before=EVERY, ask=emails(COMPANY, type="all_contacts_sent_crm_emails"), items=titled("contact")),
    *(
        Case(section="8.1", row=name, what=f"not of {path}", ask=emails(path, type=name), status=400, answer=not_that("type"), exactly=True)
        for path in (CONTACT, DEAL) for name in ("all_contacts_sent_crm_emails", "all_contacts_scheduled_crm_emails", "all_contacts_draft_crm_emails")
    ),
    Case(section="8.1", row="all_contacts_scheduled_crm_emails", what="without the company's own", before=(mail(COMPANY, scheduled_time=LATER), WAITS), ask=emails(COMPANY, type="all_contacts_scheduled_crm_emails"), items=titled("waits")),
    Case(section="8.1", row="all_contacts_draft_crm_emails", what="none", before=EVERY, ask=emails(COMPANY, type="all_contacts_draft_crm_emails"), status=204),
    Case(section="8.1", row="owner_id", what="an Administrator asks for another's", before=EVERY, ask=emails(type="user_emails", owner_id="{colleague}"), status=204),
    Case(section="8.1", row="owner_id", what="one's own", before=EVERY, ask=emails(DEAL, type="user_emails", owner_id="{user}"), items=titled("contact", "deal")),
    Case(section="8.1", row="owner_id", what="a Standard user asks for another's", ask=by("standard", emails(type="user_emails", owner_id="{user}")), status=400, exactly=True,
         answer=refused("AUTHORIZATION_FAILED", "User does not have sufficient privilege to do this")),
    *(
        Case(section="8.1", row="owner_id", what=what, ask=emails(**query), status=400, answer=not_that("owner_id"), exactly=True)
        for what, query in (
            ("with no type", {"owner_id": "{user}"}), ("with another type", {"owner_id": "{user}", "type": "sent_from_crm"}), ("no id", {"owner_id": "me", "type": "user_emails"}),
            ("of another organisation", {"owner_id": "{foreign_user}", "type": "user_emails"}),
        )
    ),
    Case(section="8.1", row="index", what="the next page", before=(*ELEVEN, emails()), ask=emails(index="{got_info.next_index}"), items=titled("0"), info={"count": 1, "more_records": False, "next_index": None}),
    Case(section="8.1", row="index", what="and back", before=(*ELEVEN, emails(), emails(index="{got_info.next_index}")), ask=emails(index="{got_info.prev_index}"), items=titled(*map(str, range(10, 0, -1))),
         info={"prev_index": "0", "more_records": True, "count": 10}),
    Case(section="8.1", row="index", what="a mail that is sent meanwhile moves nothing", before=(*ELEVEN, emails(), TO_CLEO), ask=emails(index="{got_info.next_index}"), items=titled("0")),
    *(
        Case(section="8.1", row="index", what=f"not {index}", ask=emails(index=index), status=400, answer=not_that("index"), exactly=True)
        for index in ("10", "-1", "x", ZEROS, f"--{ZEROS}")
    ),
    *(
        Case(section="8.1", row="filter", what=f"by {name}", before=(mail(subject="this", cc=[COPIED]), mail_from({"email": "ada@{domain}"}, subject="that", to=[{"email": "dahl@customer-of-{domain}"}])),
             ask=emails(filter=only(name, value)), items=titled(*found))
        for name, value, *found in (
            ("subject", "this", "this"), ("from", "OFFICE@{domain}", "this"), ("to", "Dahl@customer-of-{domain}", "that"), ("cc", COPIED["email"], "this"), ("owner", "{user}", "that", "this"),
        )
    ),
    Case(section="8.1", row="filter", what="by owner, the id a number", before=(TO_CLEO,), ask=emails(filter=only("owner", "{user}").replace('"{user}"', "{user}")), items=({"owner": ADA},)),
    Case(section="8.1", row="filter", what="a list of one", before=EVERY, ask=emails(filter=f"[{only('subject', 'waits')}]"), items=titled("waits")),
    Case(section="8.1", row="filter", what="nothing has it", before=EVERY, ask=emails(COMPANY, filter=only("subject", "wait")), status=204),
    *(
        Case(section="8.1", row="filter", what=what, ask=emails(filter=text), status=400, answer=not_that("filter"), exactly=True)
        for what, text in (
            ("no JSON", "subject"), ("an empty list", "[]"), ("a list of two", f"[{only('subject', 'a')},{only('subject', 'b')}]"), ("another field", only("time", "a")), ("another comparator", only("subject", "a").replace("equal", "in")),
            ("no value", json.dumps({"comparator": "equal", "field": {"api_name": "subject"}})), ("no address", only("to", "a")), ("no id", only("owner", "me")), ("a NUL", only("subject", "\0")), ("a number for a text", only("subject", "1").replace('"1"', "1")),
        )
    ),
    # --- how they are shown -------------------------------------------------------------------------------------------
    Case(section="8.1", row="info", what="of the only page", before=(TO_CLEO,), ask=emails(), info={"per_page": 10, "count": 1, "next_index": None, "prev_index": "0", "more_records": False}),
    Case(section="8.1", row="info", what="of the first page", before=ELEVEN, ask=emails(), info={"per_page": 10, "count": 10, "next_index": OPAQUE, "prev_index": "0", "more_records": True}),
    Case(section="8.1", row="message_id, subject, from, to, cc", what="as they were sent", before=(mail(cc=[COPIED], bcc=[UNSEEN]),), ask=emails(),
         items=({"message_id": MAILED, "subject": "Hello", "from": {"user_name": "Office", **OFFICE}, "to": [{"user_name": "", **CLEO}], "cc": [COPIED], "bcc": [UNSEEN]},)),
    Case(section="8.1", row="owner", what="the sender", before=(TO_CLEO,), ask=emails(), items=({"owner": ADA},)),
    Case(section="8.1", row="time", what="of one that waits", before=(WAITS,), ask=emails(), items=({"time": MOMENT},)),
    Case(section="8.1", row="sent", what="not yet", before=(TO_CLEO,), ask=emails(), items=({"sent": False},)),
    Case(section="8.1", row="read", what="true", before=(TO_CLEO,), ask=emails(), items=({"read": True},)),
    Case(section="8.1", row="source", what="individual", before=(TO_CLEO,), ask=emails(), items=({"source": "individual"},)),
    Case(section="8.1", row="has_attachment", what="with a file and without", before=(*WITH_FILE[:2], TO_CLEO), ask=emails(), items=({"has_attachment": False}, {"has_attachment": True})),
    *(
        Case(section="8.1", row="linked_record", what=f"{name} in the list of {path}", before=(asked,), ask=emails(path), items=({"linked_record": {"module": {"api_name": name, "id": DIGITS}, "id": number, "name": shown}},))
        for path, asked, name, number, shown in (
            (COMPANY, TO_COMPANY, "Accounts", "{company}", "Northwind"), (COMPANY, TO_CLEO, "Contacts", "{contact}", "Cleo Dahl"), (DEAL, TO_CLEO, "Contacts", "{contact}", "Cleo Dahl"), (DEAL, TO_DEAL, "Pipelines", "{deal}", "Big order"),
        )
    ),
    Case(section="8.1", row="related_to_record", what="true", before=(TO_CLEO,), ask=emails(), items=({"related_to_record": True},)),
    Case(section="8.1", row="summary, intent, sentiment_info, emotion", what="null", before=(TO_CLEO,), ask=emails(), items=({"summary": None, "intent": None, "sentiment_info": None, "emotion": None},)),
    Case(section="8.1", row="status", what="queued and scheduled", before=(TO_CLEO, WAITS), ask=emails(), items=({"status": [{"type": "scheduled"}]}, {"status": [{"type": "queued"}]})),
    # --- one ----------------------------------------------------------------------------------------------------------
    Case(section="8.1", row="content, mail_format", what="only of one", before=(mail(content="Hello", mail_format="text"),), ask=filed(), items=({"content": "Hello", "mail_format": "text"},)),
    Case(section="8.1", row="attachments", what="of one", before=WITH_FILE[:2], ask=filed(), items=({"attachments": [{"id": OPAQUE, "name": "order.txt", "size": str(len(UPLOADED))}]},)),
    Case(section="8.1", row="reply_to", what="given", before=(mail(reply_to=COPIED),), ask=filed(), items=({"reply_to": COPIED},)),
    Case(section="8.1", row="sent_time", what="not yet", before=(TO_CLEO,), ask=filed(), items=({"sent_time": None},)),
    Case(section="8.1", row="thread_id", what="of the first", before=(TO_CLEO,), ask=filed(), items=({"thread_id": MAILED},)),
    Case(section="8.1", row="editable, activity_info", what="of one", before=(TO_CLEO,), ask=filed(), items=({"editable": False, "activity_info": None},)),
    *(Case(section="8.1", what=f"a contact's under {path}", before=(TO_CLEO,), ask=filed(path), items=titled("contact")) for path in (COMPANY, DEAL)),
    Case(section="8.1", what="a contact's under the company is called back there", before=(WAITS,), ask=ask("DELETE", f"{COMPANY}/Emails/{MAILED}", SCOPES), items=(done("mail cancelled", message_id=MAILED),)),
    # --- its files ----------------------------------------------------------------------------------------------------
    Case(section="8.1", row="message_id", what="the bytes", before=WITH_FILE, ask=download(message_id=FIRST, id=FILED_FILE, user_id="{user}", name="order.txt"), body=UPLOADED,
         headers={"content-type": "application/x-download", "content-disposition": "attachment; filename=\"order.txt\"; filename*=UTF-8''order.txt"}),
    Case(section="8.1", row="message_id", what="a contact's under the company", before=WITH_FILE, ask=get(DOWNLOAD.replace(CONTACT, COMPANY), SCOPES, message_id=FIRST, id=FILED_FILE), body=UPLOADED),
    Case(section="8.1", row="message_id", what="another list's", status=400, before=(UPLOAD, mail(COMPANY, attachments=[{"id": "{got_id}"}]), filed(COMPANY)), ask=download(message_id=FIRST, id=FILED_FILE), answer=not_that("message_id"), exactly=True),
    *(
        Case(section="8.1", row="message_id", what=f"not {number}", status=400, before=WITH_FILE, ask=download(message_id=number, id=FILED_FILE), answer=not_that("message_id"), exactly=True)
        for number in (ZEROS, "1")
    ),
    Case(section="8.1", row="id", what="not in this mail", status=400, before=(UPLOAD, TO_CLEO), ask=download(message_id=MAILED, id=ZEROS), answer=not_that("id", "There is no file exists with the given id"), exactly=True),
    Case(section="8.1", row="id", what="no id", status=400, before=WITH_FILE, ask=download(message_id=FIRST, id="1"), answer=not_that("id"), exactly=True),
    Case(section="8.1", row="user_id", what="left out", before=WITH_FILE, ask=download(message_id=FIRST, id=FILED_FILE, name="order.txt"), body=UPLOADED),
    Case(section="8.1", row="name", what="another", before=WITH_FILE, ask=download(message_id=FIRST, id=FILED_FILE, name="x"), body=UPLOADED),
    # --- refusals -----------------------------------------------------------------------------------------------------
    *(
        Case(section="8.1", row="INVALID_MODULE", what=name, status=400, ask=emails(f"/{name}/1"), exactly=True, answer=refused("INVALID_MODULE", "the module name given seems to be invalid", resource_path_index=0))
        for name in ("Products", "Nothings", "Deals")
    ),
    *(
        Case(section="8.1", row='INVALID_DATA, {"resource_path_index":…}', what=f"{asked.path}", status=400, before=(TO_COMPANY,), ask=asked, answer=of_the_url(index), exactly=True)
        for index, asked in (
            (1, emails("/Contacts/1")), (1, emails("/Contacts/x")), (1, emails("/Contacts/{foreign_contact}")), (1, emails("/Accounts/{contact}")), (1, get("/Contacts/{foreign_contact}/Emails/actions/download_attachments", SCOPES, message_id=ZEROS, id=ZEROS)),
            (3, get(f"{CONTACT}/Emails/{ZEROS}", SCOPES)), (3, get(f"{CONTACT}/Emails/1", SCOPES)), (3, filed()), (3, filed(DEAL)),
        )
    ),
    Case(section="8.1", row='INVALID_DATA, {"param_name":…}', what="type", status=400, ask=emails(type="all"), answer={"code": "INVALID_DATA", "message": WRONG, "status": "error"}),
    *(
        Case(section="8.1", row="MANDATORY_NOT_FOUND", what=name, status=400, ask=download(**query), exactly=True, answer=refused("MANDATORY_NOT_FOUND", "required field not found", param_name=name))
        for name, query in (("message_id", {"id": ZEROS}), ("id", {"message_id": ZEROS}))
    ),
    Case(section="8.1", row="CANNOT_PROCESS", what="called back twice", status=400, before=(WAITS, ask("DELETE", HELD, SCOPES)), ask=ask("DELETE", f"{CONTACT}/Emails/{{got_Emails.0.details.message_id}}", SCOPES), answer=TOO_LATE, exactly=True),
    Case(section="8.1", row="NO_PERMISSION", what="a profile that allows nothing", status=403, ask=by("powerless", emails()), exactly=True, answer=refused("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_View_Contacts"])),
    # --- neighbours ---------------------------------------------------------------------------------------------------
    *(
        Case(section="8.2", what=f"not there: {path}", status=404, ask=get(path, SCOPES), answer=NOWHERE, exactly=True)
        for path in (f"{CONTACT}/Emails/actions/download_inline_images", "/settings/compose")
    ),
    # --- the product --------------------------------------------------------------------------------------------------
    Case(section="8.3", row="Contacts carry", what="opted out", status=400, before=(post("/Contacts", QUIET),), ask=mail(f"/Contacts/{MADE}", to=[{"email": "quiet{letters}@x.example"}]),
         items=(wrong("NOT_ALLOWED", "You cannot send an email to this customer because this person has opted to stop the email communication", "to[0].email"),)),
    Case(section="8.3", row="Secondary_Email", what="is written to", before=(mail(to=[{"email": "dahl@customer-of-{domain}"}]),), ask=emails(), items=titled("Hello")),
    Case(section="8.3", row="Unsubscribed_Mode", what="of a contact", ask=get(CONTACT), items=({"Unsubscribed_Mode": None, "Unsubscribed_Time": None},)),
    Case(section="8.3", row="a sender whose domain", what="stays", before=(TO_CLEO,), ask=filed(), items=({"from": {"user_name": "Office", **OFFICE}},)),
    # --- still to leave -----------------------------------------------------------------------------------------------
    Case(section="8.4", row="DELETE", what="mail cancelled", before=(WAITS,), ask=ask("DELETE", HELD, SCOPES), items=(done("mail cancelled", message_id=MAILED),), exactly=True),
    Case(section="8.4", row="DELETE", what="and is shown so", before=(WAITS, ask("DELETE", HELD, SCOPES)), ask=emails(), items=({"status": [{"type": "cancelled"}]},)),
    Case(section="8.4", row="DELETE", what="without the right", status=403, before=(WAITS,), ask=by("powerless", ask("DELETE", HELD, SCOPES)), answer={"code": "NO_PERMISSION"}),
    Case(section="8.4", row="PUT", what="mail rescheduled", before=(WAITS,), ask=moved({"scheduled_time": "{days:2}"}), items=(done("mail rescheduled", message_id=MAILED),), exactly=True),
    Case(section="8.4", row="PUT", what="without a time", status=400, before=(WAITS,), ask=moved({}), items=({"code": "MANDATORY_NOT_FOUND", "details": {"api_name": "scheduled_time", "json_path": "$.Emails[0].scheduled_time"}},)),
    Case(section="8.4", row="POST /{module}/{id}/Emails/{message_id}/actions/send_now", what="mail queued", before=(WAITS,), ask=ask("POST", f"{HELD}/actions/send_now", SCOPES), items=(done("mail queued", message_id=MAILED),), exactly=True),
    Case(section="8.4", row="POST /{module}/{id}/Emails/{message_id}/actions/send_now", what="another organisation's", status=400, before=(WAITS,), ask=by("loner", ask("POST", f"{HELD}/actions/send_now", SCOPES)), answer={"code": "INVALID_DATA"}),
    *(
        Case(section="8.4", row=row, what="of a record that is gone, as GET", status=400, before=(WAITS, ask("DELETE", CONTACT, SCOPES)), ask=asked, exactly=True,
             answer=of_the_url(1))
        for row, asked in (("DELETE", ask("DELETE", HELD, SCOPES)), ("PUT", moved({"scheduled_time": "{days:2}"})), ("POST /{module}/{id}/Emails/{message_id}/actions/send_now", ask("POST", f"{HELD}/actions/send_now", SCOPES)))
    ),
    *(
        Case(section="8.4", row=f"POST /{{module}}/{{id}}/Emails/{{message_id}}/actions/{action}", what=what, before=(WAITS, *before), ask=hand(action), items=(done(told, message_id=OPAQUE),), exactly=True)
        for action, what, told, before in (
            ("hold", "mail held", "mail held", ()), ("hold", "held already", "mail held", (hand("hold"),)), ("release", "mail released", "mail released", (hand("hold"),)),
            ("release", "not held", "mail released", ()), ("retry", "mail queued", "mail queued", ()), ("retry", "a held one", "mail queued", (hand("hold"),)),
        )
    ),
    Case(section="8.4", row="POST /{module}/{id}/Emails/{message_id}/actions/hold", what="and is shown so", before=(WAITS, hand("hold")), ask=emails(), items=({"status": [{"type": "held"}]},)),
    *(
        Case(section="8.4", what=f"a colleague's, by nobody who manages users, {asked.method}", status=400, before=(WAITS,), ask=by("standard", asked), answer=NOT_THEIRS, exactly=True)
        for asked in (ask("DELETE", HELD, SCOPES), ask("POST", f"{HELD}/actions/hold", SCOPES))
    ),
    # --- chosen -------------------------------------------------------------------------------------------------------
    Case(section="8.5", row="POST /Emails/actions/hold", what="what waits", before=(WAITS, TO_CLEO), ask=chosen("hold", state=["scheduled"]), answer={"data": [met("mails held", 1)]}, exactly=True),
    Case(section="8.5", row="POST /Emails/actions/hold", what="only counted", before=(WAITS, WAITS), ask=chosen("hold", state=["scheduled", "queued"], dry_run=True, to="customer-of-{domain}"), answer={"data": [met("mails found", 2)]}, exactly=True),
    Case(section="8.5", row="POST /Emails/actions/release", what="what was held", before=(WAITS, hand("hold")), ask=chosen("release", state=["held"], subject="WAIT"), answer={"data": [met("mails released", 1)]}, exactly=True),
    Case(section="8.5", row="POST /Emails/actions/cancel", what="and is shown so", before=(WAITS, chosen("cancel", state=["scheduled"], record_id="{contact}")), ask=emails(), items=({"status": [{"type": "cancelled"}]},)),
    Case(section="8.5", row="POST /Emails/actions/retry", what="nothing failed", before=(WAITS,), ask=chosen("retry", state=["failed"]), answer={"data": [met("mails queued", 0)]}, exactly=True),
    Case(section="8.5", row="POST /Emails/actions/reschedule", what="and is shown so", before=(WAITS, chosen("reschedule", state=["scheduled"], scheduled_time="{days:3}")), ask=emails(), items=({"time": "{days:3}"},)),
    Case(section="8.5", row="POST /Emails/actions/reschedule", what="without a time", status=400, ask=chosen("reschedule", state=["scheduled"]), items=({"code": "MANDATORY_NOT_FOUND", "details": {"api_name": "scheduled_time", "json_path": "$.data[0].scheduled_time"}},)),
    Case(section="8.5", what="another organisation's are not met", before=(WAITS,), ask=by("loner", chosen("cancel", state=["scheduled"])), answer={"data": [met("mails cancelled", 0)]}, exactly=True),
    Case(section="8.5", what="a colleague's are not met", before=(WAITS,), ask=by("standard", chosen("cancel", state=["scheduled"])), answer={"data": [met("mails cancelled", 0)]}, exactly=True),
    Case(section="8.5", what="a colleague's by their id", status=400, ask=by("standard", chosen("cancel", state=["scheduled"], user_id="{user}")), answer=NOT_THEIRS, exactly=True),
    *(
        Case(section="8.5", what=f"not {bad}", status=400, ask=chosen("cancel", **{"state": ["queued"], **bad}), items=({"status": "error"},))
        for bad in NO_CHOICES
    ),
    Case(section="8.5", what="an index of no mail", status=400, ask=chosen("cancel", state=["queued"], index=ZEROS), answer={"code": "INVALID_DATA"}),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case, alone=True)
