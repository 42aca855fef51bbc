"""The time of an organisation."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """The time zone of that IANA name; UTC where this machine does not know it: moments stay true."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=1024)  # what is written at once has one moment
def moment(at: int, zone: tzinfo) -> str:
    """ms since the epoch as W 0 has it: ISO 8601, seconds, the numeric offset of the organisation at that moment."""
    return datetime.fromtimestamp(at // 1000, zone).isoformat()


def day(at: int, name: str) -> int:
    """Which day it is there at a moment, ms since the epoch; the epoch's own is 0. A day may have 23 or 25 hours."""
    there = datetime.fromtimestamp(at / 1000, zone(name))
    return there.toordinal() - _EPOCH.toordinal()
