"""What cases of records and metadata ask, with a token that opens everything unless told, and are answered."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tests.contract.case import Ask

EVERYTHING: Final = (
    "ZohoBigin.modules.ALL,ZohoBigin.settings.ALL,ZohoBigin.users.ALL,ZohoBigin.org.ALL,ZohoBigin.coql.READ,"
    "ZohoBigin.templates.email.ALL,"
    "ZohoSearch.securesearch.READ"
)
DIGITS: Final = re.compile(r"[1-9][0-9]{0,18}")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")  # the organisations' time is UTC
TEXT: Final = re.compile(r".+")
# The first and the second of the records that were made last.
MADE, NEXT = "{got_data.0.details.id}", "{got_data.1.details.id}"

# W 6.2: what each module asks for in a new record.
NEEDED: Final[Mapping[str, dict[str, Any]]] = {
    "Contacts": {"Last_Name": "Moss"},
    "Accounts": {"Account_Name": "Southwind"},
    "Pipelines": {"Deal_Name": "Small order", "Stage": "Qualification"},
    "Products": {"Product_Name": "Lamp"},
    "Tasks": {"Subject": "Call back"},
    "Events": {
        "Event_Title": "Visit",
        "Start_DateTime": "2026-01-31T09:00:00+00:00",
        "End_DateTime": "2026-01-31T10:00:00+00:00",
    },
    "Calls": {
        "Subject": "First call",
        "Call_Type": "Outbound",
        "Call_Start_Time": "2026-01-31T09:00:00+00:00",
        "Call_Duration": "10:00",
    },
    "Notes": {"Note_Content": "Likes tea", "Parent_Id": {"id": "{contact}"}, "$se_module": "Contacts"},
}


def ask(method: str, path: str, scopes: str = EVERYTHING, **query: str) -> Ask:
    """A call of Bigin's API; a path that has a prefix keeps it."""
    whole = path if path.startswith(("/bigin/", "/crm/")) else f"/bigin/v2{path}"
    return Ask(method, whole, query=query or None, bearer=f"{{token:{scopes}}}")


def get(path: str, scopes: str = EVERYTHING, **query: str) -> Ask:
    """Read."""
    return ask("GET", path, scopes, **query)


def post(path: str, *data: Any, **more: Any) -> Ask:
    """Send ``data``, and what else stands in the body."""
    return replace(ask("POST", path), json={"data": list(data), **more})


def put(path: str, *data: Any, **more: Any) -> Ask:
    """Change."""
    return replace(post(path, *data, **more), method="PUT")


def delete(path: str, **query: str) -> Ask:
    """Delete."""
    return ask("DELETE", path, **query)


def since(moment: str, asked: Ask) -> Ask:
    """The same, but only what was modified later."""
    return replace(asked, headers={"If-Modified-Since": moment})


def refused(code: str, message: str, **details: Any) -> dict[str, Any]:
    """An error with all its keys."""
    return {"code": code, "message": message, "details": details, "status": "error"}


def wrong(code: str, message: str, path: str, *, at: int = 0, **details: Any) -> dict[str, Any]:
    """The error of an item, with the place of a value in it."""
    where = {"api_name": re.findall(r"[$\w]+(?=(?:\[\d+\])*$)", path)[0], "json_path": f"$.data[{at}].{path}"}
    return refused(code, message, **details, **where)


def done(message: str, **details: Any) -> dict[str, Any]:
    """The answer to an item that was done."""
    return {"code": "SUCCESS", "message": message, "details": details, "status": "success"}


ADA: Final = {"name": "Ada Byron", "id": "{user}"}
STORED: Final = {"Modified_Time": MOMENT, "Modified_By": ADA, "Created_Time": MOMENT, "Created_By": ADA, "id": DIGITS}
ADDED: Final = done("record added", **STORED)
UPDATED: Final = done("record updated", **STORED)
