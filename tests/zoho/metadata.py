"""What Zoho's SDK reads of modules, fields, layouts, lists, users and the organisation; runs like ``client.py``."""

import json
from typing import Any

from tests.zoho.sdk import done, given, headers, initialize, params, sdk


def modules() -> list[dict[str, Any]]:
    """Every module, each of which is the same when it is asked for alone."""
    operations = sdk("crm.api.modules").ModulesOperations()
    found = given(operations.get_modules(params(), headers())).get_modules()
    for each in found:
        (alone,) = given(operations.get_module_by_api_name(each.get_api_name())).get_modules()
        assert (alone.get_id(), alone.get_api_name()) == (each.get_id(), each.get_api_name())
    return [
        {
            "name": each.get_api_name(),
            "label": each.get_plural_label(),
            "visible": each.get_visible(),
            "type": each.get_generated_type().get_value(),
            "profiles": [profile.get_name() for profile in each.get_profiles()],
        }
        for each in found
    ]


def fields(module: str) -> dict[str, dict[str, Any]]:
    """Every field of a module; the first is the same when it is asked for alone."""
    operations = sdk("crm.api.fields").FieldsOperations()
    found = given(operations.get_fields(params("fields.GetFieldsParam", module=module))).get_fields()
    (alone,) = given(
        operations.get_field(found[0].get_id(), params("fields.GetFieldParam", module=module))
    ).get_fields()
    assert alone.get_api_name() == found[0].get_api_name()
    return {each.get_api_name(): _field(each) for each in found}


def _field(field: Any) -> dict[str, Any]:
    return {
        "type": field.get_data_type(),
        "length": field.get_length(),
        "mandatory": field.get_system_mandatory(),
        "unique": field.get_unique().get_casesensitive(),
        "custom": field.get_custom_field(),
        "leads_to": field.get_lookup().get_module() and field.get_lookup().get_module().get_api_name(),
        "choices": [choice.get_display_value() for choice in field.get_pick_list_values()],
    }


def own_field(module: str, label: str) -> dict[str, Any]:
    """A unique field, added, read and removed again."""
    room = sdk("crm.api.fields")
    field, unique, body = room.Fields(), room.Unique(), room.BodyWrapper()
    field.set_field_label(label)
    field.set_data_type("text")
    field.set_length(20)
    unique.set_casesensitive("false")
    field.set_unique(unique)
    body.set_fields([field])
    operations = room.FieldsOperations()
    made = given(operations.create_field(body, params("fields.CreateFieldParam", module=module)))
    number = int(done(made.get_fields())[0].get_details()["id"])
    (shown,) = given(operations.get_field(number, params("fields.GetFieldParam", module=module))).get_fields()
    gone = given(operations.delete_field(number, params("fields.DeleteFieldParam", module=module)))
    return {"name": shown.get_api_name(), **_field(shown), "at last": done(gone.get_fields())[0].get_message()}


def layout(module: str) -> dict[str, Any]:
    """The layout of a module, with the names of its fields."""
    operations = sdk("crm.api.layouts").LayoutsOperations()
    (listed,) = given(operations.get_layouts(params("layouts.GetLayoutsParam", module=module))).get_layouts()
    (found,) = given(
        operations.get_layout(listed.get_id(), params("layouts.GetLayoutParam", module=module))
    ).get_layouts()
    return {
        "name": found.get_name(),
        "status": found.get_status(),
        "profiles": [each.get_name() for each in found.get_profiles()],
        "sections": {
            each.get_name(): [one.get_api_name() for one in each.get_fields()] for each in found.get_sections()
        },
        "stages": [
            choice.get_display_value()
            for section in found.get_sections()
            for one in section.get_fields()
            if one.get_api_name() == "Stage"
            for choice in one.get_pick_list_values()
        ],
    }


def related_lists(module: str) -> dict[str, Any]:
    """Where each related list of a module is."""
    operations = sdk("crm.api.related_lists").RelatedListsOperations(None)
    found = given(operations.get_related_lists(params("related_lists.GetRelatedListsParam", module=module)))
    return {each.get_api_name(): each.get_href() for each in found.get_related_lists()}


def users() -> list[dict[str, Any]]:
    """Every user, the first of whom takes another name."""
    room = sdk("crm.api.users")
    operations = room.UsersOperations()
    found = given(operations.get_users(params("users.GetUsersParam", type="AllUsers", page=1, per_page=10), headers()))
    number = found.get_users()[0].get_id()
    user, body = room.Users(), room.BodyWrapper()
    user.set_last_name("Grün")
    body.set_users([user])
    done(given(operations.update_user(number, body)).get_users())
    (renamed,) = given(operations.get_user(number, headers())).get_users()
    return [
        {
            "name": each.get_full_name(),
            "email": each.get_email(),
            "role": each.get_role().get_name(),
            "profile": each.get_profile().get_name(),
        }
        for each in (*found.get_users(), renamed)
    ]


def organisation() -> dict[str, Any]:
    """The organisation."""
    (found,) = given(sdk("crm.api.org").OrgOperations().get_organization()).get_org()
    return {"name": found.get_company_name(), "email": found.get_primary_email(), "zone": found.get_time_zone()}


def roles() -> list[str]:
    """The names of the roles."""
    return [each.get_name() for each in given(sdk("crm.api.roles").RolesOperations().get_roles()).get_roles()]


def main() -> None:
    """The whole walk."""
    initialize()
    said = {
        "modules": modules(),
        "fields": {each: fields(each) for each in ("Contacts", "Deals", "Tasks")},
        "own field": own_field("Contacts", "Customer No"),
        "layout": layout("Deals"),
        "related lists": related_lists("Accounts"),
        "users": users(),
        "organisation": organisation(),
        "roles": roles(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
