"""What Zoho's SDK does with the lists of a record: it reads, links and delinks, attaches; runs like ``client.py``."""

import json
from pathlib import Path
from typing import Any

from tests.zoho.records import insert, pointer, record
from tests.zoho.sdk import done, given, headers, initialize, message, params, sdk


def operations(name: str, module: str) -> Any:
    """The calls of a related list."""
    return sdk("crm.api.related_records").RelatedRecordsOperations(name, module)


def names(company: int) -> list[str]:
    """Who belongs to a company, by its list; nobody where there is no content."""
    asked = params("related_records.GetRelatedRecordsParam", fields="Last_Name,Account_Name", per_page=10)
    answer = operations("Contacts", "Accounts").get_related_records(company, asked, headers())
    if answer.get_status_code() == 204:
        return []
    return sorted(each.get_key_value("Last_Name") for each in given(answer).get_data())


def linked(company: int, contacts: list[int]) -> list[str]:
    """The messages of linking contacts to a company."""
    wrapper = sdk("crm.api.related_records").BodyWrapper()
    wrapper.set_data([pointer(each) for each in contacts])
    answer = operations("Contacts", "Accounts").update_related_records(company, wrapper, headers())
    return [message(each) for each in done(given(answer).get_data())]


def delinked(company: int, contacts: list[int]) -> list[str]:
    """The messages of parting one contact from a company, and then the others together."""
    lists, (first, *rest) = operations("Contacts", "Accounts"), contacts
    one = lists.delink_record(first, company, headers())
    asked = params("related_records.DelinkRecordsParam", ids=",".join(map(str, rest)))
    others = lists.delink_records(company, asked, headers())
    return [message(each) for answer in (one, others) for each in done(given(answer).get_data())]


def attachment(contact: int) -> dict[str, Any]:
    """A file, attached to a contact, listed, read and removed."""
    room = sdk("crm.api.attachments")
    calls, body = room.AttachmentsOperations(), room.FileBodyWrapper()
    Path("Übersicht.txt").write_text("all of it", encoding="utf-8")
    body.set_file(sdk("crm.api.util").StreamWrapper(file_path="Übersicht.txt"))
    (made,) = done(given(calls.upload_attachments(contact, "Contacts", body)).get_data())
    number = int(made.get_details()["id"])
    asked = params("attachments.GetAttachmentsParam", fields="id,File_Name,Size,Owner", per_page=10)
    (listed,) = given(calls.get_attachments(contact, "Contacts", asked)).get_data()
    stream = given(calls.get_attachment(number, contact, "Contacts")).get_file()
    (gone,) = done(given(calls.delete_attachment(number, contact, "Contacts")).get_data())
    return {
        "said": [message(made), message(gone)],
        "listed": listed.get_id() == number,
        "name": listed.get_file_name(),
        "bytes": b"".join(stream.get_stream()).decode(),
    }


def locked(company: int) -> dict[str, Any]:
    """A company, locked, locked again, shown, with another reason, and unlocked."""
    room = sdk("crm.api.record_locking")
    calls = room.RecordLockingOperations(company, "Accounts")

    def because(reason: str) -> Any:
        lock, wrapper = room.LockRecord(), room.BodyWrapper()
        lock.set_locked_reason__s(reason)
        wrapper.set_data([lock])
        return wrapper

    (made,) = done(given(calls.lock_records(because("An offer"))).get_data())
    number = int(made.get_details()["id"])
    again = calls.lock_records(because("Another offer")).get_object().get_code().get_value()
    (changed,) = done(given(calls.update_record_locking_information(number, because("An order"))).get_data())
    (one,) = given(calls.get_record_locking_information(number)).get_data()
    (gone,) = done(given(calls.unlock_record(number)).get_data())
    return {
        "said": [message(made), again, message(changed), message(gone)],
        "reason": one.get_key_value("Locked_Reason__s"),
        "what": one.get_key_value("Locked_For__s").get_id() == company,
        "then": calls.get_record_locking_informations().get_status_code(),
    }


def main() -> None:
    """The whole walk."""
    initialize()
    company = insert("Accounts", record(Account_Name="Northwind"))[0]
    contacts = insert("Contacts", *(record(Last_Name=name) for name in ("a", "b", "c")))
    said = {
        "at first": names(company),
        "linked": linked(company, contacts),
        "then": names(company),
        "delinked": delinked(company, contacts[:2]),
        "at last": names(company),
        "attachment": attachment(contacts[0]),
        "locked": locked(company),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
