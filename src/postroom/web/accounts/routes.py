"""The paths of the accounts server: each with its handlers, by method. None of them takes a token."""

from collections.abc import Mapping
from typing import Final

from postroom.mail.unsubscribe import PATH
from postroom.web.accounts import (
    account,
    authorize,
    client_keys,
    clients,
    confirm,
    device,
    devices,
    pages,
    serverinfo,
    signin,
    token,
    unsubscribe,
)
from postroom.web.accounts.desk import Handler
from postroom.web.accounts.visit import page

ROUTES: Final[Mapping[str, Mapping[str, Handler]]] = {
    # for programs
    "/oauth/v2/token": {"POST": token.token},
    "/oauth/v2/token/revoke": {"POST": token.revoke},
    "/oauth/v3/device/code": {"POST": devices.code},
    "/oauth/v3/device/token": {"POST": devices.token},
    "/oauth/serverinfo": {"GET": serverinfo.serverinfo},
    # for people
    "/oauth/v2/auth": {"GET": page(authorize.show), "POST": page(authorize.decide)},
    "/oauth/v2/auth/refresh": {"GET": page(authorize.renew)},
    "/oauth/v2/refresh": {"GET": page(authorize.renew)},
    "/oauth/v3/device": {"GET": page(device.show), "POST": page(device.submit)},
    "/confirm": {"GET": page(confirm.show), "POST": page(confirm.submit)},
    PATH: {"GET": page(unsubscribe.show), "POST": page(unsubscribe.submit)},
    "/signin": {"GET": page(signin.show), "POST": page(signin.submit)},
    "/signout": {"POST": page(signin.leave)},
    "/account": {"GET": page(account.show)},
    "/account/withdraw": {"POST": page(account.withdraw)},
    "/clients": {"GET": page(clients.listing)},
    "/clients/new": {"GET": page(clients.new), "POST": page(clients.register)},
    "/clients/edit": {"GET": page(clients.edit), "POST": page(clients.change)},
    "/clients/secret": {"POST": page(client_keys.new_secret)},
    "/clients/switch": {"POST": page(clients.switch)},
    "/clients/remove": {"POST": page(clients.remove)},
    "/clients/code": {"POST": page(client_keys.code)},
    "/assets/style.css": {"GET": pages.style},
    "/favicon.ico": {"GET": pages.icon},
}
