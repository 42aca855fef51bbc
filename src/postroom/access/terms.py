"""How long grants live and how many there may be (W 4.10)."""

from dataclasses import dataclass
from typing import Final

from postroom.config import Settings

MINUTE: Final = 60_000  # ms
TEN_MINUTES: Final = 10 * MINUTE


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the operator grants; a count of 0 is no limit, but for the last two, which are at least 1."""

    access_seconds: int
    code_seconds: int
    poll_seconds: int
    codes_per_client: int  # in ten minutes
    access_per_refresh: int  # in ten minutes
    refresh_per_minute: int  # of one user
    live_access: int  # of one refresh token
    refresh_per_user: int

    @classmethod
    def of(cls, settings: Settings) -> "Terms":
        """The terms of the settings."""
        return cls(
            access_seconds=settings.access_token_seconds,
            code_seconds=settings.code_seconds,
            poll_seconds=settings.device_poll_seconds,
            codes_per_client=settings.codes_per_client,
            access_per_refresh=settings.access_tokens_per_refresh,
            refresh_per_minute=settings.refresh_tokens_per_minute,
            live_access=max(settings.live_access_tokens, 1),
            refresh_per_user=max(settings.refresh_tokens_per_user, 1),
        )
