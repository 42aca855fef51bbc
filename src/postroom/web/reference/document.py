"""The OpenAPI document: every endpoint of the table, those of a module once for each module."""

from collections.abc import Iterable
from typing import Final

from postroom import __version__
from postroom.access.centers import Center
from postroom.access.scope import spelled
from postroom.web.accounts.words import spoken
from postroom.web.reference import refused
from postroom.web.reference.operation import modules_of, operation, path_of, tag_of
from postroom.web.routes import Endpoint
from postroom.web.shape import Json, Schemas

PREFIX: Final = "/bigin/v2"

INTRODUCTION: Final = """\
Bigin's API as Postroom serves it: records, and mail for the people behind them.

The same calls stand under `/bigin/v1` and under `/crm/v2`, `/crm/v2.1`, `/crm/v3` to `/crm/v8`; there the module \
Pipelines is called Deals.

A token is shown as `Authorization: Zoho-oauthtoken TOKEN` or `Authorization: Bearer TOKEN`. The scope named with a \
call is the narrowest that will do: `ZohoCRM.…` means the same as `ZohoBigin.…`, `ALL` includes the rest, `WRITE` \
includes `CREATE` and `UPDATE`, and a group (`ZohoBigin.modules.ALL`) stands for all that is in it.

What an organisation has added to its modules is not told here; `GET /settings/fields` names it.
"""


def describe(endpoints: Iterable[Endpoint], center: Center) -> Json:
    """The document for one data centre."""
    schemas, paths, tags, needs = Schemas(), Json(), Json(), Json()
    for endpoint in endpoints:
        for module in modules_of(endpoint):
            told = operation(endpoint, module, schemas)
            paths.setdefault(path_of(endpoint, module), {})[endpoint.method.lower()] = told
            tags[tag_of(endpoint, module)] = module.plural if module else ""
            needs |= {spelled(need): None for need in endpoint.needs_for(module.name if module else "")}
    responses = refused.responses(schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Postroom",
            "version": __version__,
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"{center.api}{PREFIX}"}],
        "tags": [{"name": name, "description": text} if text else {"name": name} for name, text in tags.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.all().items())),
            "responses": responses,
            "securitySchemes": {"oauth2": _scheme(center, sorted(needs))},
        },
    }


def _scheme(center: Center, scopes: Iterable[str]) -> Json:
    token = f"{center.accounts}/oauth/v2/token"
    flow = {
        "authorizationUrl": f"{center.accounts}/oauth/v2/auth",
        "tokenUrl": token,
        "refreshUrl": token,
        "scopes": {scope: spoken(scope)[0].text for scope in scopes},
    }
    return {"type": "oauth2", "flows": {"authorizationCode": flow}}
