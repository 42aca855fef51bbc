"""What somebody once agreed to, so that we may sign in for them without a password. RFC 6749 §6."""

from dataclasses import dataclass, field

import msgspec

from postroom.errors import Misconfigured


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """Who signs in, and what a token for it is fetched with; the secrets are not shown.

    ``server`` is google, microsoft or the URL of a token endpoint. ``client_secret`` and ``scope`` are empty where
    there is none to be sent. The refresh token says nothing of who we are: servers change it while sessions last.
    """

    username: str
    server: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(repr=False, compare=False)
    scope: str = ""

    @classmethod
    def read(cls, text: str) -> "Grant":
        """From what ``text`` wrote. Raises ``Misconfigured``."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError:
            raise Misconfigured("a stored OAuth sign-in is none of ours") from None

    @property
    def text(self) -> str:
        """All of it, secrets included: to be sealed."""
        return msgspec.json.encode(self).decode()
