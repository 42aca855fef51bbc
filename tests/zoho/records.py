"""What Zoho's SDK does with records: of each module, by each call; runs like ``client.py``."""

import json
import os
from datetime import UTC, date, datetime
from typing import Any, Final

from tests.zoho.sdk import done, given, headers, initialize, params, sdk

START: Final = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)
END: Final = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)


def choice(value: str) -> Any:
    """A value of a pick list."""
    return sdk("crm.api.util").Choice(value)


def pointer(number: int) -> Any:
    """What a lookup holds."""
    found = record()
    found.set_id(number)
    return found


def record(**values: Any) -> Any:
    """A record with these values."""
    made = sdk("crm.api.record").Record()
    for name, value in values.items():
        made.add_key_value(name, value)
    return made


def body(*records: Any) -> Any:
    """The body of a call that writes."""
    wrapper = sdk("crm.api.record").BodyWrapper()
    wrapper.set_data(list(records))
    return wrapper


def operations(module: str) -> Any:
    """The calls of a module."""
    return sdk("crm.api.record").RecordOperations(module)


def insert(module: str, *records: Any) -> list[int]:
    """Insert records; their ids."""
    made = given(operations(module).create_records(body(*records), headers()))
    return [int(each.get_details()["id"]) for each in done(made.get_data())]


def get(module: str, number: int, *names: str) -> dict[str, Any]:
    """Values of one record, as plain as JSON has them."""
    (found,) = given(operations(module).get_record(number, params(), headers())).get_data()
    assert found.get_id() == number
    return {name: plain(found.get_key_value(name)) for name in names}


def plain(value: Any) -> Any:
    """One of the SDK's values for JSON."""
    for read in ("get_value", "get_id"):
        if hasattr(value, read):
            return getattr(value, read)()
    return value.isoformat() if isinstance(value, date) else value


def every_module(contact: int, company: int) -> dict[str, dict[str, Any]]:
    """A record of each module, stored and read again."""
    deal = insert(
        "Deals",
        record(
            Deal_Name="Big order",
            Stage=choice("Qualification"),
            Pipeline=choice("Sales Pipeline"),
            Amount=1250.5,
            Closing_Date=date(2027, 4, 30),
            Contact_Name=pointer(contact),
            Account_Name=pointer(company),
        ),
    )[0]
    values: dict[str, dict[str, Any]] = {
        "Products": {"Product_Name": "Lamp", "Unit_Price": 19.9, "Product_Active": True},
        "Tasks": {"Subject": "Ask", "Due_Date": date(2027, 3, 2), "Who_Id": pointer(contact), "What_Id": pointer(deal)},
        "Events": {"Event_Title": "Fair", "Start_DateTime": START, "End_DateTime": END, "What_Id": pointer(company)},
        "Calls": {
            "Subject": "Ring",
            "Call_Type": choice("Outbound"),
            "Call_Start_Time": START,
            "Call_Duration": "10:00",
            "Who_Id": pointer(contact),
        },
    }
    values["Tasks"]["$se_module"] = "Deals"
    values["Events"]["$se_module"] = "Accounts"
    found = {"Deals": get("Deals", deal, "Deal_Name", "Stage", "Amount", "Closing_Date", "Contact_Name")}
    for module, each in values.items():
        number = insert(module, record(**each))[0]
        found[module] = get(module, number, *each)
    return found


def with_tags(contact: int) -> list[str]:
    """The tags that a contact has after it was given two."""
    change = record()
    names = ["VIP", "Neu"]
    tags = []
    for name in names:
        tag = sdk("crm.api.tags").Tag()
        tag.set_name(name)
        tags.append(tag)
    change.set_tag(tags)
    done(given(operations("Contacts").update_record(contact, body(change), headers())).get_data())
    (found,) = given(operations("Contacts").get_record(contact, params(), headers())).get_data()
    return [each.get_name() for each in found.get_tag()]


def note(contact: int) -> dict[str, Any]:
    """A note on a contact, stored, changed, read and deleted."""
    room = sdk("crm.api.notes")
    operations, new, change, parent = room.NotesOperations(), room.Note(), room.Note(), room.ParentId()
    parent.set_id(contact)
    parent.set_module(sdk("crm.api.modules").MinifiedModule())
    parent.get_module().set_api_name("Contacts")
    new.set_note_content("Called back")
    new.set_parent_id(parent)
    wrapper = room.BodyWrapper()
    wrapper.set_data([new])
    number = int(done(given(operations.create_notes(wrapper)).get_data())[0].get_details()["id"])
    change.set_note_title("Call")
    wrapper.set_data([change])
    done(given(operations.update_note(number, wrapper)).get_data())
    (found,) = given(operations.get_note(number, params(), headers())).get_data()
    done(given(operations.delete_note(number)).get_data())
    return {
        "title": found.get_note_title(),
        "content": found.get_note_content(),
        "on": found.get_parent_id().get_id(),
    }


def pages(module: str, size: int) -> list[list[str]]:
    """The last names on each page, from token to token."""
    found: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        asked = params(
            "record.GetRecordsParam",
            fields="Last_Name,Email",
            sort_by="Last_Name",
            sort_order="asc",
            per_page=size,
            **token,
        )
        page = given(operations(module).get_records(asked, headers()))
        found.append([each.get_key_value("Last_Name") for each in page.get_data()])
        token = {"page_token": page.get_info().get_next_page_token()}
        if not page.get_info().get_more_records():
            return found


def search(**asked: str) -> list[str]:
    """The last names of the contacts found."""
    found = operations("Contacts").search_records(params("record.SearchRecordsParam", **asked), headers())
    return sorted(each.get_key_value("Last_Name") for each in given(found).get_data())


def upsert(email: str, name: str) -> dict[str, Any]:
    """A contact put in place by its address; what became of it."""
    wish = body(record(Last_Name=name, Email=email))
    wish.set_duplicate_check_fields(["Email"])
    (item,) = done(given(operations("Contacts").upsert_records(wish, headers())).get_data())
    return {"action": item.get_action().get_value(), "by": item.get_duplicate_field()}


def refusal() -> dict[str, Any]:
    """What the SDK makes of a contact that is there already."""
    wish = record(Last_Name="Twice", Email=os.environ["POSTROOM_TO"])
    (item,) = operations("Contacts").create_records(body(wish), headers()).get_object().get_data()
    return {"code": item.get_code().get_value(), "field": item.get_details()["api_name"]}


def delete(numbers: list[int]) -> int | None:
    """Delete records, one and then the others together; the status of looking for the first."""
    done(given(operations("Contacts").delete_record(numbers[0], params(), headers())).get_data())
    ids = ",".join(map(str, numbers[1:]))
    asked = params("record.DeleteRecordsParam", ids=ids, wf_trigger=False)
    done(given(operations("Contacts").delete_records(asked, headers())).get_data())
    status: int = operations("Contacts").get_record(numbers[0], params(), headers()).get_status_code()
    return status


def main() -> None:
    """The whole walk."""
    initialize()
    company = insert("Accounts", record(Account_Name="Northwind", Website="https://northwind.example"))[0]
    numbers = insert(
        "Contacts",
        *(
            record(Last_Name=name, Email=f"{name}@sdk.example", Account_Name=pointer(company))
            for name in ("a", "b", "c")
        ),
    )
    changes = []
    for number in numbers:
        change = record(Phone="+49 30 1234", Email_Opt_Out=True)
        change.set_id(number)
        changes.append(change)
    done(given(operations("Contacts").update_records(body(*changes), headers())).get_data())
    said = {
        "contact": get("Contacts", numbers[0], "Last_Name", "Full_Name", "Phone", "Email_Opt_Out", "Account_Name"),
        "modules": every_module(numbers[0], company),
        "tags": with_tags(numbers[0]),
        "note": note(numbers[0]),
        "pages": pages("Contacts", 2),
        "criteria": search(criteria=f"(Account_Name:equals:{company})and(Last_Name:starts_with:b)"),
        "email": search(email="c@sdk.example"),
        "phone": search(phone="49301234"),
        "word": search(word="sdk"),
        "upsert": [upsert("b@sdk.example", "B"), upsert("new@sdk.example", "n")],
        "refusal": refusal(),
        "deleted": delete(numbers),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
