"""``/account``: who is signed in, and which applications act for them."""

from starlette.responses import Response

from postroom.access import grant
from postroom.store import clients, consents, tokens, users
from postroom.store.db import Tx
from postroom.web.accounts.signin import ask
from postroom.web.accounts.visit import Visit
from postroom.web.accounts.words import spoken


async def show(visit: Visit) -> Response:
    """The organisations and the connected applications."""
    if visit.email is None:
        return ask(visit)
    email = visit.email

    def look(tx: Tx) -> tuple[list[object], list[object]]:
        members = {each.user.id: each for each in users.memberships(tx, email)}
        given = consents.of_users(tx, list(members))
        apps = [
            {
                "client": clients.find(tx, each.client_id),
                "user_id": each.user_id,
                "org_name": members[each.user_id].org_name,
                "scopes": spoken(each.scopes),
            }
            for each in given
        ]
        return list(members.values()), list(apps)

    members, apps = await visit.desk.app.db.read(look)
    return visit.page("account.html", members=members, apps=apps)


async def withdraw(visit: Visit) -> Response:
    """Disconnect an application: its tokens for this user end."""
    form = await visit.form()
    email, client_id, user_id = visit.email, form.get("client_id", ""), form.get("user", "")
    if email is None:
        return ask(visit)
    if not grant.is_client_id(client_id):
        return visit.go("/account")

    def write(tx: Tx) -> None:
        for each in users.memberships(tx, email):
            if str(each.user.id) == user_id and consents.withdraw(tx, each.user.id, client_id):
                tokens.revoke_client(tx, client_id, each.user.id)

    await visit.desk.app.db.write(write)
    visit.desk.bearers.forget()
    return visit.go("/account")
