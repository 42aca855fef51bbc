"""The contract of from addresses: section 2 of docs/reference/wire.md."""

from typing import Any

from tests.contract.calls import DIGITS, get, refused, wrong
from tests.contract.case import Ask, Case
from tests.contract.mailing import SCOPES, by, mail_from
from tests.contract.stage import Stage

PATH = "/settings/emails/actions/from_addresses"
OWN = {"email": "ada@{domain}", "type": "user", "id": "{sender}", "user_name": "Ada Byron", "default": True}
SHARED = {"email": "office@{domain}", "type": "org_email", "id": "{office}", "user_name": "Office", "default": False}
NOT_MINE = "Email can't be sent using this from address.Kindly check the allowed from address list"


def agents(name: str, kind: str, *, default: bool = False) -> dict[str, Any]:
    """One of the addresses that an agent has."""
    return {"email": f"{{agents:{name}}}", "type": kind, "id": DIGITS, "user_name": name.title(), "default": default}


def of(user: str) -> Ask:
    """Another user's."""
    return get(PATH, SCOPES, user_id=user)


def primary(email: str, name: str) -> dict[str, Any]:
    """What stands in for an address of one's own."""
    return {"email": email, "type": "user", "id": None, "user_name": name, "default": True}


WRONG_USER = refused("INVALID_DATA", "invalid data", param_name="user_id")

# fmt: off
CASES = [
    Case(section="2", what="one's own, then the organisation's", ask=get(PATH, SCOPES), items=(OWN, SHARED), exactly=True),
    Case(section="2", what="nothing beside the list", ask=get(PATH, SCOPES), answer={"from_addresses": [OWN, SHARED]}, exactly=True),
    Case(section="2", what="one scope is enough", ask=get(PATH, "ZohoBigin.settings.emails.READ"), items=(OWN, SHARED)),
    Case(section="2", what="another scope is not", status=401, ask=get(PATH, "ZohoBigin.settings.fields.READ"), answer={"code": "OAUTH_SCOPE_MISMATCH"}),
    Case(section="2", what="the primary address of who has none", ask=by("standard", get(PATH)), items=(primary("{address:standard}", "Standard"), SHARED), exactly=True),
    Case(section="2", what="which mail may be from", ask=by("standard", mail_from({"email": "{address:standard}"})), items=({"code": "SUCCESS"},)),
    Case(section="2", what="a mailbox with its alias, and what is the organisation's for all and for them", ask=by("agent", get(PATH)), items=(agents("mailbox", "user", default=True), agents("alias", "user"), SHARED, agents("reserved", "org_email")), exactly=True),
    *(
        Case(section="2", what=f"which mail may be from: {name}", ask=by("agent", mail_from({"email": f"{{agents:{name}}}"})), items=({"code": "SUCCESS"},))
        for name in ("mailbox", "alias", "reserved")
    ),
    *(
        Case(section="2", what=f"which mail of others may not be from: {name}", status=400, ask=by("standard", mail_from({"email": f"{{agents:{name}}}"})), items=(wrong("INVALID_DATA", NOT_MINE, "from.email"),), exactly=True)
        for name in ("alias", "waiting", "reserved")
    ),
    Case(section="2", what="nor of who has a mailbox from their primary address", status=400, ask=by("agent", mail_from({"email": "{address:agent}"})), items=(wrong("INVALID_DATA", NOT_MINE, "from.email"),), exactly=True),
    Case(section="2", what="the organisation's of who is not confirmed", ask=by("newcomer", get(PATH)), items=(SHARED | {"default": True},), exactly=True),
    Case(section="2", what="an Administrator asks for another user", ask=of("{colleague}"), items=(primary("ben@{domain}", "Ito"), SHARED), exactly=True),
    Case(section="2", what="nobody else does", status=400, ask=by("standard", of("{colleague}")), answer=refused("AUTHORIZATION_FAILED", "User does not have sufficient privilege to do this"), exactly=True),
    Case(section="2", what="but for themselves", ask=by("standard", of("{me:standard}")), items=(primary("{address:standard}", "Standard"), SHARED)),
    *(
        Case(section="2", what=what, status=400, ask=of(user), answer=WRONG_USER, exactly=True)
        for what, user in (("no such user", "1"), ("no number", "x"), ("another organisation's user", "{me:neighbour}"))
    ),
    Case(section="2", what="each organisation has its own", ask=by("loner", get(PATH)), items=({"email": "{address:loner}", "default": True},)),
    Case(section="2", what="not without the right to read", status=403, ask=by("powerless", get(PATH)), answer={"code": "NO_PERMISSION"}),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case)
