"""Every flow, by Authlib as its manual shows it; what more it is given comes from ``dialect``."""

from asyncio import to_thread
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oauth2.rfc6749 import OAuth2Token

from postroom.access.registry import Registered
from postroom.store.clients import ClientType
from tests.oauth_clients.dialect import OFFLINE, RENEWAL, ZOHO_DEVICE, joined, token_endpoint
from tests.oauth_clients.person import sitting
from tests.oauth_clients.scene import SCOPES, Scene, scene

SCOPE = joined(*SCOPES)
TOKEN, REVOKE = "/oauth/v2/token", "/oauth/v2/token/revoke"
RFC_8628 = "urn:ietf:params:oauth:grant-type:device_code"


@contextmanager
def library(at: Scene, client: Registered, **more: Any) -> Iterator[OAuth2Session]:
    """A session of the library for a client that has a secret."""
    given = {"client_secret": client.secret, "scope": SCOPE, "redirect_uri": at.site.callback, **more}
    with OAuth2Session(client.client.id, **given) as session:
        yield session


async def tokens(at: Scene, session: OAuth2Session, **more: str) -> OAuth2Token:
    """The whole dance, with a user who accepts."""
    url, state = session.create_authorization_url(at.url("/oauth/v2/auth"), **OFFLINE)
    async with sitting(at.ada) as ada:
        callback = await ada.answer(url)
    exchange = {"authorization_response": callback, "state": state, **more}
    return await to_thread(session.fetch_token, token_endpoint(callback), **exchange)


async def begin(at: Scene, session: OAuth2Session, asked: dict[str, str]) -> dict[str, Any]:
    """A device's first question; the library has no words of its own for it."""
    answer = await to_thread(session.post, at.url("/oauth/v3/device/code"), data=asked, withhold_token=True)
    begun: dict[str, Any] = answer.json()
    return begun


async def status(at: Scene, session: OAuth2Session) -> int:
    """What the API says to the session's token."""
    answer = await to_thread(session.get, at.contact)
    return int(answer.status_code)


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
async def test_a_code_becomes_tokens_however_the_client_shows_its_secret(method: str, tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        with library(at, client, token_endpoint_auth_method=method) as session:
            token = await tokens(at, session)
            assert token["scope"] == SCOPE
            assert token["token_type"] == "Bearer"
            assert token["api_domain"] == at.house.url
            assert token["refresh_token"]
            assert not token.is_expired()
            assert await status(at, session) == 200


async def test_an_answer_to_another_request_is_none(tmp_path: Path) -> None:
    async with scene(tmp_path) as at, sitting(at.ada) as ada:
        client = await at.register(ClientType.SERVER)
        with library(at, client) as session:
            url, state = session.create_authorization_url(at.url("/oauth/v2/auth"))
            callback = await ada.answer(url)
            with pytest.raises(AuthlibBaseError, match="mismatching_state"):
                session.fetch_token(at.url(TOKEN), authorization_response=callback, state=f"not {state}")


async def test_a_refusal_reaches_the_client(tmp_path: Path) -> None:
    async with scene(tmp_path) as at, sitting(at.ada) as ada:
        client = await at.register(ClientType.SERVER)
        with library(at, client) as session:
            url, state = session.create_authorization_url(at.url("/oauth/v2/auth"))
            callback = await ada.answer(url, "deny")
            assert parse_qs(urlsplit(callback).query) == {"error": ["access_denied"], "state": [state]}


async def test_a_wrong_secret_is_told_as_an_error(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        with library(at, client, client_secret="0" * 42) as session, pytest.raises(OAuthError) as refused:
            await tokens(at, session)
        assert refused.value.error == "invalid_client_secret"


async def test_a_program_without_a_secret_proves_its_code_by_pkce(tmp_path: Path) -> None:
    async with scene(tmp_path) as at, sitting(at.ada) as ada:
        client = await at.register(ClientType.MOBILE)
        with library(at, client, client_secret=None, code_challenge_method="S256") as session:
            verifier, wrong = generate_token(48), generate_token(48)
            url, state = session.create_authorization_url(at.url("/oauth/v2/auth"), code_verifier=verifier, **OFFLINE)
            callback = await ada.answer(url)
            exchange = {"authorization_response": callback, "state": state}
            with pytest.raises(OAuthError, match="invalid_code"):
                await to_thread(session.fetch_token, at.url(TOKEN), **exchange, code_verifier=wrong)
            token = await to_thread(session.fetch_token, at.url(TOKEN), **exchange, code_verifier=verifier)
            assert await status(at, session) == 200
            renewed = await to_thread(session.refresh_token, at.url(TOKEN))
            assert renewed["access_token"] != token["access_token"]


async def test_a_refresh_token_gives_access_tokens_until_it_is_revoked(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        with library(at, client) as session:
            token = await tokens(at, session)
            renewed = await to_thread(session.refresh_token, at.url(TOKEN))
            assert renewed["access_token"] != token["access_token"]
            assert renewed["refresh_token"] == token["refresh_token"], "the old one stays: the library keeps it"
            assert await status(at, session) == 200
            revoked = await to_thread(session.revoke_token, at.url(REVOKE))
            assert revoked.json() == {"status": "success"}
            assert await status(at, session) == 401
            with pytest.raises(OAuthError, match="invalid_code"):
                await to_thread(session.refresh_token, at.url(TOKEN), refresh_token=token["refresh_token"])


async def test_an_old_access_token_is_renewed_before_it_is_used(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SERVER)
        kept: list[OAuth2Token] = []
        more = {"token_endpoint": at.url(TOKEN), "update_token": lambda token, **_: kept.append(token)}
        with library(at, client, **more) as session:
            token = await tokens(at, session)
            session.token = {**token, "expires_at": 1}
            assert await status(at, session) == 200
        assert [each["refresh_token"] for each in kept] == [token["refresh_token"]]
        assert kept[0]["access_token"] != token["access_token"]


async def test_a_token_in_a_fragment_is_taken_and_renewed_without_a_page(tmp_path: Path) -> None:
    async with scene(tmp_path) as at, sitting(at.ada) as ada:
        client = await at.register(ClientType.CLIENT)
        more = {"client_secret": None, "response_type": "token"}
        with library(at, client, **more) as session:
            url, state = session.create_authorization_url(at.url("/oauth/v2/auth"))
            token = session.fetch_token(authorization_response=await ada.answer(url), state=state)
            assert "refresh_token" not in token
            assert await status(at, session) == 200
            url, state = session.create_authorization_url(at.url(RENEWAL))
            renewed = session.fetch_token(authorization_response=await ada.answer(url), state=state)
            assert renewed["access_token"] != token["access_token"]
            assert await status(at, session) == 200


@pytest.mark.parametrize("zoho", [False, True], ids=["rfc 8628", "zoho's words"])
async def test_a_device_waits_for_its_user(zoho: bool, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, sitting(at.ada) as ada:
        client = await at.register(ClientType.DEVICE)
        with library(at, client) as session:
            asked = {"client_id": client.client.id, "scope": SCOPE, "access_type": "offline"}
            if zoho:
                asked["grant_type"] = ZOHO_DEVICE["begin"]
            begun = await begin(at, session, asked)
            shown = (
                {"grant_type": ZOHO_DEVICE["poll"], "code": begun["device_code"]}
                if zoho
                else {"grant_type": RFC_8628, "device_code": begun["device_code"]}
            )
            poll = at.url("/oauth/v3/device/token")
            with pytest.raises(OAuthError, match="authorization_pending"):
                await to_thread(session.fetch_token, poll, **shown)
            assert "Connected" in await ada.answer(begun["verification_uri_complete"])
            token = await to_thread(session.fetch_token, poll, **shown)
            assert token["refresh_token"]
            assert await status(at, session) == 200
            with pytest.raises(OAuthError, match="invalid_code"):
                await to_thread(session.fetch_token, poll, **shown)


async def test_a_device_hears_of_a_refusal(tmp_path: Path) -> None:
    async with scene(tmp_path) as at, sitting(at.ada) as ada:
        client = await at.register(ClientType.DEVICE)
        with library(at, client) as session:
            asked = {"client_id": client.client.id, "scope": SCOPE}
            begun = await begin(at, session, asked)
            assert "Refused" in await ada.answer(begun["verification_uri_complete"], "deny")
            shown = {"grant_type": RFC_8628, "device_code": begun["device_code"]}
            with pytest.raises(OAuthError, match="access_denied"):
                await to_thread(session.fetch_token, at.url("/oauth/v3/device/token"), **shown)


async def test_a_self_clients_code_needs_no_browser(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        client = await at.register(ClientType.SELF)
        with library(at, client, redirect_uri=None) as session:
            token = await to_thread(session.fetch_token, at.url(TOKEN), code=await at.code(client))
            assert token["refresh_token"]
            assert await status(at, session) == 200
