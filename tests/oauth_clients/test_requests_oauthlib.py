"""Every flow, by oauthlib with requests-oauthlib as their manuals show it; what more they are given: ``dialect``."""

from asyncio import to_thread
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from oauthlib.oauth2 import DeviceClient, MobileApplicationClient, WebApplicationClient
from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    CustomOAuth2Error,
    MismatchingStateError,
    OAuth2Error,
)
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from postroom.access.registry import Registered
from postroom.store.clients import ClientType
from tests.oauth_clients.dialect import OFFLINE, RENEWAL, joined, token_endpoint
from tests.oauth_clients.person import sitting
from tests.oauth_clients.scene import SCOPES, Scene, scene

SCOPE = joined(*SCOPES)
AUTH, TOKEN, REVOKE = "/oauth/v2/auth", "/oauth/v2/token", "/oauth/v2/token/revoke"


@contextmanager
def library(at: Scene, registered: Registered, **more: Any) -> Iterator[OAuth2Session]:
    """A session of the library; the secret is given where a token is fetched."""
    given = {"client_id": registered.client.id, "scope": [SCOPE], "redirect_uri": at.site.callback, **more}
    with OAuth2Session(**given) as session:
        yield session


async def answered(at: Scene, url: str, decision: str = "accept") -> str:
    """The callback by which the user's answer comes."""
    async with sitting(at.ada) as ada:
        return await ada.answer(url, decision)


async def tokens(at: Scene, client: Registered, session: OAuth2Session) -> dict[str, Any]:
    """The whole dance, with a user who accepts; the secret goes in the header, as is the library's habit."""
    url, _ = session.authorization_url(at.url(AUTH), **OFFLINE)
    callback = await answered(at, url)
    shown = {"authorization_response": callback, "client_secret": client.secret}
    token: dict[str, Any] = await to_thread(session.fetch_token, token_endpoint(callback), **shown)
    return token


async def status(at: Scene, session: OAuth2Session) -> int:
    """What the API says to the session's token."""
    answer = await to_thread(session.get, at.contact)
    return int(answer.status_code)


@pytest.mark.parametrize("in_body", [True, False], ids=["client_secret_post", "client_secret_basic"])
async def test_a_code_becomes_tokens_however_the_client_shows_its_secret(in_body: bool, tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        with library(at, client) as session:
            url, _ = session.authorization_url(at.url(AUTH), **OFFLINE)
            callback = await answered(at, url)
            shown = {"authorization_response": callback, "client_secret": client.secret}
            token = await to_thread(session.fetch_token, token_endpoint(callback), **shown, include_client_id=in_body)
            assert token["scope"] == [SCOPE], "what was asked for was given: the library would have warned else"
            assert token["api_domain"] == at.house.url
            assert token["refresh_token"]
            assert await status(at, session) == 200


async def test_an_answer_to_another_request_is_none(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        with library(at, client) as session:
            url, _ = session.authorization_url(at.url(AUTH))
            callback = await answered(at, url)
            session.new_state()
            with pytest.raises(MismatchingStateError):
                session.fetch_token(at.url(TOKEN), authorization_response=callback)


async def test_a_refusal_reaches_the_client(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        with library(at, client) as session:
            url, _ = session.authorization_url(at.url(AUTH))
            callback = await answered(at, url, "deny")
            with pytest.raises(AccessDeniedError):
                session.fetch_token(at.url(TOKEN), authorization_response=callback)


async def test_a_wrong_secret_is_told_as_an_error(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        with library(at, client) as session:
            url, _ = session.authorization_url(at.url(AUTH))
            shown = {"authorization_response": await answered(at, url), "client_secret": "0" * 42}
            with pytest.raises(CustomOAuth2Error, match="invalid_client_secret"):
                await to_thread(session.fetch_token, at.url(TOKEN), **shown)


async def test_a_program_without_a_secret_proves_its_code_by_pkce(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.MOBILE)
        with library(at, client, pkce="S256") as session, library(at, client, pkce="S256") as thief:
            url, _ = session.authorization_url(at.url(AUTH), **OFFLINE)
            callback = await answered(at, url)
            thief.authorization_url(at.url(AUTH))  # makes a verifier, which is another one
            (code,) = parse_qs(urlsplit(callback).query)["code"]
            with pytest.raises(OAuth2Error, match="invalid_code"):
                await to_thread(thief.fetch_token, at.url(TOKEN), code=code, include_client_id=True)
            public = {"authorization_response": callback, "include_client_id": True}
            token = await to_thread(session.fetch_token, at.url(TOKEN), **public)
            assert await status(at, session) == 200
            renewed = await to_thread(session.refresh_token, at.url(TOKEN), client_id=client.client.id)
            assert renewed["access_token"] != token["access_token"]


async def test_no_secret_and_an_empty_one_are_the_same(tmp_path: Path) -> None:
    """RFC 6749 §2.3.1; unless told otherwise, the library sends the id of a public client so, by HTTP Basic."""
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.MOBILE)
        with library(at, client, pkce="S256") as session:
            url, _ = session.authorization_url(at.url(AUTH))
            callback = await answered(at, url)
            await to_thread(session.fetch_token, at.url(TOKEN), authorization_response=callback)
            assert await status(at, session) == 200


async def test_an_old_access_token_is_renewed_before_it_is_used(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        kept: list[dict[str, Any]] = []
        secret = {"client_id": client.client.id, "client_secret": client.secret}
        more = {"auto_refresh_url": at.url(TOKEN), "auto_refresh_kwargs": secret, "token_updater": kept.append}
        with library(at, client, **more) as session:
            token = await tokens(at, client, session)
            session.token = {**token, "expires_at": 1, "expires_in": -1}
            assert await status(at, session) == 200
        assert [each["refresh_token"] for each in kept] == [token["refresh_token"]]
        assert kept[0]["access_token"] != token["access_token"]


async def test_a_refresh_token_gives_access_tokens_until_it_is_revoked(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        basic = HTTPBasicAuth(client.client.id, client.secret)
        with library(at, client) as session:
            token = await tokens(at, client, session)
            renewed = await to_thread(session.refresh_token, at.url(TOKEN), auth=basic)
            assert renewed["access_token"] != token["access_token"]
            assert await status(at, session) == 200
            web = WebApplicationClient(client.client.id)
            url, headers, body = web.prepare_token_revocation_request(
                at.url(REVOKE), token["refresh_token"], "refresh_token"
            )
            assert (await to_thread(requests.post, url, body, headers=headers)).json() == {"status": "success"}
            assert await status(at, session) == 401
            with pytest.raises(CustomOAuth2Error, match="invalid_code"):
                await to_thread(session.refresh_token, at.url(TOKEN), token["refresh_token"], auth=basic)


async def test_a_token_in_a_fragment_is_taken_and_renewed_without_a_page(tmp_path: Path) -> None:
    async with scene(tmp_path) as at, sitting(at.ada) as ada:
        client = await at.register(ClientType.CLIENT)
        implicit = MobileApplicationClient(client.client.id)  # the library's name for who uses the implicit flow
        with library(at, client, client=implicit) as session:
            url, _ = session.authorization_url(at.url(AUTH))
            token = session.token_from_fragment(await ada.answer(url))
            assert token["scope"] == [SCOPE]
            assert "refresh_token" not in token
            assert await status(at, session) == 200
            url, _ = session.authorization_url(at.url(RENEWAL))
            renewed = session.token_from_fragment(await ada.answer(url))
            assert renewed["access_token"] != token["access_token"]
            assert await status(at, session) == 200


async def test_a_device_waits_for_its_user(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.DEVICE)
        device = DeviceClient(client.client.id, client_secret=client.secret, scope=[SCOPE])
        begun = (await to_thread(requests.post, at.url("/oauth/v3/device/code"), _asked(device))).json()
        assert begun["verification_uri"] == at.url("/oauth/v3/device")
        assert begun["interval"] == 0

        async def poll() -> dict[str, Any]:
            body = device.prepare_request_body(
                begun["device_code"], include_client_id=True, client_secret=client.secret
            )
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = await to_thread(requests.post, at.url("/oauth/v3/device/token"), body, headers=headers)
            told: dict[str, Any] = device.parse_request_body_response(answer.text)
            return told

        with pytest.raises(CustomOAuth2Error, match="authorization_pending"):
            await poll()
        assert "Connected" in await answered(at, begun["verification_uri_complete"])
        token = await poll()
        with library(at, client, client=device, token=token) as session:
            assert await status(at, session) == 200


async def test_a_self_clients_code_needs_no_browser(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SELF)
        with library(at, client, redirect_uri=None) as session:
            shown = {"code": await at.code(client), "client_secret": client.secret}
            token = await to_thread(session.fetch_token, at.url(TOKEN), **shown)
            assert token["refresh_token"]
            assert await status(at, session) == 200


def _asked(device: DeviceClient) -> dict[str, str]:
    """RFC 8628 §3.1: a device's first question, which the library leaves to its user."""
    return {"client_id": device.client_id, "scope": SCOPE}
