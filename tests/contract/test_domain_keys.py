"""The contract of the keys that mails are signed with: section 8.6 of docs/reference/wire.md."""

import re
from dataclasses import replace
from typing import Any

from tests.contract.calls import DIGITS, MOMENT, ask, done, refused, wrong
from tests.contract.case import Ask, Case
from tests.contract.mailing import by
from tests.contract.stage import Stage

RIGHT = "ZohoBigin.settings.domain_keys.ALL"
EVERY = "/settings/domain_keys"
MADE = "{got_domain_keys.0.details.id}"
START = f"{EVERY}/{MADE}/actions/start"
INVALID, MISSING = "invalid data", "required field not found"
NO_SUCH = refused("INVALID_DATA", "the id given seems to be invalid", resource_path_index=2)
NEW = {"domain": "Bücher.example", "algorithm": "ed25519", "selector": "S1"}
RECORD = {
    "name": "s1._domainkey.xn--bcher-kva.example",
    "type": "TXT",
    "text": re.compile(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}="),
}
RSA = {
    "name": re.compile(r"r\d{8}-[0-9a-f]+\._domainkey\.xn--bcher-kva\.example"),
    "type": "TXT",
    "text": re.compile(r"v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{390,}={0,2}"),
}
SHOWN = {
    "id": DIGITS,
    "domain": "xn--bcher-kva.example",
    "selector": "s1",
    "algorithm": "ed25519",
    "record": RECORD,
    "created_time": MOMENT,
}
WAITS = {"standing": "made", "signs_from": None, "signs_until": None}
SIGNS = {"standing": "signing", "signs_from": MOMENT, "signs_until": None}
RESTS = {"standing": "retired", "signs_from": MOMENT, "signs_until": MOMENT}


def call(method: str, path: str, *items: dict[str, Any], **query: str) -> Ask:
    """A call about keys."""
    asked = ask(method, path, RIGHT, **query)
    return replace(asked, json={"domain_keys": list(items)}) if items else asked


def add(**changed: Any) -> Ask:
    """A new key but for what is changed."""
    return call("POST", EVERY, NEW | changed)


def amiss(code: str, message: str, path: str, at: int = 0, **details: Any) -> dict[str, Any]:
    """The refusal of a key, with the place of a value in it."""
    told = wrong(code, message, path, **details)
    told["details"]["json_path"] = f"$.domain_keys[{at}].{path}"
    return told


# fmt: off
CASES = [
    Case(section="8.6", row="GET", what="none", status=204, ask=call("GET", EVERY)),
    Case(section="8.6", row="GET", what="one that waits", before=(add(),), ask=call("GET", EVERY), items=(SHOWN | WAITS,), exactly=True, info={"page": 1, "per_page": 200, "count": 1, "more_records": False}),
    Case(section="8.6", row="GET", what="a page", before=(add(), add(selector="s2")), ask=call("GET", EVERY, page="2", per_page="1"), items=({"selector": "s2"},)),
    Case(section="8.6", row="POST /settings/domain_keys", what="is made", status=201, ask=add(), items=(done("key created", id=DIGITS, selector="s1", record=RECORD),), exactly=True),
    Case(section="8.6", row="POST /settings/domain_keys", what="gets a name, and RSA is long", status=201, ask=add(algorithm="rsa", selector=None),
         items=(done("key created", id=DIGITS, selector=re.compile(r"r\d{8}-[0-9a-f]+"), record=RSA),)),
    Case(section="8.6", row="POST /settings/domain_keys", what="some are made", status=207, before=(add(),), ask=call("POST", EVERY, NEW | {"selector": "s2"}, NEW), items=({"code": "SUCCESS"}, amiss("DUPLICATE_DATA", "duplicate data", "selector", 1))),
    *(Case(section="8.6", row="POST /settings/domain_keys", what=f"no {key}", status=400, ask=add(**{key: None}), items=(amiss("MANDATORY_NOT_FOUND", MISSING, key),), exactly=True) for key in ("domain", "algorithm")),
    *(
        Case(section="8.6", row="POST /settings/domain_keys", what=f"{key}: {what}", status=400, ask=add(**{key: value}), items=(amiss("INVALID_DATA", INVALID, key, **details),), exactly=True)
        for key, what, value, details in (
            ("domain", "two lines", "x.example\nevil", {}), ("domain", "an address", "a@x.example", {}), ("domain", "a number", 7, {"expected_data_type": "string"}),
            ("algorithm", "another", "dsa", {"supported_values": ["rsa", "ed25519"]}), ("selector", "an underline", "a_b", {}), ("selector", "a line end", "a\n", {}),
        )
    ),
    Case(section="8.6", row="POST /settings/domain_keys", what="too many", status=400, before=(*[call("POST", EVERY, *[NEW | {"selector": None}] * 4)] * 4,), ask=add(),
         items=({"code": "LIMIT_EXCEEDED", "details": {"limit": 16}, "message": "limit exceeded", "status": "error"},), exactly=True),
    Case(section="8.6", row="POST /settings/domain_keys", what="five at once", status=400, ask=call("POST", EVERY, *[NEW] * 5), exactly=True,
         answer=refused("INVALID_DATA", INVALID, maximum_length=4, api_name="domain_keys", json_path="$.domain_keys")),
    Case(section="8.6", row="POST /settings/domain_keys/{id}/actions/start", what="is told", before=(add(),), ask=call("POST", START), items=(done("key started", id=MADE),), exactly=True),
    Case(section="8.6", row="POST /settings/domain_keys/{id}/actions/start", what="signs in the other's place", before=(add(), call("POST", START), add(selector="s2"), call("POST", START)), ask=call("GET", EVERY),
         items=(RESTS, SIGNS | {"selector": "s2"})),
    Case(section="8.6", row="POST /settings/domain_keys/{id}/actions/start", what="nothing", status=400, ask=call("POST", f"{EVERY}/7/actions/start"), answer=NO_SUCH, exactly=True),
    Case(section="8.6", row="DELETE", what="is told", before=(add(),), ask=call("DELETE", f"{EVERY}/{MADE}"), items=(done("key deleted", id=MADE),), exactly=True),
    Case(section="8.6", row="DELETE", what="and lasts", status=204, before=(add(), call("DELETE", f"{EVERY}/{MADE}")), ask=call("GET", EVERY)),
    Case(section="8.6", row="DELETE", what="nothing", status=400, ask=call("DELETE", f"{EVERY}/x"), answer=NO_SUCH, exactly=True),
    Case(section="8.6", row="GET", what="is for Administrators", status=403, ask=replace(by("standard", call("GET", EVERY)), bearer=f"{{standard:{RIGHT}}}"),
         answer=refused("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_Customize_Zoho_CRM"]), exactly=True),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case, alone=True)
