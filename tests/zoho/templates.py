"""What Zoho's SDK does with templates: lists, reads, and sends a mail made from one; runs like ``client.py``."""

import json
import os
from typing import Any

from tests.zoho.sdk import given, initialize, params, sdk


def told(template: Any) -> dict[str, Any]:
    """What the SDK read of a template."""
    return {
        "id": template.get_id(),
        "name": template.get_name(),
        "module": template.get_module().get_api_name(),
        "subject": template.get_subject(),
        "content": template.get_content(),
        "attachments": [
            [each.get_file_name(), each.get_size(), len(each.get_file_id()), type(each.get_id()).__name__]
            for each in template.get_attachments()
        ],
        "by": template.get_created_by().get_name(),
        "used": template.get_last_usage_time() is not None,
        "active": template.get_active(),
    }


def listed(operations: Any) -> tuple[list[dict[str, Any]], Any]:
    """The templates of Contacts, and what is told beside them."""
    asked = params("email_templates.GetEmailTemplatesParam", module="Contacts", sort_by="name", sort_order="asc")
    found = given(operations.get_email_templates(asked))
    return [told(each) for each in found.get_email_templates()], found.get_info()


def send(record: int, template: int) -> str:
    """Send a mail made from the template; its message id."""
    room = sdk("crm.api.send_mail")
    mail, origin, recipient = room.Data(), room.From(), room.To()
    origin.set_email(os.environ["POSTROOM_FROM"])
    mail.set_from(origin)
    recipient.set_email(os.environ["POSTROOM_TO"])
    mail.set_to([recipient])
    named = sdk("crm.api.email_templates").EmailTemplate()
    named.set_id(template)
    mail.set_template(named)
    body = room.BodyWrapper()
    body.set_data([mail])
    (answer,) = given(room.SendMailOperations(record, "Contacts").send_mail(body)).get_data()
    return str(answer.get_details()["message_id"])


def main() -> None:
    """The whole walk."""
    initialize()
    operations = sdk("crm.api.email_templates").EmailTemplatesOperations()
    before, info = listed(operations)
    (one,) = given(operations.get_email_template(before[0]["id"])).get_email_templates()
    message_id = send(int(os.environ["POSTROOM_RECORD_ID"]), before[0]["id"])
    (after, *_) = listed(operations)[0]
    none = params("email_templates.GetEmailTemplatesParam", module="Accounts")
    said = {
        "listed": before,
        "info": [info.get_page(), info.get_per_page(), info.get_count(), info.get_more_records()],
        "one": told(one),
        "message_id": message_id,
        "used": after["used"],
        "none": operations.get_email_templates(none).get_status_code(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
