"""Every scope against every route: the decision is the one of a table written by hand from W 5.1 and 5.2."""

import itertools
import random
from collections.abc import Collection
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.access.scope import parse
from postroom.web.routes import Endpoint
from postroom.web.server import ROUTES
from tests.web.house import house

# W 5.1: what kind of call it is, and the operations any one of which is enough
ENOUGH = {
    "read": {"ALL", "READ"},
    "insert": {"ALL", "WRITE", "CREATE"},
    "update": {"ALL", "WRITE", "UPDATE"},
    "delete": {"ALL", "DELETE"},
}
# W 5.1, 5.2: each route, the kind of its call, and the names under which a scope may stand for it; M is the module
TABLE = {
    ("POST", "/{module}/{id}/actions/send_mail"): ("insert", ("send_mail.M", "send_mail.all", "send_mail", "all")),
    ("GET", "/{module}/{id}/Emails"): ("read", ("modules.M", "modules.all", "modules")),
    ("GET", "/{module}/{id}/Emails/{message_id}"): ("read", ("modules.M", "modules.all", "modules")),
    ("GET", "/settings/emails/actions/from_addresses"): ("read", ("settings.emails", "settings.all", "settings")),
    ("POST", "/files"): ("insert", ("files",)),
    ("GET", "/files"): ("read", ("files",)),
    ("POST", "/{module}"): ("insert", ("modules.M", "modules.all", "modules")),
    ("GET", "/{module}"): ("read", ("modules.M", "modules.all", "modules")),
    ("PUT", "/{module}"): ("update", ("modules.M", "modules.all", "modules")),
    ("DELETE", "/{module}"): ("delete", ("modules.M", "modules.all", "modules")),
    ("GET", "/{module}/{id}"): ("read", ("modules.M", "modules.all", "modules")),
    ("PUT", "/{module}/{id}"): ("update", ("modules.M", "modules.all", "modules")),
    ("DELETE", "/{module}/{id}"): ("delete", ("modules.M", "modules.all", "modules")),
    ("GET", "/settings/modules"): ("read", ("settings.modules", "settings.all", "settings")),
    ("GET", "/settings/modules/{module}"): ("read", ("settings.modules", "settings.all", "settings")),
    ("GET", "/settings/fields"): ("read", ("settings.fields", "settings.all", "settings")),
    ("GET", "/users"): ("read", ("users",)),
    ("GET", "/users/{id}"): ("read", ("users",)),
    ("GET", "/org"): ("read", ("org",)),
}
# W 5.2: the module of a URL, and its names in a scope
MODULES = {
    "Contacts": ("contacts",),
    "Accounts": ("accounts",),
    "Pipelines": ("pipelines", "deals"),
    "Deals": ("pipelines", "deals"),
}

SERVICES = ("ZohoBigin", "ZohoCRM", "ZohoSearch", "ZohoFiles", "ZohoMail", "modules")
NAMES = (
    *(f"{group}.{name}" for group in ("modules", "send_mail", "settings") for name in ("contacts", "all", "accounts")),
    *("modules.pipelines", "modules.deals", "send_mail.deals", "modules", "send_mail", "settings", "files", "users"),
    *("org", "settings.emails", "settings.modules", "settings.fields", "securesearch", "modules.contacts.emails"),
)
OPERATIONS = ("READ", "CREATE", "UPDATE", "DELETE", "WRITE", "ALL")


def decided_by_hand(scopes: Collection[str], method: str, template: str, module: str) -> bool:
    kind, names = TABLE[method, template]
    wanted = {name.replace("M", word) for name in names for word in MODULES[module]}
    for scope in scopes:
        service, _, rest = scope.partition(".")
        name, _, operation = rest.rpartition(".")
        if service.lower() in ("zohobigin", "zohocrm") and name.lower() in wanted and operation.upper() in ENOUGH[kind]:
            return True
    return False


def decided(scopes: Collection[str], route: Endpoint, module: str) -> bool:
    return all(map(parse(",".join(scopes)).allow, route.needs_for(module)))


def test_every_route_has_a_row() -> None:
    assert {(route.method, route.template) for route in ROUTES} == TABLE.keys()


def test_each_single_scope_opens_what_the_table_says() -> None:
    for service, name, operation in itertools.product(SERVICES, NAMES, OPERATIONS):
        scope = f"{service}.{name}.{operation}"
        for route, module in itertools.product(ROUTES, MODULES):
            by_hand = decided_by_hand([scope], route.method, route.template, module)
            assert decided([scope], route, module) is by_hand, (scope, route.method, route.template, module)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A scope in any case, mostly of words that mean something."""
    word = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=8)
    words = (
        draw(st.sampled_from(SERVICES) | word),
        draw(st.sampled_from(NAMES) | word),
        draw(st.sampled_from(OPERATIONS)),
    )
    scope = ".".join(words)
    flips = draw(st.integers(0, 2 ** len(scope) - 1))
    return "".join(letter.swapcase() if flips >> n & 1 else letter for n, letter in enumerate(scope))


@given(st.lists(written(), min_size=1, max_size=5), st.sampled_from(ROUTES), st.sampled_from(sorted(MODULES)))
@settings(max_examples=2000, deadline=None)
def test_any_scopes_open_what_the_table_says(scopes: list[str], route: Endpoint, module: str) -> None:
    assert decided(scopes, route, module) is decided_by_hand(scopes, route.method, route.template, module)


async def test_the_server_decides_likewise(tmp_path: Path) -> None:
    every = [".".join(words) for words in itertools.product(SERVICES[:3], NAMES, OPERATIONS)]
    draw = random.Random(5)  # any, but the same each time
    async with house(tmp_path) as home:
        for scope in draw.sample(every, 40):
            headers = await home.headers(scope)
            for route in ROUTES:
                path = route.template.replace("{module}", "Contacts").replace("{id}", "1").replace("{message_id}", "x")
                answer = await home.http.request(route.method, home.api + path, headers=headers)
                opened = not (answer.status_code == 401 and answer.json()["code"] == "OAUTH_SCOPE_MISMATCH")
                assert opened is decided_by_hand([scope], route.method, route.template, "Contacts"), (scope, path)
