"""Zoho's own Python SDK at work; runs inside ``.venv-zoho``, in a folder of its own.

Takes the variables of a sandbox from the environment, does what a program would do with the SDK, and prints as JSON
what the SDK gave back.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.zoho.sdk import given, initialize, params, sdk


def from_addresses() -> list[dict[str, Any]]:
    """What Get configured from addresses gives."""
    found = given(sdk("crm.api.from_addresses").FromAddressesOperations().get_from_addresses())
    return [
        {"email": each.get_email(), "name": each.get_user_name(), "default": each.get_default()}
        for each in found.get_from_addresses()
    ]


def upload(path: Path) -> str:
    """Upload a file; its id."""
    body = sdk("crm.api.files").BodyWrapper()
    body.set_file([sdk("crm.api.util").StreamWrapper(file_path=str(path))])
    (uploaded,) = given(sdk("crm.api.files").FilesOperations().upload_files(body, params())).get_data()
    return str(uploaded.get_details()["id"])


def written(sender: str, to: str, subject: str) -> Any:
    """A mail."""
    room = sdk("crm.api.send_mail")
    mail = room.Data()
    origin = room.From()
    origin.set_user_name("Robin via SDK")
    origin.set_email(sender)
    mail.set_from(origin)
    recipient = room.To()
    recipient.set_user_name("Mary Poole")
    recipient.set_email(to)
    mail.set_to([recipient])
    mail.set_subject(subject)
    mail.set_content("<p>Sent by <b>Zoho's</b> own client</p>")
    mail.set_mail_format(sdk("crm.api.util").Choice("html"))
    return mail


def send(record: int, mail: Any) -> str:
    """Send a mail; its message id."""
    room = sdk("crm.api.send_mail")
    body = room.BodyWrapper()
    body.set_data([mail])
    (answer,) = given(room.SendMailOperations(record, "Contacts").send_mail(body)).get_data()
    return str(answer.get_details()["message_id"])


def with_file(mail: Any, file_id: str) -> Any:
    """The mail with this file."""
    attachment = sdk("crm.api.send_mail").Attachment()
    attachment.set_id(file_id)
    mail.set_attachments([attachment])
    return mail


def in_reply_to(mail: Any, message_id: str, owner_id: int) -> Any:
    """The mail as an answer to that one, which this user sent."""
    room = sdk("crm.api.send_mail")
    answered, owner = room.InReplyTo(), room.Owner()
    owner.set_id(owner_id)
    answered.set_message_id(message_id)
    answered.set_owner(owner)
    mail.set_in_reply_to(answered)
    return mail


def emails(record: int, message_id: str) -> dict[str, Any]:
    """The mail as the record's list has it, and as itself, once it is sent."""
    operations = sdk("crm.api.email_related_records").EmailRelatedRecordsOperations(record, "Contacts")
    while True:
        (mail,) = given(operations.get_emails_related_record(message_id)).get_emails()
        if [each.get_type() for each in mail.get_status()] == ["sent"]:
            break
    return {
        "listed": [each.get_message_id() for each in given(operations.get_emails_related_records()).get_emails()],
        "subject": mail.get_subject(),
        "content": mail.get_content(),
        "from": mail.get_from().get_email(),
        "attachments": [each.get_name() for each in mail.get_attachments()],
        "owner": str(mail.get_owner().get_id()),
        "thread": mail.get_thread_id(),
    }


def main() -> None:
    """The whole walk."""
    initialize()
    record = int(os.environ["POSTROOM_RECORD_ID"])
    senders, to = from_addresses(), os.environ["POSTROOM_TO"]
    mail = with_file(written(senders[0]["email"], to, "Grüße from the SDK"), upload(Path(sys.argv[1])))
    message_id = send(record, mail)
    found = emails(record, message_id)
    answer = in_reply_to(written(senders[1]["email"], to, "And one more"), message_id, int(found["owner"]))
    answered = emails(record, send(record, answer))
    print(json.dumps({"senders": senders, "message_id": message_id, "emails": found, "answer": answered}))


if __name__ == "__main__":
    main()
