"""Walks through the calls about records and their metadata, until each has given every answer that is declared."""

from typing import Any, Final

from tests.web.reference.witness import NOBODY, Witness, data

NEVER_SINCE: Final = {"If-Modified-Since": "2999-01-01T00:00:00Z"}
FIELDS: Final = {"fields": "Last_Name"}
OF_CONTACTS: Final = {"module": "Contacts"}


async def found(witness: Witness) -> None:
    """Records by what is in them, by when they changed, and by their unique values."""
    contact = str(witness.guest.world.contact.id)
    await witness.ask("GET /Contacts", 304, params=FIELDS, headers=NEVER_SINCE)
    await witness.ask("GET /Contacts/{id}", 304, contact, headers=NEVER_SINCE)
    await witness.ask("GET /Contacts/search", 200, params={"word": "Dahl"})
    await witness.ask("GET /Contacts/search", 204, params={"criteria": "(Last_Name:equals:Nobody)"})
    known, new = {"Last_Name": "Dahl", "Email": witness.guest.world.contact.email}, {"Last_Name": "Weber"}
    await witness.ask("POST /Contacts/upsert", 200, json=data(known, new))
    await witness.ask("POST /Contacts/upsert", 207, json=data(known, {}))
    await witness.ask("POST /Contacts/upsert", 400, json=data({}))


async def queried(witness: Witness) -> None:
    """What COQL finds."""
    for name, status in (("Dahl", 200), ("Nobody", 204)):
        query = f"select Last_Name, Owner from Contacts where Last_Name = '{name}'"
        await witness.ask("POST /coql", status, json={"select_query": query})


async def gone(witness: Witness) -> None:
    """What is told of deleted records."""
    await witness.guest.ask("DELETE", f"/Contacts/{await _contact(witness)}")
    await witness.ask("GET /Contacts/deleted", 200)
    await witness.ask("GET /Contacts/deleted", 204, params={"page": "9"})
    await witness.ask("GET /Contacts/deleted", 304, headers=NEVER_SINCE)


async def notes(witness: Witness) -> None:
    """The notes of a record."""
    contact, every, one = await _contact(witness), "/Contacts/{id}/Notes", "/Contacts/{id}/Notes/{note_id}"
    fields = {"fields": "Note_Title,Note_Content,Parent_Id"}
    await witness.ask(f"GET {every}", 204, contact, params=fields)
    told = await witness.ask(f"POST {every}", 201, contact, json=data({"Note_Content": "Prefers the telephone."}))
    note = told.json()["data"][0]["details"]["id"]
    await witness.ask(f"POST {every}", 207, contact, json=data({"Note_Content": "Second."}, {}))
    await witness.ask(f"POST {every}", 400, contact, json=data({}))
    await witness.ask(f"GET {every}", 200, contact, params=fields)
    await witness.ask(f"GET {every}", 304, contact, params=fields, headers=NEVER_SINCE)
    await witness.ask(f"GET {one}", 200, contact, note)
    await witness.ask(f"GET {one}", 204, contact, NOBODY)
    await witness.ask(f"GET {one}", 304, contact, note, headers=NEVER_SINCE)
    await witness.ask(f"PUT {one}", 200, contact, note, json=data({"Note_Title": "First"}))
    await witness.ask(f"PUT {one}", 400, contact, NOBODY, json=data({"Note_Title": "First"}))
    await witness.ask(f"DELETE {one}", 200, contact, note)
    await witness.ask(f"DELETE {one}", 400, contact, note)


async def attachments(witness: Witness) -> None:
    """The files of a record."""
    contact, every = await _contact(witness), "/Contacts/{id}/Attachments"
    one, fields = f"{every}/{{attachment_id}}", {"fields": "File_Name,Size,Owner"}
    await witness.ask(f"GET {every}", 204, contact, params=fields)
    files = {"file": ("a.txt", b"a", "text/plain")}
    told = await witness.ask(f"POST {every}", 200, contact, files=files)
    number = told.json()["data"][0]["details"]["id"]
    await witness.ask(f"GET {every}", 200, contact, params=fields)
    await witness.ask(f"GET {one}", 200, contact, number)
    await witness.ask(f"GET {one}", 204, contact, NOBODY)
    await witness.ask(f"DELETE {one}", 200, contact, number)


async def locks(witness: Witness) -> None:
    """The lock of a record."""
    contact, every = await _contact(witness), "/Contacts/{id}/Locking_Information__s"
    one, why = f"{every}/{{lock_id}}", data({"Locked_Reason__s": "An offer is being made"})
    await witness.ask(f"GET {every}", 204, contact)
    await witness.ask(f"POST {every}", 400, contact, json=data({}))
    told = await witness.ask(f"POST {every}", 201, contact, json=why)
    number = told.json()["data"][0]["details"]["id"]
    await witness.ask(f"GET {every}", 200, contact)
    await witness.ask(f"GET {one}", 200, contact, number)
    await witness.ask(f"GET {one}", 204, contact, NOBODY)
    await witness.ask(f"PUT {one}", 200, contact, number, json=why)
    await witness.ask(f"PUT {one}", 400, contact, number, json=data({}))
    await witness.ask(f"DELETE {one}", 200, contact, number)


async def owners(witness: Witness) -> None:
    """Records that another user is given."""
    contact, one = await _contact(witness), "POST /Contacts/{id}/actions/change_owner"
    many, owner = "POST /Contacts/actions/change_owner", {"owner": {"id": str(witness.guest.world.colleague.id)}}
    await witness.ask(one, 200, contact, json=owner)
    await witness.ask(one, 400, NOBODY, json=owner)
    await witness.ask(many, 200, json=owner | {"ids": [contact]})
    await witness.ask(many, 207, json=owner | {"ids": [contact, NOBODY]})
    await witness.ask(many, 400, json=owner | {"ids": [NOBODY]})


async def related(witness: Witness) -> None:
    """Records that are put into a list of another one, and taken out."""
    contact, deal, fields = await _contact(witness), str(witness.guest.world.deal.id), {"fields": "Deal_Name"}
    every, one = "/Contacts/{id}/{related}", "/Contacts/{id}/{related}/{related_id}"
    where = (contact, "Pipelines")
    await witness.ask(f"GET {every}", 204, *where, params=fields)
    for wrong, status in (([], 200), ([{"id": NOBODY}], 207)):
        await witness.ask(f"PUT {every}", status, *where, json=data({"id": deal}, *wrong))
    await witness.ask(f"PUT {every}", 400, *where, json=data({"id": NOBODY}))
    await witness.ask(f"GET {every}", 200, *where, params=fields)
    await witness.ask(f"GET {every}", 304, *where, params=fields, headers=NEVER_SINCE)
    await witness.ask(f"DELETE {one}", 200, *where, deal)
    await witness.ask(f"DELETE {one}", 400, *where, deal)
    for ids, status in ((deal, 200), (f"{deal},{NOBODY}", 207), (NOBODY, 400)):
        await witness.guest.ask("PUT", f"/Contacts/{contact}/Pipelines", data({"id": deal}))
        await witness.ask(f"DELETE {every}", status, *where, params={"ids": ids})


async def own_fields(witness: Witness) -> None:
    """Fields that an organisation adds."""
    colours = {"pick_list_values": [{"display_value": "red"}, {"display_value": "green"}]}
    shades = {"field_label": "Shade", "data_type": "picklist", **colours}
    new = {"fields": [{"field_label": "Customer number", "data_type": "text", "length": 20, "unique": {}}, shades]}
    told = await witness.ask("POST /settings/fields", 201, params=OF_CONTACTS, json=new)
    number = told.json()["fields"][0]["details"]["id"]
    partly = {"fields": [{"field_label": "Since", "data_type": "date"}, {}]}
    await witness.ask("POST /settings/fields", 207, params=OF_CONTACTS, json=partly)
    await witness.ask("POST /settings/fields", 400, params=OF_CONTACTS, json={"fields": [{}]})
    await witness.ask("GET /settings/fields", 200, params=OF_CONTACTS)
    await witness.ask("GET /settings/fields/{id}", 200, number, params=OF_CONTACTS)
    await witness.ask("DELETE /settings/fields/{id}", 200, number, params=OF_CONTACTS)


async def metadata(witness: Witness) -> None:
    """What else modules have."""
    told = await witness.ask("GET /settings/layouts", 200, params=OF_CONTACTS)
    layout = told.json()["layouts"][0]["id"]
    await witness.ask("GET /settings/layouts/{id}", 200, layout, params=OF_CONTACTS)
    await witness.ask("GET /settings/related_lists", 200, params=OF_CONTACTS)
    await witness.ask("GET /settings/related_lists", 204, params={"module": "Notes"})
    await witness.guest.insert("Contacts", {"Last_Name": "Dahl", "Tag": [{"name": "new"}]})
    await witness.ask("GET /settings/tags", 200, params=OF_CONTACTS)
    await witness.ask("GET /settings/tags", 204, params={"module": "Products"})
    await witness.ask("GET /settings/roles", 200)


async def templates(witness: Witness) -> None:
    """Templates of mails."""
    every, one = "/settings/email_templates", "/settings/email_templates/{id}"
    upload = await witness.guest.ask("POST", "/files", files={"file": ("a.txt", b"a", "text/plain")})
    files = [{"id": upload.json()["data"][0]["details"]["id"]}]
    new = {"name": "Welcome", "module": {"api_name": "Contacts"}, "subject": "Hello", "attachments": files}
    await witness.ask(f"GET {every}", 204)
    await witness.ask(f"GET {one}", 204, NOBODY)
    told = await witness.ask(f"POST {every}", 201, json={"email_templates": [new]})
    number = told.json()["email_templates"][0]["details"]["id"]
    await witness.ask(f"POST {every}", 207, json={"email_templates": [new | {"name": "Second"}, {}]})
    await witness.ask(f"POST {every}", 400, json={"email_templates": [new]})
    await witness.ask(f"GET {every}", 200)
    await witness.ask(f"GET {one}", 200, number)
    await witness.ask(f"PUT {one}", 200, number, json={"email_templates": [{"description": "For the first day"}]})
    await witness.ask(f"PUT {one}", 400, number, json={"email_templates": [{"name": "Second"}]})
    await witness.ask(f"DELETE {one}", 200, number)


async def domain_keys(witness: Witness) -> None:
    """Keys that mails are signed with."""
    every, one = "/settings/domain_keys", "/settings/domain_keys/{id}"
    new = {"domain": "example.com", "algorithm": "ed25519", "selector": "s1"}
    await witness.ask(f"GET {every}", 204)
    told = await witness.ask(f"POST {every}", 201, json={"domain_keys": [new]})
    number = told.json()["domain_keys"][0]["details"]["id"]
    await witness.ask(f"POST {every}", 207, json={"domain_keys": [new | {"selector": None}, new]})
    await witness.ask(f"POST {every}", 400, json={"domain_keys": [new]})
    await witness.ask(f"POST {one}/actions/start", 200, number)
    await witness.ask(f"GET {every}", 200)
    await witness.ask(f"DELETE {one}", 200, number)


async def names(witness: Witness) -> None:
    """Users who are renamed."""
    user = str(witness.guest.world.user.id)
    await witness.ask("PUT /users/{id}", 200, user, json=_users({"first_name": "Augusta"}))
    await witness.ask("PUT /users/{id}", 400, user, json=_users({"last_name": None}))
    await witness.ask("PUT /users", 200, json=_users({"id": user, "last_name": "King"}))
    await witness.ask("PUT /users", 207, json=_users({"id": user}, {"id": NOBODY}))
    await witness.ask("PUT /users", 400, json=_users({"id": NOBODY}))


ALL: Final = (
    *(found, queried, gone, notes, attachments, locks, owners),
    *(related, own_fields, metadata, templates, domain_keys, names),
)


async def _contact(witness: Witness) -> str:
    """The id of a new contact."""
    told = await witness.guest.insert("Contacts", {"Last_Name": "Weber"})
    number: str = told.json()["data"][0]["details"]["id"]
    return number


def _users(*items: Any) -> dict[str, Any]:
    return {"users": [*items]}
