"""Who asks: the user behind an access token, and what that token may do."""

from dataclasses import dataclass

from postroom.access.scope import Scopes


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """An authenticated caller. ``profile`` is Administrator or Standard; who is not ``confirmed`` sends no mail;
    ``time_zone`` is the organisation's, by its IANA name; ``expires_at`` is ms since the epoch, UTC.
    """

    org_id: int
    user_id: int
    client_id: str
    scopes: Scopes
    profile: str
    confirmed: bool
    time_zone: str
    expires_at: int
