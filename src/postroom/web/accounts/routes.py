"""The paths of the accounts server: each with its handlers, by method. None of them takes a token."""

from collections.abc import Mapping
from typing import Final

from postroom.web.accounts import token
from postroom.web.accounts.desk import Handler

ROUTES: Final[Mapping[str, Mapping[str, Handler]]] = {
    "/oauth/v2/token": {"POST": token.token},
    "/oauth/v2/token/revoke": {"POST": token.revoke},
}
