"""The mail object of send mail, read into a draft or into every fault of it (wire reference 1)."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.draft import Draft, Format, Linked
from postroom.mail.limits import CONTENT_CHARACTERS, SUBJECT_CHARACTERS
from postroom.web.api.wire.mail import read_send

FROM = {"user_name": "Owner", "email": "owner@example.com"}
TO = [{"user_name": "Rita", "email": "rita@example.net"}]

NO_IDS: Final[tuple[object, ...]] = ("", "x", "0", -1, True, 1.5, [], {}, "9" * 20, 2**63)


LEADS, DEALS = {"api_name": "Leads", "id": "1"}, {"api_name": "Deals", "id": "1"}


def read(**keys: Any) -> Draft | tuple[Fault, ...]:
    """What one object of ``data`` reads as, ``from`` and ``to`` being given."""
    return read_send({"data": [{"from": FROM, "to": TO} | keys]})[0]


def good(**keys: Any) -> Draft:
    draft = read(**keys)
    assert isinstance(draft, Draft)
    return draft


def test_every_key_of_the_page_is_read() -> None:
    draft = good(
        cc=[{"email": "c@example.net"}],
        bcc=[{"user_name": None, "email": "b@example.net"}],
        reply_to={"user_name": "Desk", "email": "desk@example.com"},
        org_email=True,
        scheduled_time="2026-02-27T19:30:12+05:30",
        subject="Offer",
        content="<b>Hi</b>",
        mail_format="html",
        attachments=[{"id": "AB" * 32}],
        template={"id": "4876876000000650001", "name": "Welcome"},
        linked_record={"module": DEALS, "id": "7", "name": "Big order"},
    )
    assert (draft.sender.name, str(draft.sender.address)) == ("Owner", "owner@example.com")
    assert [str(each.address) for each in (*draft.to, *draft.cc, *draft.bcc)] == [
        "rita@example.net",
        "c@example.net",
        "b@example.net",
    ]
    assert draft.reply_to is not None
    assert draft.reply_to.name == "Desk"
    assert (draft.through_org, draft.subject, draft.content, draft.format) == (True, "Offer", "<b>Hi</b>", Format.HTML)
    assert draft.linked == Linked(module="Pipelines", record_id=7)
    assert draft.attachments == (b"\xab" * 32,)
    assert draft.template_id == good(template={"id": 4876876000000650001}).template_id == 4876876000000650001
    assert draft.scheduled_at == datetime(2026, 2, 27, 14, 0, 12, tzinfo=UTC).timestamp() * 1000


def test_what_is_null_or_unknown_is_as_good_as_absent() -> None:
    nothing = dict.fromkeys(
        (
            *("cc", "bcc", "reply_to", "org_email", "scheduled_time", "subject", "content", "mail_format"),
            *("attachments", "template", "consent_email", "data_subject_request"),
        )
    )
    assert good(**nothing) == good() == good(paper_type="A4", consent_email=False)
    assert good(subject="", attachments=[]) != good(), "what is given empty is given"
    assert good().format is Format.HTML
    assert good(mail_format="text").format is Format.TEXT


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-11-24T16:22:02+00:00", "2026-11-24T16:22:02+00:00"),
        ("2026-11-24T16:22:02Z", "2026-11-24T16:22:02+00:00"),
        ("2026-11-24T16:22:02.250-08:00", "2026-11-25T00:22:02.250+00:00"),
        # Berlin: half past two comes twice when clocks go back, and the offset tells which; in spring it never comes.
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00+00:00"),
        ("2026-03-29T02:30:00+01:00", "2026-03-29T03:30:00+02:00"),
    ],
)
def test_any_offset_is_understood(text: str, iso: str) -> None:
    assert good(scheduled_time=text).scheduled_at == round(datetime.fromisoformat(iso).timestamp() * 1000)


@pytest.mark.parametrize(
    ("keys", "reason", "path"),
    [
        ({"from": None}, Reason.MISSING, ("from",)),
        ({"from": "owner@example.com"}, Reason.WRONG_TYPE, ("from",)),
        ({"from": {"user_name": "x"}}, Reason.MISSING, ("from", "email")),
        ({"from": {"email": ""}}, Reason.MISSING, ("from", "email")),
        ({"from": {"email": 7}}, Reason.WRONG_TYPE, ("from", "email")),
        ({"from": {"email": "no address"}}, Reason.WRONG_VALUE, ("from", "email")),
        ({"from": FROM | {"user_name": "a\r\nBcc: x@y.z"}}, Reason.WRONG_VALUE, ("from", "user_name")),
        ({"from": FROM | {"user_name": ["a"]}}, Reason.WRONG_TYPE, ("from", "user_name")),
        ({"to": None}, Reason.MISSING, ("to",)),
        ({"to": []}, Reason.MISSING, ("to",)),
        ({"to": TO[0]}, Reason.WRONG_TYPE, ("to",)),
        ({"to": ["rita@example.net"]}, Reason.WRONG_TYPE, ("to", 0)),
        ({"to": [*TO, {}]}, Reason.MISSING, ("to", 1, "email")),
        ({"to": [*TO, {"email": "a@b.example\r\nBcc: x@y.z"}]}, Reason.WRONG_VALUE, ("to", 1, "email")),
        ({"to": TO * 51}, Reason.TOO_MANY_ITEMS, ("to",)),
        ({"to": [{"email": "a" * 250 + "@b.example"}]}, Reason.TOO_LONG, ("to", 0, "email")),
        ({"cc": [{"email": "@"}]}, Reason.WRONG_VALUE, ("cc", 0, "email")),
        ({"cc": TO * 51}, Reason.TOO_MANY_ITEMS, ("cc",)),
        ({"bcc": {}}, Reason.WRONG_TYPE, ("bcc",)),
        ({"bcc": [None]}, Reason.WRONG_TYPE, ("bcc", 0)),
        ({"reply_to": []}, Reason.WRONG_TYPE, ("reply_to",)),
        ({"reply_to": {}}, Reason.MISSING, ("reply_to", "email")),
        ({"org_email": "true"}, Reason.WRONG_TYPE, ("org_email",)),
        ({"org_email": 1}, Reason.WRONG_TYPE, ("org_email",)),
        ({"subject": 1}, Reason.WRONG_TYPE, ("subject",)),
        ({"subject": "a\r\nBcc: x@y.z"}, Reason.WRONG_VALUE, ("subject",)),
        ({"subject": "a\x00"}, Reason.WRONG_VALUE, ("subject",)),
        ({"subject": "a" * (SUBJECT_CHARACTERS + 1)}, Reason.TOO_LONG, ("subject",)),
        ({"content": {}}, Reason.WRONG_TYPE, ("content",)),
        ({"content": "a\x00"}, Reason.WRONG_VALUE, ("content",)),
        ({"content": "a" * (CONTENT_CHARACTERS + 1)}, Reason.TOO_LONG, ("content",)),
        ({"mail_format": "markdown"}, Reason.WRONG_VALUE, ("mail_format",)),
        ({"mail_format": True}, Reason.WRONG_TYPE, ("mail_format",)),
        ({"attachments": "x"}, Reason.WRONG_TYPE, ("attachments",)),
        ({"attachments": ["x"]}, Reason.WRONG_TYPE, ("attachments", 0)),
        ({"attachments": [{}]}, Reason.MISSING, ("attachments", 0, "id")),
        ({"attachments": [{"id": 5}]}, Reason.WRONG_TYPE, ("attachments", 0, "id")),
        ({"attachments": [{"id": "../../etc/passwd"}]}, Reason.FILE_UNKNOWN, ("attachments", 0, "id")),
        ({"attachments": [{"id": "a" * 64}] * 11}, Reason.TOO_MANY_ITEMS, ("attachments",)),
        ({"scheduled_time": "tomorrow"}, Reason.WRONG_VALUE, ("scheduled_time",)),
        ({"scheduled_time": "2026-11-24T16:22:02"}, Reason.WRONG_VALUE, ("scheduled_time",)),
        ({"scheduled_time": "2026-11-24"}, Reason.WRONG_VALUE, ("scheduled_time",)),
        ({"scheduled_time": 1_700_000_000}, Reason.WRONG_TYPE, ("scheduled_time",)),
        ({"in_reply_to": "abc"}, Reason.RELATED_UNKNOWN, ("in_reply_to",)),
        ({"in_reply_to": 5}, Reason.WRONG_TYPE, ("in_reply_to",)),
        ({"in_reply_to": {}}, Reason.MISSING, ("in_reply_to", "message_id")),
        ({"in_reply_to": {"message_id": "<1@x.example>"}}, Reason.RELATED_UNKNOWN, ("in_reply_to", "message_id")),
        ({"in_reply_to": {"message_id": "a" * 64, "owner": "1"}}, Reason.WRONG_TYPE, ("in_reply_to", "owner")),
        ({"in_reply_to": {"message_id": "a" * 64, "owner": {}}}, Reason.MISSING, ("in_reply_to", "owner", "id")),
        (
            {"in_reply_to": {"message_id": "a" * 64, "owner": {"id": "Ada"}}},
            Reason.RELATED_UNKNOWN,
            ("in_reply_to", "owner", "id"),
        ),
        ({"template": "1"}, Reason.WRONG_TYPE, ("template",)),
        ({"template": {}}, Reason.MISSING, ("template", "id")),
        *(({"template": {"id": wrong}}, Reason.RELATED_UNKNOWN, ("template", "id")) for wrong in NO_IDS),
        ({"inventory_details": {}}, Reason.NOT_SUPPORTED, ("inventory_details",)),
        ({"linked_record": "7"}, Reason.WRONG_TYPE, ("linked_record",)),
        ({"linked_record": {"id": "7"}}, Reason.MISSING, ("linked_record", "module")),
        ({"linked_record": {"id": "7", "module": {}}}, Reason.MISSING, ("linked_record", "module", "api_name")),
        ({"linked_record": {"id": "7", "module": LEADS}}, Reason.WRONG_VALUE, ("linked_record", "module", "api_name")),
        ({"linked_record": {"module": DEALS}}, Reason.MISSING, ("linked_record", "id")),
        ({"linked_record": {"id": True, "module": DEALS}}, Reason.RELATED_UNKNOWN, ("linked_record", "id")),
        ({"consent_email": "true"}, Reason.WRONG_TYPE, ("consent_email",)),
        ({"consent_email": True}, Reason.COMPLIANCE_OFF, ("consent_email",)),
        ({"data_subject_request": "7"}, Reason.WRONG_TYPE, ("data_subject_request",)),
        ({"data_subject_request": {"type": "access"}}, Reason.MISSING, ("data_subject_request", "id")),
        (
            {"data_subject_request": {"id": "x", "type": "access"}},
            Reason.RELATED_UNKNOWN,
            ("data_subject_request", "id"),
        ),
        ({"data_subject_request": {"id": "7"}}, Reason.MISSING, ("data_subject_request", "type")),
        ({"data_subject_request": {"id": "7", "type": "erase"}}, Reason.WRONG_VALUE, ("data_subject_request", "type")),
        ({"data_subject_request": {"id": 7, "type": "export"}}, Reason.COMPLIANCE_OFF, ("data_subject_request",)),
    ],
)
def test_fault(keys: dict[str, Any], reason: Reason, path: tuple[str | int, ...]) -> None:
    faults = read(**keys)
    assert isinstance(faults, tuple)
    assert [(fault.reason, fault.path) for fault in faults] == [(reason, path)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], Reason.WRONG_TYPE),
        (None, Reason.WRONG_TYPE),
        ({}, Reason.MISSING),
        ({"from": FROM, "to": TO}, Reason.MISSING),
        ({"data": None}, Reason.MISSING),
        ({"data": []}, Reason.MISSING),
        ({"data": {}}, Reason.WRONG_TYPE),
        ({"data": [{}] * 101}, Reason.TOO_MANY_ITEMS),
    ],
)
def test_body_as_a_whole(body: Any, reason: Reason) -> None:
    with pytest.raises(Invalid) as refusal:
        read_send(body)
    assert [fault.reason for fault in refusal.value.faults] == [reason]


def test_all_faults_of_an_object_and_only_its_own_are_told() -> None:
    first, second = read_send({"data": [{"to": TO, "org_email": 0, "cc": [{}]}, {"from": FROM, "to": TO}]})
    assert isinstance(first, tuple)
    assert {fault.path for fault in first} == {("from",), ("org_email",), ("cc", 0, "email")}
    assert isinstance(second, Draft)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ("from", "to", "cc", "bcc", "reply_to", "subject", "content", "mail_format", "attachments", "scheduled_time")
)


@given(st.dictionaries(KEYS, JSON | st.just(FROM) | st.just(TO), max_size=6))
def test_nothing_a_caller_writes_breaks_the_reader(item: dict[str, Any]) -> None:
    read_back = json.loads(json.dumps(item))
    result = read_send({"data": [read_back]})[0]
    assert isinstance(result, Draft) or (result and all(isinstance(fault, Fault) for fault in result))
