from pathlib import Path
from typing import Any

import pytest

from postroom.record import MODULES
from tests.web.api.guests import error, guests

# W 6.1, as recorded at the real service
MODULE_KEYS = (  # noqa: SIM905 - a paragraph reads better than a column of forty
    "has_more_profiles access_type private_profile global_search_supported deletable description creatable "
    "email_parser_supported inventory_template_supported modified_time plural_label presence_sub_menu "
    "actual_plural_label triggers_supported id isBlueprintSupported visible visibility convertable editable "
    "emailTemplate_support actual_singular_label profiles filter_supported show_as_tab web_link sequence_number "
    "singular_label viewable api_supported api_name quick_create modified_by generated_type feeds_required "
    "scoring_supported webform_supported public_fields_configured arguments module_name profile_count "
    "business_card_field_limit parent_module"
).split()


@pytest.mark.parametrize(
    ("prefix", "deals", "label"), [("/bigin/v2", "Pipelines", "Pipelines"), ("/crm/v8", "Deals", "Deals")]
)
async def test_every_module_is_listed_with_every_key(tmp_path: Path, prefix: str, deals: str, label: str) -> None:
    async with guests(tmp_path) as both:
        modules = (await both.own.get(f"{prefix}/settings/modules")).json()["modules"]
        after = ["Products", "Tasks", "Events", "Calls", "Notes"]
        assert [each["api_name"] for each in modules] == ["Contacts", "Accounts", deals, *after, "Attachments"]
        hidden = [each["api_name"] for each in modules if not each["visible"]]
        assert hidden == [each["api_name"] for each in modules if not each["emailTemplate_support"]]
        assert hidden == ["Notes", "Attachments"]
        for each in modules:
            assert sorted(each) == sorted(MODULE_KEYS)
            assert each["id"].isdigit()
            alone = (await both.own.get(f"{prefix}/settings/modules/{each['api_name']}")).json()["modules"]
            assert alone == [each]
        assert modules[2]["plural_label"] == label
        assert error(await both.own.get(f"{prefix}/settings/modules/Leads"), 400, "INVALID_MODULE")


async def test_fields_tell_what_the_sdks_read(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        answer = (await both.own.get("/settings/fields", module="Contacts")).json()["fields"]
        fields: dict[str, Any] = {each["api_name"]: each for each in answer}
        assert fields["Last_Name"]["system_mandatory"] is True
        assert (fields["Last_Name"]["data_type"], fields["Last_Name"]["length"]) == ("text", 80)
        assert fields["Account_Name"]["lookup"]["module"]["api_name"] == "Accounts"
        assert fields["Full_Name"]["read_only"] is True
        assert fields["Email"]["unique"] == {"casesensitive": "0"}
        assert (fields["Tag"]["data_type"], fields["Tag"]["json_type"]) == ("text", "jsonarray")
        deals = (await both.own.get("/crm/v8/settings/fields", module="Deals")).json()["fields"]
        stage = next(each for each in deals if each["api_name"] == "Stage")
        assert stage["pick_list_values"][0]["display_value"] == "Qualification"
        ids = [each["id"] for each in answer + deals]
        assert len(set(ids)) == len(ids)
        assert all(each.isdigit() and len(each) <= 19 for each in ids)


async def test_each_module_has_fields(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for module in MODULES:
            fields = (await both.own.get("/settings/fields", module=module.name)).json()["fields"]
            assert [each["api_name"] for each in fields] == [field.name for field in module.fields]


async def test_the_module_of_fields_must_be_named_and_known(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        assert error(await both.own.get("/settings/fields"), 400, "REQUIRED_PARAM_MISSING") == {"param_name": "module"}
        for name in ("Leads", "Deals", "contacts"):
            assert error(await both.own.get("/settings/fields", module=name), 400, "INVALID_MODULE")
