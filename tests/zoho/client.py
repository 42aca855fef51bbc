"""Zoho's own Python SDK at work; runs inside ``.venv-zoho``, in a folder of its own.

Takes the variables of a sandbox from the environment, does what a program would do with the SDK, and prints as JSON
what the SDK gave back.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.zoho import emails
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


def send(record: int, *mails: Any) -> str:
    """Send mails; the message id of the first."""
    room = sdk("crm.api.send_mail")
    body = room.BodyWrapper()
    body.set_data([*mails])
    answers = given(room.SendMailOperations(record, "Contacts").send_mail(body)).get_data()
    return str(answers[0].get_details()["message_id"])


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


def later(mail: Any) -> Any:
    """The mail, but sent tomorrow."""
    mail.set_scheduled_time(datetime.now(UTC).replace(microsecond=0) + timedelta(days=1))
    return mail


def main() -> None:
    """The whole walk."""
    initialize()
    record = int(os.environ["POSTROOM_RECORD_ID"])
    senders, to = from_addresses(), os.environ["POSTROOM_TO"]
    mail = with_file(written(senders[0]["email"], to, "Grüße from the SDK"), upload(Path(sys.argv[1])))
    message_id = send(record, mail)
    found = emails.one(record, message_id)
    answer = in_reply_to(written(senders[1]["email"], to, "And one more"), message_id, int(found["owner"]))
    answered = emails.one(record, send(record, answer))
    send(record, *(later(written(senders[0]["email"], to, "Reminder")) for _ in range(10)))
    lists = emails.lists(record, message_id)
    said = {"senders": senders, "message_id": message_id, "emails": found, "answer": answered, "lists": lists}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
