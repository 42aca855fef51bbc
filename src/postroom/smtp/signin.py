"""Signing in to a server on a session that has just been greeted and protected."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from postroom.smtp.grant import Grant
from postroom.smtp.mechanisms import Bearer
from postroom.smtp.protocol import Capabilities, Conversation, Lost, SessionFailed
from postroom.smtp.route import Route
from postroom.smtp.sasl import authenticate
from postroom.smtp.tokens import Tokens

Converse: TypeAlias = Callable[[Conversation[None]], Awaitable[None]]  # goes through a conversation on the session

_INVALID: Final = 535  # RFC 4954 §6: credentials invalid


async def sign_in(route: Route, offers: Capabilities, converse: Converse, tokens: Tokens | None) -> None:
    """Say who we are, where the route has it. Raises ``SessionFailed``, ``Lost`` and what ``Tokens.bearer`` raises."""
    login = route.credentials
    if isinstance(login, Grant):
        assert tokens is not None, "who opens routes with a grant has tokens"
        await _by_token(route, login, offers, converse, tokens)
    elif login is not None:
        await converse(authenticate(login, offers, route, nonce=secrets.token_urlsafe(18)))


async def _by_token(route: Route, grant: Grant, offers: Capabilities, converse: Converse, tokens: Tokens) -> None:
    async def show(token: str) -> None:
        await converse(authenticate(Bearer(username=grant.username, token=token), offers, route, nonce=""))

    token = await tokens.bearer(route, grant)
    try:
        await show(token)
    except SessionFailed as refused:
        if refused.outcome.code != _INVALID:
            raise
        # A token may end before its time: somebody changed a password. Another is tried, once.
        tokens.forget(route, grant, token)
        another = await tokens.bearer(route, grant)
        try:
            await show(another)
        except Lost:
            # The server hung up on who had been refused: that is the reason to tell.
            raise refused from None
