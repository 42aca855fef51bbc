"""A client of the API, for the verbs that stand on its other side."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import click
import httpx

from postroom.errors import Misconfigured

_PREFIX: Final = "/bigin/v2"
_SECONDS: Final = 30.0
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_CREDENTIALS: Final = ("refresh_token", "client_id", "client_secret")

Object = dict[str, Any]


class Api:
    """The API as one caller sees it. What it refuses becomes a line for people (``ClickException``)."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """``http`` carries URL and token."""
        self._http = http

    @property
    def authorization(self) -> str:
        """The header that carries the access token."""
        return self._http.headers["Authorization"]

    async def default_sender(self) -> Object:
        """The from address that is offered first, as ``{user_name, email}``."""
        found = (await self._call("GET", "/settings/emails/actions/from_addresses"))["from_addresses"]
        if not found:
            raise click.ClickException("this user has no from address; add one: postroom sender add")
        first = next((each for each in found if each["default"]), found[0])
        return {"user_name": first["user_name"], "email": first["email"]}

    async def upload(self, files: Sequence[Path]) -> list[str]:
        """The ids under which the files are stored, in order."""
        parts = [("file", (each.name, each.read_bytes())) for each in files]
        return [each["details"]["id"] for each in _items(await self._call("POST", "/files", files=parts))]

    async def add(self, module: str, values: Mapping[str, object]) -> str:
        """The id of a new record."""
        return str(_items(await self._call("POST", f"/{module}", json={"data": [values]}))[0]["details"]["id"])

    async def send(self, record: str, mail: Mapping[str, object]) -> Object:
        """Send one mail for ``Module/id``; the answer's item, with its message and ``details.message_id``."""
        return _items(await self._call("POST", f"/{record}/actions/send_mail", json={"data": [mail]}))[0]

    async def mail(self, record: str, message_id: str) -> Object:
        """One mail of a record."""
        found: Object = (await self._call("GET", f"/{record}/Emails/{message_id}"))["Emails"][0]
        return found

    async def _call(self, method: str, path: str, **request: Any) -> Object:
        return _read(await self._http.request(method, _PREFIX + path, **request))


@asynccontextmanager
async def connect(variables: Mapping[str, str]) -> AsyncIterator[Api]:
    """Get an access token with what the variables hold, and call with it."""
    accounts, api = _needed(variables, "ACCOUNTS_URL"), _needed(variables, "API_URL")
    credentials = {name: _needed(variables, name.upper()) for name in _CREDENTIALS}
    try:
        # A proxy of the environment leads to the outside, where this machine's own server is not.
        near = httpx.URL(api).host in _LOOPBACK
        async with httpx.AsyncClient(base_url=api, timeout=_SECONDS, trust_env=not near) as http:
            asked = {"grant_type": "refresh_token", **credentials}
            granted = _read(await http.post(f"{accounts}/oauth/v2/token", data=asked))
            if "error" in granted:
                raise click.ClickException(f"no token: {granted['error']}")
            http.headers["Authorization"] = f"Zoho-oauthtoken {granted['access_token']}"
            yield Api(http)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise click.ClickException(f"{api}: {str(error) or type(error).__name__}") from None


def _needed(variables: Mapping[str, str], name: str) -> str:
    try:
        return variables[f"POSTROOM_{name}"]
    except KeyError:
        raise Misconfigured(f"POSTROOM_{name} is missing; set it or name a file with --env-file") from None


def _read(answer: httpx.Response) -> Object:
    try:
        body = answer.json()
    except ValueError:
        raise click.ClickException(f"{answer.url}: {answer.status_code}, and no JSON") from None
    if not isinstance(body, dict) or "code" in body:
        raise click.ClickException(f"{answer.url.path}: {answer.status_code} {_refusal(body)}")
    return body


def _items(body: Object) -> list[Object]:
    for item in body["data"]:
        if item["status"] != "success":
            raise click.ClickException(f"refused: {_refusal(item)}")
    return list(body["data"])


def _refusal(item: Any) -> str:
    if not isinstance(item, dict):
        return repr(item)
    details = item.get("details") or {}
    where = details.get("json_path") or details.get("api_name") or ""
    return f"{item.get('code')}: {item.get('message')}{f' ({where})' if where else ''}"
