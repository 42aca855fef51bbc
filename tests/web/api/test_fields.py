"""``/settings/fields`` at a running server: fields of one's own, from their first day to their last (W 6.2)."""

from pathlib import Path
from typing import Any

import pytest

from postroom.record.custom import FIELDS_AT_MOST, LENGTHS
from tests.web.api.guests import Guest, error, guests, only

# W 6.2, as recorded at the real service, but for its number of the widget (ui_type) and what only some fields have.
FIELD_KEYS = (  # noqa: SIM905 - a paragraph reads better than a column of fifty
    "webhook colour_code_enabled_by_system field_label tooltip display_format_properties type field_read_only "
    "display_label read_only association_details businesscard_supported multi_module_lookup id created_time filterable "
    "visible profiles view_type subform separator searchable external api_name parent_field unique enable_colour_code "
    "child_fields pick_list_values system_mandatory virtual_field json_type crypt range created_source display_type "
    "modified_time email_parser currency custom_field lookup address length display_field "
    "pick_list_values_sorted_lexically sortable global_picklist display_format history_tracking data_type formula "
    "decimal_place mass_update multiselectlookup auto_number"
).split()
WHERE = {"module": "Contacts"}


async def add(guest: Guest, *fields: Any, module: str = "Contacts") -> list[dict[str, Any]]:
    """What each field was answered."""
    answer = await guest.ask("POST", "/settings/fields", {"fields": list(fields)}, params={"module": module})
    assert answer.status_code in (201, 207, 400), answer.text
    answered: list[dict[str, Any]] = answer.json()["fields"]
    return answered


async def added(guest: Guest, module: str = "Contacts", **field: Any) -> str:
    """The id of a new field."""
    (item,) = await add(guest, field, module=module)
    assert (item["code"], item["message"], item["status"]) == ("SUCCESS", "field created", "success"), item
    return str(item["details"]["id"])


async def own_fields(guest: Guest, module: str = "Contacts") -> list[dict[str, Any]]:
    shown = (await guest.get("/settings/fields", module=module)).json()["fields"]
    return [each for each in shown if each["custom_field"]]


async def remove(guest: Guest, field_id: str) -> None:
    answer = await guest.ask("DELETE", f"/settings/fields/{field_id}", params=WHERE)
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["fields"]
    assert item == {
        "code": "SUCCESS",
        "details": {"id": field_id},
        "message": "field deleted",
        "status": "success",
    }


async def test_a_field_has_every_key_that_was_recorded(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        field_id = await added(both.own, field_label="Region", data_type="text")
        for each in (await both.own.get("/settings/fields", **WHERE)).json()["fields"]:
            assert set(FIELD_KEYS) <= set(each)
            alone = await both.own.get(f"/settings/fields/{each['id']}", **WHERE)
            assert (alone.status_code, alone.json()) == (200, {"fields": [each]})
        (own,) = await own_fields(both.own)
        assert (own["id"], own["api_name"], own["field_label"]) == (field_id, "Region", "Region")
        assert (own["data_type"], own["length"], own["unique"]) == ("text", 255, {})


async def test_one_field_is_asked_for_by_its_id(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        field_id = await added(both.own, field_label="Region", data_type="text")
        for guest, module, path in (
            (both.own, "Accounts", field_id),
            (both.other, "Contacts", field_id),
            (both.own, "Contacts", "17"),
            (both.own, "Contacts", "x"),
        ):
            answer = await guest.get(f"/settings/fields/{path}", module=module)
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 2}
        answer = await both.own.get(f"/settings/fields/{field_id}")
        assert error(answer, 400, "REQUIRED_PARAM_MISSING") == {"param_name": "module"}
        assert error(await both.own.get(f"/settings/fields/{field_id}", module="Leads"), 400, "INVALID_MODULE")


async def test_each_kind_is_added_and_keeps_its_values(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "text": "Berlin",
        "textarea": "two\nlines",
        "email": "rita@example.net",
        "phone": "+49 30 1234",
        "website": "https://example.net",
        "picklist": "Gold",
        "boolean": True,
        "integer": 12,
        "double": 1.5,
        "currency": 99.95,
        "date": "2026-02-28",
        "datetime": "2026-02-28T12:00:00+00:00",
    }
    assert {kind.value for kind in LENGTHS} == set(values)
    async with guests(tmp_path) as both:
        choices = [{"display_value": "Gold"}, {"display_value": "Silver"}]
        asked = [
            {"field_label": f"My {kind}", "data_type": kind, "pick_list_values": choices if kind == "picklist" else []}
            for kind in values
        ]
        assert {each["status"] for each in await add(both.own, *asked)} == {"success"}
        shown = {each["data_type"]: each for each in await own_fields(both.own)}
        assert [each["display_value"] for each in shown["picklist"]["pick_list_values"]] == ["Gold", "Silver"]
        item = {f"My_{kind}": value for kind, value in values.items()}
        number = only(await both.own.insert("Contacts", {"Last_Name": "Weber", **item}), 201)["details"]["id"]
        (record,) = (await both.own.get(f"/Contacts/{number}")).json()["data"]
        assert {name: record[name] for name in item} == item
        for kind in set(values) - {"textarea"}:
            value = str(values[kind]).lower() if kind == "boolean" else values[kind]
            found = await both.own.get("/Contacts/search", criteria=f"(My_{kind}:equals:{value})")
            assert found.status_code == 200, kind
            assert [each["id"] for each in found.json()["data"]] == [number], kind
        assert (await both.own.get("/Contacts/search", word="Berlin")).status_code == 200
        page = await both.own.get("/Contacts", fields="My_text", sort_by="My_integer")
        assert page.json()["data"][0] == {"My_text": "Berlin", "id": number}


async def test_what_is_wrong_with_a_value_is_told_by_the_new_field(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        await added(both.own, field_label="Code", data_type="text", length=3)
        await added(both.own, field_label="Size", data_type="integer", required=True)
        long = only(await both.own.insert("Contacts", {"Last_Name": "Weber", "Code": "four", "Size": 1}), 400)
        assert long["details"] == {"maximum_length": 3, "api_name": "Code", "json_path": "$.data[0].Code"}
        missing = only(await both.own.insert("Contacts", {"Last_Name": "Weber"}), 400)
        assert (missing["code"], missing["details"]["api_name"]) == ("MANDATORY_NOT_FOUND", "Size")
        contact = both.own.world.contact.id
        assert only(await both.own.ask("PUT", f"/Contacts/{contact}", {"data": [{"Code": "abc"}]}), 200)
        only(await both.other.insert("Contacts", {"Last_Name": "Weber"}), 201)


async def test_no_two_records_share_the_value_of_a_unique_field(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        unique = {"casesensitive": False}
        await added(both.own, field_label="Customer No", data_type="text", unique=unique)
        (shown,) = await own_fields(both.own)
        assert shown["unique"] == {"casesensitive": "0"}
        first = only(await both.own.insert("Contacts", {"Last_Name": "Weber", "Customer_No": "K-7"}), 201)
        second = only(await both.own.insert("Contacts", {"Last_Name": "Ito", "Customer_No": "k-7"}), 400)
        assert (second["code"], second["details"]["id"]) == ("DUPLICATE_DATA", first["details"]["id"])
        body = {"data": [{"Last_Name": "Vogel", "Customer_No": "K-7"}], "duplicate_check_fields": ["Customer_No"]}
        item = only(await both.own.ask("POST", "/Contacts/upsert", body), 200)
        assert (item["action"], item["duplicate_field"]) == ("update", "Customer_No")
        await added(both.own, field_label="Tax No", data_type="integer", unique={"case_sensitive": "0"})
        (third,) = await add(both.own, {"field_label": "Third", "data_type": "text", "unique": unique})
        assert (third["code"], third["details"]) == (
            "LIMIT_EXCEEDED",
            {"limit": 2, "api_name": "unique", "json_path": "$.fields[0].unique"},
        )


async def test_each_field_of_a_call_is_answered_by_itself(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        asked = [
            {"field_label": "Region", "data_type": "text"},
            {"field_label": "region", "data_type": "date"},
            {"field_label": "Full Name", "data_type": "text"},
            {"field_label": "Region!", "data_type": "text"},
            "Region",
        ]
        answer = await both.own.ask("POST", "/settings/fields", {"fields": asked}, params=WHERE)
        assert answer.status_code == 207
        items = answer.json()["fields"]
        assert [each["code"] for each in items] == [
            "SUCCESS",
            "DUPLICATE_DATA",
            "DUPLICATE_DATA",
            "SUCCESS",
            "INVALID_DATA",
        ]
        assert items[1]["details"] == {"api_name": "field_label", "json_path": "$.fields[1].field_label"}
        assert items[4]["details"] == {"expected_data_type": "jsonobject"}
        # A label of the same letters is another field's, whose name is told apart by a number.
        assert [each["api_name"] for each in await own_fields(both.own)] == ["Region", "Region1"]
        only_wrong = await both.own.ask("POST", "/settings/fields", {"fields": asked[:1]}, params=WHERE)
        assert only_wrong.status_code == 400


@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        ([], "INVALID_DATA", {"expected_data_type": "jsonobject"}),
        ({}, "MANDATORY_NOT_FOUND", {"api_name": "fields", "json_path": "$.fields"}),
        ({"fields": {}}, "INVALID_DATA", {"expected_data_type": "jsonarray"}),
        ({"fields": [{}] * 26}, "INVALID_DATA", {"maximum_length": 25}),
    ],
)
async def test_a_body_that_is_wrong_as_a_whole(tmp_path: Path, body: Any, code: str, details: dict[str, Any]) -> None:
    async with guests(tmp_path) as both:
        answer = await both.own.ask("POST", "/settings/fields", body, params=WHERE)
        assert details.items() <= error(answer, 400, code).items()


async def test_no_module_has_more_than_a_hundred(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for n in range(0, FIELDS_AT_MOST, 25):
            many = [{"field_label": f"Field number {n + k}", "data_type": "text"} for k in range(25)]
            assert {each["status"] for each in await add(both.own, *many)} == {"success"}
        (last,) = await add(both.own, {"field_label": "One more", "data_type": "text"})
        assert (last["code"], last["details"]) == ("LIMIT_EXCEEDED", {"limit": FIELDS_AT_MOST})
        await added(both.own, module="Accounts", field_label="One more", data_type="text")


async def test_a_field_belongs_to_its_organisation_and_module(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        field_id = await added(both.own, field_label="Region", data_type="text")
        assert await own_fields(both.other) == []
        assert await own_fields(both.own, "Accounts") == []
        only(await both.other.insert("Contacts", {"Last_Name": "Weber", "Region": "passed over"}), 201)
        for guest, where in ((both.other, WHERE), (both.own, {"module": "Accounts"})):
            answer = await guest.ask("DELETE", f"/settings/fields/{field_id}", params=where)
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 2}
        assert [each["id"] for each in await own_fields(both.own)] == [field_id]
        # Both may have one of that name, with another kind.
        await added(both.other, field_label="Region", data_type="integer")


async def test_a_removed_field_takes_its_values_with_it(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        field_id = await added(both.own, field_label="Region", data_type="text", unique={"casesensitive": False})
        made = only(await both.own.insert("Contacts", {"Last_Name": "Weber", "Region": "Northern coast"}), 201)
        number = made["details"]["id"]
        modified = (await both.own.get(f"/Contacts/{number}")).json()["data"][0]["Modified_Time"]
        await remove(both.own, field_id)
        assert await own_fields(both.own) == []
        (record,) = (await both.own.get(f"/Contacts/{number}")).json()["data"]
        assert "Region" not in record
        assert record["Modified_Time"] == modified
        assert (await both.own.get("/Contacts/search", word="coast")).status_code == 204
        unknown = await both.own.get("/Contacts/search", criteria="(Region:equals:Northern coast)")
        assert error(unknown, 400, "INVALID_QUERY")["api_name"] == "Region"
        again = await both.own.ask("DELETE", f"/settings/fields/{field_id}", params=WHERE)
        assert error(again, 400, "INVALID_DATA") == {"resource_path_index": 2}
        # Nothing comes back with another field of the same name.
        await added(both.own, field_label="Region", data_type="integer", unique={})
        (record,) = (await both.own.get(f"/Contacts/{number}")).json()["data"]
        assert record["Region"] is None
        only(await both.own.insert("Contacts", {"Last_Name": "Ito", "Region": 7}), 201)


async def test_what_every_organisation_has_stays(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        fields = (await both.own.get("/settings/fields", **WHERE)).json()["fields"]
        title = next(each["id"] for each in fields if each["api_name"] == "Title")
        for field_id in (title, "1", "x"):
            answer = await both.own.ask("DELETE", f"/settings/fields/{field_id}", params=WHERE)
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 2}
        assert (await both.own.get("/settings/fields", **WHERE)).json()["fields"] == fields


async def test_deals_have_fields_of_their_own_under_either_name(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        body = {"fields": [{"field_label": "Margin", "data_type": "double"}]}
        made = await both.own.ask("POST", "/crm/v8/settings/fields", body, params={"module": "Deals"})
        assert made.status_code == 201, made.text
        assert [each["api_name"] for each in await own_fields(both.own, "Pipelines")] == ["Margin"]
        answer = await both.own.ask("POST", "/settings/fields", body, params={"module": "Deals"})
        assert error(answer, 400, "INVALID_MODULE") == {"param_name": "module"}


async def test_a_lookup_tells_where_it_leads(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        shown = (await both.own.get("/settings/fields", module="Tasks")).json()["fields"]
        lookups = {each["api_name"]: each["lookup"] for each in shown if each["data_type"] == "lookup"}
        assert {name: each["module"]["api_name"] for name, each in lookups.items()} == {
            "Who_Id": "Contacts",
            "What_Id": "se_module",
        }
