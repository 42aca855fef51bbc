"""Every scope against every route: the decision is the one of a table written by hand from W 5.1 and 5.2."""

import asyncio
import itertools
import random
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postroom.access.scope import Need, Operation, parse
from postroom.web.api.routes import ROUTES
from postroom.web.server import PREFIXES
from tests.web.house import House, house

# W 5.1: what kind of call it is, and the operations any one of which is enough
ENOUGH: Final = {
    "read": {"ALL", "READ"},
    "insert": {"ALL", "WRITE", "CREATE"},
    "update": {"ALL", "WRITE", "UPDATE"},
    "delete": {"ALL", "DELETE"},
    "delink": {"ALL", "WRITE", "DELETE"},
}
# W 5.2: the names of a scope that stands for a kind of call; M is the module. A group stands for all that is in it.
TABLE: Final = {
    "POST /{module}/{id}/actions/send_mail": ["insert send_mail.M send_mail.all send_mail"],
    "GET /{module}/{id}/Emails": ["read modules.M modules.all modules"],
    "GET /{module}/{id}/Emails/{message_id}": ["read modules.M modules.all modules"],
    "GET /{module}/{id}/Emails/actions/download_attachments": ["read modules.M modules.all modules"],
    "PUT /{module}/{id}/Emails/{message_id}": ["insert send_mail.M send_mail.all send_mail"],
    "DELETE /{module}/{id}/Emails/{message_id}": ["insert send_mail.M send_mail.all send_mail"],
    "POST /{module}/{id}/Emails/{message_id}/actions/send_now": ["insert send_mail.M send_mail.all send_mail"],
    "POST /{module}/{id}/Emails/{message_id}/actions/hold": ["insert send_mail.M send_mail.all send_mail"],
    "POST /{module}/{id}/Emails/{message_id}/actions/release": ["insert send_mail.M send_mail.all send_mail"],
    "POST /{module}/{id}/Emails/{message_id}/actions/retry": ["insert send_mail.M send_mail.all send_mail"],
    "POST /Emails/actions/hold": ["insert send_mail.all send_mail"],
    "POST /Emails/actions/release": ["insert send_mail.all send_mail"],
    "POST /Emails/actions/cancel": ["insert send_mail.all send_mail"],
    "POST /Emails/actions/retry": ["insert send_mail.all send_mail"],
    "POST /Emails/actions/reschedule": ["insert send_mail.all send_mail"],
    "GET /settings/emails/actions/from_addresses": ["read settings.emails settings.all settings"],
    "POST /files": ["insert files"],
    "GET /files": ["read files"],
    "POST /coql": ["read coql", "read modules.M modules.all modules"],
    "POST /{module}": ["insert modules.M modules.all modules"],
    "GET /{module}": ["read modules.M modules.all modules"],
    "PUT /{module}": ["update modules.M modules.all modules"],
    "DELETE /{module}": ["delete modules.M modules.all modules"],
    "GET /{module}/search": ["read modules.M modules.all modules", "read ZohoSearch:securesearch"],
    "POST /{module}/upsert": ["insert modules.M modules.all modules", "update modules.M modules.all modules"],
    "GET /{module}/{id}": ["read modules.M modules.all modules"],
    "PUT /{module}/{id}": ["update modules.M modules.all modules"],
    "DELETE /{module}/{id}": ["delete modules.M modules.all modules"],
    "GET /{module}/deleted": ["read modules.M modules.all modules"],
    "POST /{module}/actions/change_owner": ["update modules.M modules.all modules"],
    "POST /{module}/{id}/actions/change_owner": ["update modules.M modules.all modules"],
    "GET /{module}/{id}/Notes": ["read modules.M modules.all modules", "read modules.notes modules.all modules"],
    "POST /{module}/{id}/Notes": ["insert modules.M modules.all modules", "insert modules.notes modules.all modules"],
    "GET /{module}/{id}/Notes/{note_id}": [
        "read modules.M modules.all modules",
        "read modules.notes modules.all modules",
    ],
    "PUT /{module}/{id}/Notes/{note_id}": [
        "update modules.M modules.all modules",
        "update modules.notes modules.all modules",
    ],
    "DELETE /{module}/{id}/Notes/{note_id}": [
        "delete modules.M modules.all modules",
        "delete modules.notes modules.all modules",
    ],
    "GET /{module}/{id}/Attachments": [
        "read modules.M modules.all modules",
        "read modules.attachments modules.all modules",
    ],
    "POST /{module}/{id}/Attachments": [
        "insert modules.M modules.all modules",
        "insert modules.attachments modules.all modules",
    ],
    "GET /{module}/{id}/Attachments/{attachment_id}": [
        "read modules.M modules.all modules",
        "read modules.attachments modules.all modules",
    ],
    "DELETE /{module}/{id}/Attachments/{attachment_id}": [
        "delete modules.M modules.all modules",
        "delete modules.attachments modules.all modules",
    ],
    "GET /{module}/{id}/Locking_Information__s": [
        "read modules.M modules.all modules",
        "read modules.lockinginformation modules.all modules",
    ],
    "POST /{module}/{id}/Locking_Information__s": [
        "insert modules.M modules.all modules",
        "insert modules.lockinginformation modules.all modules",
    ],
    "GET /{module}/{id}/Locking_Information__s/{lock_id}": [
        "read modules.M modules.all modules",
        "read modules.lockinginformation modules.all modules",
    ],
    "PUT /{module}/{id}/Locking_Information__s/{lock_id}": [
        "update modules.M modules.all modules",
        "update modules.lockinginformation modules.all modules",
    ],
    "DELETE /{module}/{id}/Locking_Information__s/{lock_id}": [
        "delete modules.M modules.all modules",
        "delete modules.lockinginformation modules.all modules",
    ],
    "GET /{module}/{id}/{related}": ["read modules.M modules.all modules"],
    "PUT /{module}/{id}/{related}": ["update modules.M modules.all modules"],
    "DELETE /{module}/{id}/{related}": ["delink modules.M modules.all modules"],
    "DELETE /{module}/{id}/{related}/{related_id}": ["delink modules.M modules.all modules"],
    "GET /settings/modules": ["read settings.modules settings.all settings"],
    "GET /settings/modules/{module}": ["read settings.modules settings.all settings"],
    "GET /settings/fields": ["read settings.fields settings.all settings"],
    "POST /settings/fields": ["insert settings.fields settings.all settings"],
    "GET /settings/fields/{id}": ["read settings.fields settings.all settings"],
    "DELETE /settings/fields/{id}": ["delete settings.fields settings.all settings"],
    "GET /settings/layouts": ["read settings.layouts settings.all settings"],
    "GET /settings/layouts/{id}": ["read settings.layouts settings.all settings"],
    "GET /settings/related_lists": ["read settings.related_lists settings.all settings"],
    "GET /settings/email_templates": ["read templates.email templates.all templates"],
    "POST /settings/email_templates": ["insert templates.email templates.all templates"],
    "GET /settings/email_templates/{id}": ["read templates.email templates.all templates"],
    "PUT /settings/email_templates/{id}": ["update templates.email templates.all templates"],
    "DELETE /settings/email_templates/{id}": ["delete templates.email templates.all templates"],
    "GET /settings/domain_keys": ["read settings.domain_keys settings.all settings"],
    "POST /settings/domain_keys": ["insert settings.domain_keys settings.all settings"],
    "POST /settings/domain_keys/{id}/actions/start": ["update settings.domain_keys settings.all settings"],
    "DELETE /settings/domain_keys/{id}": ["delete settings.domain_keys settings.all settings"],
    "GET /settings/tags": ["read settings.tags settings.all settings"],
    "GET /settings/roles": ["read settings.roles settings.all settings"],
    "GET /users": ["read users"],
    "PUT /users": ["update users"],
    "GET /users/{id}": ["read users"],
    "PUT /users/{id}": ["update users"],
    "GET /org": ["read org"],
    # Calls without a route, most of which need two scopes at once
    "add a note": ["insert modules.M modules.all modules", "insert modules.notes modules.all modules"],
    "attach a file": ["insert modules.M modules.all modules", "insert modules.attachments modules.all modules"],
    "delink a record": ["delink modules.M modules.all modules"],
    "bulk file": ["insert bulk", "insert ZohoFiles:files"],
}
# W 5.2: the module of a URL, and its names in a scope; CRM's Deals are Bigin's Pipelines
MODULES: Final = {
    "Contacts": {"contacts"},
    "Accounts": {"accounts"},
    "Products": {"products"},
    "Pipelines": {"pipelines", "deals"},
    "Deals": {"pipelines", "deals"},
    "Tasks": {"tasks"},
}
OURS: Final = {"zohobigin", "zohocrm"}

MODULE: Final = ("modules", "{module}")
ROUTED: Final = {f"{route.method} {route.template}": route for route in ROUTES}
UNROUTED: Final = {
    "add a note": (Need(MODULE, Operation.CREATE), Need(("modules", "notes"), Operation.CREATE)),
    "attach a file": (Need(MODULE, Operation.CREATE), Need(("modules", "attachments"), Operation.CREATE)),
    "delink a record": (Need(MODULE, Operation.DELINK),),
    "bulk file": (Need(("bulk",), Operation.CREATE), Need(("files",), Operation.CREATE, "zohofiles")),
}

SERVICES: Final = ("ZohoBigin", "ZohoCRM", "ZohoSearch", "ZohoFiles", "ZohoMail", "modules")
NAMES: Final = (
    *(f"{group}.{name}" for group in ("modules", "send_mail") for name in ("all", "contacts", "accounts", "deals")),
    *(f"modules.{name}" for name in ("pipelines", "products", "tasks", "notes", "attachments", "contacts.emails")),
    "modules.lockinginformation",
    *(f"settings.{name}" for name in ("all", "emails", "modules", "fields", "contacts")),
    *(f"settings.{name}" for name in ("layouts", "related_lists", "tags", "roles")),
    *("templates", "templates.email"),
    *("modules", "send_mail", "settings", "files", "users", "org", "coql", "bulk", "securesearch", "contacts", "all"),
)
OPERATIONS: Final = ("READ", "CREATE", "UPDATE", "DELETE", "WRITE", "ALL")
# W 5.1: {service}.{scope_name}.{operation}; only letters that everybody's keyboard has
FORM: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+\.(read|create|update|delete|write|all)", re.ASCII | re.IGNORECASE)
JUNK: Final = (
    *("ZohoBigin", "ZohoBigin.READ", "ZohoBigin.modules", "ZohoBigin.modules.contacts", "modules.contacts.DELINK"),
    *("ZohoBigin..READ", ".modules.READ", "ZohoBigin.modules.READ.", "ZohoBigin.modules.*", "ZohoBigin.modules.WRıTE"),
    *("aaaserver.profile.", "Zoho-Bigin.modules.READ", "ZohoBigin:modules.READ", "openid", "\N{KELVIN SIGN}.a.READ"),
)


def enough_by_hand(scope: str, need: str, module: str) -> bool:
    kind, *names = need.split()
    service, *words, operation = scope.split(".")
    for name in names:
        elsewhere, _, path = name.rpartition(":")
        services = {elsewhere.lower()} if elsewhere else OURS
        spelled = {path.replace("M", word) for word in MODULES[module]}
        if service.lower() in services and ".".join(words).lower() in spelled and operation.upper() in ENOUGH[kind]:
            return True
    return False


def decided_by_hand(scopes: Collection[str], call: str, module: str) -> bool:
    return all(any(enough_by_hand(scope, need, module) for scope in scopes) for need in TABLE[call])


def decided(text: str, call: str, module: str) -> bool:
    if call in ROUTED:
        needs: Sequence[Need] = ROUTED[call].needs_for(module)
    else:
        places = (tuple(module if word == "{module}" else word for word in need.path) for need in UNROUTED[call])
        needs = [Need(path, need.operation, need.service) for path, need in zip(places, UNROUTED[call], strict=True)]
    return all(map(_parsed(text).allow, needs))


_parsed = lru_cache(maxsize=None)(parse)


def test_every_route_has_a_row() -> None:
    assert TABLE.keys() == ROUTED.keys() | UNROUTED.keys()
    assert len(ROUTED) == len(ROUTES)


@pytest.mark.parametrize("call", TABLE)
def test_each_single_scope_opens_what_the_table_says(call: str) -> None:
    for service, name, operation in itertools.product(SERVICES, NAMES, OPERATIONS):
        scope = f"{service}.{name}.{operation}"
        for module in MODULES:
            assert decided(scope, call, module) is decided_by_hand([scope], call, module), (scope, module)


@st.composite
def well_formed(draw: st.DrawFn) -> str:
    """A scope in any case, mostly of words that mean something."""
    word = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=8)
    service, name = draw(st.sampled_from(SERVICES) | word), draw(st.sampled_from(NAMES) | word)
    scope = f"{service}.{name}.{draw(st.sampled_from(OPERATIONS))}"
    return draw(st.sampled_from((scope, scope.lower(), scope.upper(), scope.title(), scope.swapcase())))


written = st.lists(well_formed(), min_size=1, max_size=5)
between = st.sampled_from((",", ", ", " ", ",,", " ,\n"))
call = st.sampled_from(sorted(TABLE))
module = st.sampled_from(sorted(MODULES))


@given(written, between, call, module)
@settings(max_examples=80, deadline=None)
def test_any_scopes_open_what_the_table_says(scopes: list[str], between: str, call: str, module: str) -> None:
    assert decided(between.join(scopes), call, module) is decided_by_hand(scopes, call, module)


@given(written, st.sampled_from(JUNK) | st.text(min_size=1), st.integers(0, 5))
@settings(deadline=None)
@example(["ZohoBigin.modules.ALL"], "ZohoBigin.modules.WRıTE", 1)
def test_scopes_with_one_that_is_none_open_nothing(scopes: list[str], other: str, place: int) -> None:
    scopes.insert(place, other)
    if all(FORM.fullmatch(part) for part in re.split(r"[,\s]+", other) if part):
        parse(",".join(scopes))
    else:
        with pytest.raises(ValueError, match="is not a scope"):
            parse(",".join(scopes))


SAMPLES: Final = 1  # per route, of those that open it and of those that do not


def sample() -> list[tuple[str, str, str]]:
    """Scopes, a route and a module: for each route some that open it and some that do not, the same each time."""
    chance = random.Random(5)
    every = [".".join(words) for words in itertools.product(SERVICES, NAMES, OPERATIONS)]
    chosen = []

    def enough(need: str, module: str) -> str:
        return chance.choice([each for each in every if enough_by_hand(each, need, module)])

    for call in ROUTED:
        for opens in (True, False) * SAMPLES:
            module = chance.choice(sorted(MODULES))
            without = [each for each in every if not decided_by_hand([each], call, module)]
            scope = ",".join(enough(need, module) for need in TABLE[call]) if opens else chance.choice(without)
            with_it = chance.choice(without)
            chosen.append((chance.choice((scope, f"{with_it},{scope}", f"{scope} {with_it}")), call, module))
    return chosen


async def test_the_server_decides_likewise(tmp_path: Path) -> None:
    chosen = sample()
    prefixes = itertools.cycle("/".join(words) for words in PREFIXES)
    assert len(chosen) == len(ROUTES) * SAMPLES * 2 > 125
    async with house(tmp_path) as home:
        # All tokens at once: they are written together.
        every = await asyncio.gather(*(home.headers(scopes) for scopes, *_ in chosen))
        for (scopes, call, module), prefix, headers in zip(chosen, prefixes, every, strict=False):
            opens = decided_by_hand(re.split("[, ]", scopes), call, module)
            assert await opened(home, prefix, headers, call, module) is opens, (scopes, prefix, call, module)


async def opened(home: House, prefix: str, headers: dict[str, str], call: str, module: str) -> bool:
    method, template = call.split()
    path = re.sub(r"\{\w+\}", "x", template.replace("{module}", module).replace("{id}", "1"))
    # The module of a query stands in its body.
    query = {"select_query": f"select id from {module} where id is not null"}
    answer = await home.http.request(method, f"{home.url}/{prefix}{path}", headers=headers, json=query)
    return not (answer.status_code == 401 and answer.json()["code"] == "OAUTH_SCOPE_MISMATCH")


async def test_a_route_with_two_needs_opens_with_both(tmp_path: Path) -> None:
    mine, theirs = "ZohoBigin.modules.contacts.READ", "ZohoSearch.securesearch.READ"
    async with house(tmp_path) as home:
        for scopes, status in ((mine, 401), (theirs, 401), (f"{theirs},{mine}", 204)):
            url = f"{home.api}/Contacts/search?word=nobody"
            assert (await home.http.get(url, headers=await home.headers(scopes))).status_code == status, scopes
