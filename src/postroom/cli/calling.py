"""A client of the API, for the verbs that stand on its other side."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import click
import httpx

from postroom.cli.tokenfile import Kept, TokenFile, clock, file_name
from postroom.errors import Misconfigured

_PREFIX: Final = "/bigin/v2"
_SECONDS: Final = 30.0
_SPARE: Final = 60_000  # ms: a token in its last minute might end before the call does
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_CREDENTIALS: Final = ("refresh_token", "client_id", "client_secret")

Object = dict[str, Any]


class Api:
    """The API as one caller sees it. What it refuses becomes a line for people (``ClickException``)."""

    def __init__(self, http: httpx.AsyncClient, renew: Callable[[str | None], Awaitable[str]]) -> None:
        """``http`` knows the URL; ``renew`` gives an access token that is not the one it is given."""
        self._http = http
        self._renew = renew
        self._token: str | None = None

    @property
    def authorization(self) -> str:
        """The header that carries the access token."""
        return f"Zoho-oauthtoken {self._token}"

    async def authorize(self) -> None:
        """Get an access token, and never the last one again."""
        self._token = await self._renew(self._token)

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
        answer = await self._ask(method, path, **request)
        if answer.status_code == 401 and b"INVALID_TOKEN" in answer.content:
            # It was kept from an earlier call, and somebody has revoked it.
            await self.authorize()
            answer = await self._ask(method, path, **request)
        return _read(answer)

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return await self._http.request(
            method, _PREFIX + path, headers={"Authorization": self.authorization}, **request
        )


@asynccontextmanager
async def connect(variables: Mapping[str, str], *, tokens: Path | None = None) -> AsyncIterator[Api]:
    """Get an access token with what the variables hold, and call with it.

    ``tokens`` is the folder in which it is kept for the next call.
    """
    accounts, url = _needed(variables, "ACCOUNTS_URL"), _needed(variables, "API_URL")
    credentials = {name: _needed(variables, name.upper()) for name in _CREDENTIALS}
    try:
        # A proxy of the environment leads to the outside, where this machine's own server is not.
        near = httpx.URL(url).host in _LOOPBACK
        async with httpx.AsyncClient(base_url=url, timeout=_SECONDS, trust_env=not near) as http:
            file = TokenFile(None if tokens is None else tokens / file_name(accounts, *credentials.values()))

            async def ask() -> Kept:
                return await _granted(http, f"{accounts}/oauth/v2/token", credentials)

            api = Api(http, lambda refused: file.token(ask, refused=refused))
            await api.authorize()
            yield api
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise click.ClickException(f"{url}: {str(error) or type(error).__name__}") from None


async def _granted(http: httpx.AsyncClient, url: str, credentials: Mapping[str, str]) -> Kept:
    asked_at = clock()
    granted = _read(await http.post(url, data={"grant_type": "refresh_token", **credentials}))
    if "error" in granted:
        why = f" ({granted['error_description']})" if "error_description" in granted else ""
        raise click.ClickException(f"no token: {granted['error']}{why}")
    return Kept(token=granted["access_token"], ends_at=asked_at + granted["expires_in"] * 1000 - _SPARE)


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
