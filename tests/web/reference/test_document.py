"""The OpenAPI document: it is one, it tells of every call and every refusal, and what it says is what is judged."""

import re
from typing import Final

import pytest

from postroom.access.scope import parse
from postroom.record import CONTACTS, MODULES, Module
from postroom.web.api.params import PLACEHOLDERS
from postroom.web.api.routes import ROUTES
from postroom.web.refusals import ANSWERS
from tests.web.reference.described import document, inside, operations
from tests.web.reference.witness import schema

OPERATIONS: Final = dict(operations())
SCHEMAS: Final = document()["components"]["schemas"]


def test_it_is_openapi() -> None:
    loaded = schema()
    loaded.validate()
    assert loaded.specification.version == document()["openapi"] == "3.1.0"


def test_what_is_no_openapi_would_be_noticed() -> None:
    import schemathesis

    with pytest.raises(Exception, match="paths"):
        schemathesis.openapi.from_dict({**document(), "paths": []}).validate()


def has(module: Module, template: str) -> bool:
    """Whether records of the module have that call: mails are about three of them (W 1.1), and notes have no lists."""
    word = template.split("/")[3:4]
    if word == ["Emails"] or template.endswith("send_mail"):
        return module.name in ("Contacts", "Accounts", "Pipelines")
    return module.name != "Notes" or word not in (["Notes"], ["Attachments"], ["Locking_Information__s"], ["{related}"])


def test_each_route_stands_in_it_those_of_a_module_once_for_each() -> None:
    expected = {
        f"{each.method} {each.template.replace('/{module}', f'/{module.name}', 1)}"
        if each.template.startswith("/{module}")
        else f"{each.method} {each.template}"
        for each in ROUTES
        for module in MODULES
        if has(module, each.template)
    }
    assert expected == OPERATIONS.keys()


def test_each_placeholder_is_told() -> None:
    named = {name for each in ROUTES for name in re.findall(r"\{(\w+)\}", each.template)}
    assert named == {each.name for each in PLACEHOLDERS}
    for name, told in OPERATIONS.items():
        places = [each["name"] for each in told["parameters"] if each["in"] == "path"]
        assert places == re.findall(r"\{(\w+)\}", name)


def test_each_code_stands_under_its_status() -> None:
    for reason, wire in ANSWERS.items():
        answer = document()["components"]["responses"][f"Refused{wire.status}"]
        assert f"`{wire.code}`" in answer["description"], reason
        _, codes = SCHEMAS[f"Refused{wire.status}"]["allOf"]
        assert wire.code in codes["properties"]["code"]["enum"], reason


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_call_is_refused_as_every_call_may_be(name: str) -> None:
    told = OPERATIONS[name]
    refused = {status for status in told["responses"] if status >= "400"}
    assert refused >= {"400", "401", "403", "404", "500", "503"}
    assert ("413" in refused) is ("requestBody" in told)
    assert ("415" in refused) is ("multipart/form-data" in told.get("requestBody", {}).get("content", {}))


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_scopes_of_a_call_open_it(name: str) -> None:
    told = OPERATIONS[name]
    (needed,) = told["security"]
    scopes = parse(",".join(needed["oauth2"]))
    method, path = name.split(" ")
    module = told["tags"][0] if told["tags"][0] in {each.name for each in MODULES} else ""
    template = path.replace(f"/{module}", "/{module}", 1) if module else path
    (endpoint,) = (each for each in ROUTES if (each.method, each.template) == (method, template))
    assert all(map(scopes.allow, endpoint.needs_for(module)))


def test_each_scope_is_described() -> None:
    flow = document()["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]
    needed = {scope for told in OPERATIONS.values() for each in told["security"] for scope in each["oauth2"]}
    assert flow["scopes"].keys() == needed
    assert flow["scopes"]["ZohoBigin.modules.Contacts.READ"] == "See contacts"
    assert flow["tokenUrl"] == "https://accounts.eu.example/oauth/v2/token"
    assert document()["servers"] == [{"url": "https://api.eu.example/bigin/v2"}]


def test_each_call_has_a_name_of_its_own_a_summary_and_a_known_tag() -> None:
    names = [told["operationId"] for told in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert {"contacts_insert", "contacts_Emails_listing", "contacts_send_mail", "org_get"} <= set(names)
    assert all(told["summary"] for told in OPERATIONS.values())
    assert {tag for told in OPERATIONS.values() for tag in told["tags"]} == {
        each["name"] for each in document()["tags"]
    }


def test_each_reference_leads_somewhere_and_each_schema_is_referred_to() -> None:
    found = {each["$ref"] for each in inside(document()) if isinstance(each, dict) and "$ref" in each}
    kept = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in document()["components"][kind]
    }
    assert found == kept


def test_a_record_is_told_as_its_fields_are_judged() -> None:
    new, shown = SCHEMAS["NewContacts"], SCHEMAS["Contacts"]
    assert new["required"] == ["Last_Name"]
    assert new["properties"].keys() == {each.name for each in CONTACTS.fields if not each.system}
    assert shown["properties"].keys() == {each.name for each in CONTACTS.fields} | {"id"}
    for each in CONTACTS.fields:
        assert shown["properties"][each.name].get("readOnly", False) is each.system
        taken = new["properties"].get(each.name, {})
        assert "maxLength" not in taken or taken["maxLength"] == each.length
    assert new["properties"]["Last_Name"]["maxLength"] == 80
    assert "null" not in new["properties"]["Last_Name"]["type"]


def test_answers_leave_nothing_out() -> None:
    assert set(SCHEMAS["Organization"]["required"]) == SCHEMAS["Organization"]["properties"].keys()
    assert SCHEMAS["Status"]["required"] == ["type"]  # the other keys stand with a bounce only
    assert "default" in SCHEMAS["FromAddress"]["required"]
