"""Layouts, related lists, tags and roles at a running server (W 6.2)."""

from pathlib import Path
from typing import Any

import pytest

from postroom.record import MODULES
from tests.web.api.guests import Guest, error, guests, only


async def layout(guest: Guest, module: str, prefix: str = "") -> dict[str, Any]:
    answer = await guest.get(f"{prefix}/settings/layouts", module=module)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["layouts"]
    assert isinstance(found, dict)
    return found


async def test_each_module_has_a_layout_with_all_its_fields(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        body = {"fields": [{"field_label": "Region", "data_type": "text"}]}
        await both.own.ask("POST", "/settings/fields", body, params={"module": "Contacts"})
        for module in MODULES:
            found = await layout(both.own, module.name)
            fields = (await both.own.get("/settings/fields", module=module.name)).json()["fields"]
            held = [each for section in found["sections"] for each in section["fields"]]
            assert sorted(held, key=lambda each: int(each["sequence_number"])) == fields
            assert [each["sequence_number"] for each in found["sections"]] == [*range(1, len(found["sections"]) + 1)]
            alone = await both.own.get(f"/settings/layouts/{found['id']}", module=module.name)
            assert (alone.status_code, alone.json()) == (200, {"layouts": [found]})
        theirs = await layout(both.other, "Contacts")
        names = [each["api_name"] for section in theirs["sections"] for each in section["fields"]]
        assert "Region" not in names


async def test_addresses_and_descriptions_stand_apart(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        sections = {each["name"]: each for each in (await layout(both.own, "Accounts"))["sections"]}
        assert list(sections) == ["Company Information", "Address Information", "Description Information"]
        assert "Billing_City" in [each["api_name"] for each in sections["Address Information"]["fields"]]
        assert [each["api_name"] for each in sections["Description Information"]["fields"]] == ["Description"]
        assert [each["name"] for each in (await layout(both.own, "Notes"))["sections"]] == ["Note Information"]


@pytest.mark.parametrize(("prefix", "module"), [("", "Pipelines"), ("/crm/v8", "Deals")])
async def test_the_layout_of_pipelines_is_the_team_pipeline(tmp_path: Path, prefix: str, module: str) -> None:
    """As BiginPythonClient finds the stages of a pipeline."""
    async with guests(tmp_path) as both:
        pipeline = await layout(both.own, module, prefix)
        assert pipeline["name"] == "Sales Pipeline"
        section = next(each for each in pipeline["sections"] if each["name"] == "Potential Information")
        stage = next(each for each in section["fields"] if each["api_name"] == "Stage")
        stages = stage["pick_list_values"]
        assert [each["display_value"] for each in stages][:2] == ["Qualification", "Needs Analysis"]
        for each in stages:
            assert {"id", "display_value", "reference_value", "sequence_number", "actual_value"} <= set(each)


@pytest.mark.parametrize("path", ["/settings/layouts", "/settings/related_lists", "/settings/tags"])
async def test_the_module_must_be_named_and_known(tmp_path: Path, path: str) -> None:
    async with guests(tmp_path) as both:
        assert error(await both.own.get(path), 400, "REQUIRED_PARAM_MISSING") == {"param_name": "module"}
        for name in ("Leads", "Deals", "contacts"):
            assert error(await both.own.get(path, module=name), 400, "INVALID_MODULE") == {"param_name": "module"}


async def test_a_layout_of_another_module_is_unknown(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        accounts = (await layout(both.own, "Accounts"))["id"]
        for layout_id in (accounts, "17", "x"):
            answer = await both.own.get(f"/settings/layouts/{layout_id}", module="Contacts")
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 2}


@pytest.mark.parametrize(("prefix", "deals"), [("", "Pipelines"), ("/crm/v8", "Deals")])
async def test_related_lists_tell_where_they_are(tmp_path: Path, prefix: str, deals: str) -> None:
    async with guests(tmp_path) as both:
        answer = await both.own.get(f"{prefix}/settings/related_lists", module="Accounts")
        lists = {each["api_name"]: each for each in answer.json()["related_lists"]}
        assert list(lists) == ["Contacts", deals, "Tasks", "Events", "Calls", "Notes", "Attachments", "Emails"]
        modules = {name: each["module"] and each["module"]["api_name"] for name, each in lists.items()}
        assert modules == {name: None if name == "Emails" else name for name in lists}
        assert lists[deals]["href"] == f"Accounts/{{ENTITYID}}/{deals}"
        assert lists[deals]["display_label"] == deals
        ids = [each["id"] for each in lists.values()]
        assert len(set(ids)) == len(ids)
        assert (await both.own.get(f"{prefix}/settings/related_lists", module="Notes")).status_code == 204
        of_deals = (await both.own.get(f"{prefix}/settings/related_lists", module=deals)).json()["related_lists"]
        assert of_deals[0]["href"] == f"{deals}/{{ENTITYID}}/Tasks"


async def test_tags_are_those_that_records_have(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        assert (await both.own.get("/settings/tags", module="Contacts")).status_code == 204
        numbers = []
        for tags in (["VIP", "new lead"], ["vip", "Straße"], ["STRASSE"]):
            item = {"Last_Name": "Weber", "Tag": [{"name": name} for name in tags]}
            numbers.append(only(await both.own.insert("Contacts", item), 201)["details"]["id"])
        await both.other.insert("Contacts", {"Last_Name": "Ito", "Tag": [{"name": "theirs"}]})
        await both.own.insert("Accounts", {"Account_Name": "Ito Ltd", "Tag": [{"name": "company"}]})
        body = (await both.own.get("/settings/tags", module="Contacts")).json()
        # As the oldest record has them, in the order of the alphabet.
        assert [each["name"] for each in body["tags"]] == ["new lead", "Straße", "VIP"]
        assert body["info"]["count"] == 3
        ids = {each["name"]: each["id"] for each in body["tags"]}
        for number, name, spelt in ((numbers[1], "VIP", "vip"), (numbers[2], "Straße", "STRASSE")):
            (record,) = (await both.own.get(f"/Contacts/{number}", fields="Tag")).json()["data"]
            assert {each["name"]: each["id"] for each in record["Tag"]}[spelt] == ids[name]
        await both.own.ask("DELETE", f"/Contacts/{numbers[0]}")
        body = (await both.own.get("/settings/tags", module="Contacts")).json()
        assert [each["name"] for each in body["tags"]] == ["Straße", "vip"]
        assert (await both.own.get("/settings/tags", module="Notes")).status_code == 204


async def test_everybody_has_the_one_role(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        (role,) = (await both.own.get("/settings/roles")).json()["roles"]
        (user,) = (await both.own.get("/users", type="CurrentUser")).json()["users"]
        assert user["role"] == {"name": role["name"], "id": role["id"]}
