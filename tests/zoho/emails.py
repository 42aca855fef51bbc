"""What Zoho's SDK does with the mails of a record: it lists them, turns pages, reads one, downloads its file."""

from typing import Any

from tests.zoho.sdk import given, params, sdk


def operations(record: int, module: str = "Contacts", kind: str | None = None, owner: int | None = None) -> Any:
    """The calls of a record's list; ``kind`` is its ``type``."""
    return sdk("crm.api.email_related_records").EmailRelatedRecordsOperations(record, module, kind, owner)


def listed(record: int, kind: str | None = None, **more: Any) -> Any:
    """A page of its list."""
    asked = params("email_related_records.GetEmailsRelatedRecordsParam", **more)
    return given(operations(record, kind=kind).get_emails_related_records(asked))


def by_subject(subject: str) -> Any:
    """A filter."""
    room = sdk("crm.api.email_related_records")
    criteria, field = room.Criteria(), room.Field()
    field.set_api_name("subject")
    criteria.set_field(field)
    criteria.set_comparator(sdk("crm.api.util").Choice("equal"))
    criteria.set_value(subject)
    return criteria


def subjects(page: Any) -> list[str]:
    """Of a page's mails."""
    return [each.get_subject() for each in page.get_emails()]


def ids(page: Any) -> list[str]:
    """Of a page's mails."""
    return [each.get_message_id() for each in page.get_emails()]


def sent(record: int, message_id: str) -> Any:
    """The mail as itself, once it is sent."""
    while True:
        (mail,) = given(operations(record, kind="sent_from_crm").get_emails_related_record(message_id)).get_emails()
        if [each.get_type() for each in mail.get_status()] == ["sent"]:
            return mail


def downloaded(record: int, mail: Any) -> list[str]:
    """The octets of a mail's files, in hex digits."""
    calls, found = sdk("crm.api.download_attachments").DownloadAttachmentsOperations(), []
    for each in mail.get_attachments():
        asked = params(
            "download_attachments.GetDownloadAttachmentsDetailsParam",
            message_id=mail.get_message_id(),
            user_id=mail.get_owner().get_id(),
            id=each.get_id(),
            name=each.get_name(),
        )
        stream = given(calls.get_download_attachments_details(record, "Contacts", asked)).get_file()
        found.append(b"".join(stream.get_stream()).hex())
    return found


def one(record: int, message_id: str) -> dict[str, Any]:
    """A mail as itself, once it is sent, with its files."""
    mail = sent(record, message_id)
    return {
        "subject": mail.get_subject(),
        "content": mail.get_content(),
        "from": mail.get_from().get_email(),
        "under": mail.get_linked_record().get_module().get_api_name(),
        "attachments": [each.get_name() for each in mail.get_attachments()],
        "downloaded": downloaded(record, mail),
        "owner": str(mail.get_owner().get_id()),
        "thread": mail.get_thread_id(),
    }


def lists(record: int, message_id: str) -> dict[str, Any]:
    """The mails of a record, which has more than a page of them; one is chosen by its subject."""
    first = listed(record)
    last = listed(record, index=first.get_info().get_next_index())
    before = listed(record, index=last.get_info().get_prev_index())
    chosen = listed(record, filter=by_subject(sent(record, message_id).get_subject()))
    return {
        "first": len(subjects(first)),
        "last": subjects(last),
        "and back": ids(before) == ids(first),
        "sent": subjects(listed(record, "sent_from_crm")),
        "own": subjects(listed(record, "user_emails")),
        "waiting": len(subjects(listed(record, "scheduled_in_crm"))),
        "chosen": ids(chosen),
    }
