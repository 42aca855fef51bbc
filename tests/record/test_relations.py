"""record.relations: which lists each module has, against a table written by hand from W 7.6."""

import pytest

from postroom.record import MODULES
from postroom.record.relations import RELATIONS, related_lists, relation

ACTIVITIES = ["Tasks", "Events", "Calls"]
LISTS = {
    "Contacts": ["Pipelines", *ACTIVITIES, "Notes", "Attachments", "Emails"],
    "Accounts": ["Contacts", "Pipelines", *ACTIVITIES, "Notes", "Attachments", "Emails"],
    "Pipelines": [*ACTIVITIES, "Notes", "Contacts", "Attachments", "Emails"],
    "Products": [*ACTIVITIES, "Notes", "Attachments"],
    "Tasks": ["Notes", "Attachments"],
    "Events": ["Notes", "Attachments"],
    "Calls": ["Notes", "Attachments"],
    "Notes": [],
}
BY_NAME = {module.name: module for module in MODULES}


def test_each_module_has_the_lists_of_the_table() -> None:
    assert {module.name: [each.name for each in related_lists(module)] for module in MODULES} == LISTS


def test_a_list_is_found_by_a_lookup_that_leads_there() -> None:
    for each in RELATIONS:
        if each.module is None:
            assert each.field is None
            continue
        assert each.field is not None
        holder, target = (each.of, each.module) if each.own else (each.module, each.of)
        field = holder.by_name[each.field]
        assert target.name in field.targets
        assert field.name in holder.numbers


@pytest.mark.parametrize(
    ("module", "name", "deals_name", "field"),
    [
        ("Accounts", "Contacts", "Pipelines", "Account_Name"),
        ("Accounts", "Pipelines", "Pipelines", "Account_Name"),
        ("Accounts", "Deals", "Deals", "Account_Name"),
        ("Contacts", "Pipelines", "Pipelines", "Contact_Name"),
        ("Contacts", "Tasks", "Pipelines", "Who_Id"),
        ("Products", "Tasks", "Pipelines", "What_Id"),
        ("Pipelines", "Contacts", "Deals", "Contact_Name"),
        ("Tasks", "Notes", "Pipelines", "Parent_Id"),
    ],
)
def test_a_list_is_found_by_the_name_that_the_client_knows(module: str, name: str, deals_name: str, field: str) -> None:
    found = relation(BY_NAME[module], name, deals_name)
    assert found is not None
    assert found.field == field


@pytest.mark.parametrize(
    ("module", "name", "deals_name"),
    [
        ("Accounts", "Deals", "Pipelines"),
        ("Accounts", "Pipelines", "Deals"),
        ("Accounts", "contacts", "Pipelines"),
        ("Contacts", "Accounts", "Pipelines"),
        ("Notes", "Attachments", "Pipelines"),
        ("Products", "Emails", "Pipelines"),
    ],
)
def test_what_is_no_list(module: str, name: str, deals_name: str) -> None:
    assert relation(BY_NAME[module], name, deals_name) is None
