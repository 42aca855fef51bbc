"""What a domain asks of those who send it mail: which servers, and that their certificates be good. RFC 8461. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from postroom.smtp.mx import is_host

POLICY_OCTETS: Final = 64 * 1024  # RFC 8461 §3.3 has it as the least that must be read; more is nobody's policy
_LONGEST: Final = 31_557_600  # RFC 8461 §3.2: seconds, about a year

# RFC 8461 §3.1: fields between semicolons, names and values of printable characters.
_FIELD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+")
_ID = re.compile(r"id=([A-Za-z0-9]{1,32})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_AGE = re.compile(r"[0-9]{1,10}")


class BadPolicy(ValueError):  # noqa: N818 - the word says it
    """The text is no policy; the message says why in a few words."""


class Mode(Enum):
    """What is to become of mail that cannot go as the policy says. The value is what stands in it."""

    ENFORCE = "enforce"  # it waits
    TESTING = "testing"  # it goes, and the domain hears of it
    NONE = "none"  # there is no policy any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A policy as it was fetched; ``id`` stood in the DNS then. ``mx`` are names, the first label perhaps ``*``.

    Moments in ms since the epoch.
    """

    id: str
    mode: Mode
    mx: tuple[str, ...]
    fetched_at: int
    ends_at: int

    def allows(self, host: str) -> bool:
        """Whether the domain's mail may go to that host (a name in lower case)."""
        # RFC 8461 §4.1: a star stands for one label, and only for the first.
        return host in self.mx or "*." + host.partition(".")[2] in self.mx


def published(texts: Sequence[str]) -> str | None:
    """The id of the policy, from the TXT records at ``_mta-sts``; None where they say that there is none."""
    # RFC 8461 §3.1: what begins otherwise is something else; and there must be exactly one.
    records = [text for text in texts if text.startswith("v=STSv1;")]
    if len(records) != 1:
        return None
    _, *fields = (field.strip(" \t") for field in records[0].split(";"))
    if fields[-1:] == [""]:
        fields.pop()
    if not all(map(_FIELD.fullmatch, fields)):
        return None
    ids = [found[1] for field in fields if (found := _ID.fullmatch(field))]
    return ids[0] if ids else None


def read(text: str, *, id: str, now: int) -> Policy:  # noqa: A002 - the field's word
    """The policy that a domain's server gave, fetched at ``now``. Raises ``BadPolicy``."""
    mx: list[str] = []
    fields: dict[str, str] = {}
    for line in filter(None, text.replace("\r\n", "\n").split("\n")):
        name, _, value = line.partition(":")
        value = value.strip(" \t")
        if not _NAME.fullmatch(name) or not value or not value.isprintable():
            raise BadPolicy("a line is no field")
        if name == "mx":
            mx.append(_pattern(value))
        else:
            # RFC 8461 §3.2: of fields that come twice the first counts; what nobody knows is passed over.
            fields.setdefault(name, value)
    if fields.get("version") != "STSv1":
        raise BadPolicy("is not of version STSv1")
    mode = next((each for each in Mode if each.value == fields.get("mode")), None)
    age = fields.get("max_age", "")
    if mode is None or not _AGE.fullmatch(age):
        raise BadPolicy("has no mode, or does not say how long it holds")
    # RFC 8461 §3.2: at least one server, unless there is no policy any more.
    if not mx and mode is not Mode.NONE:
        raise BadPolicy("names no server")
    return Policy(id=id, mode=mode, mx=tuple(mx), fetched_at=now, ends_at=now + min(int(age), _LONGEST) * 1000)


def _pattern(text: str) -> str:
    pattern = text.lower().removesuffix(".")
    if not is_host(pattern.removeprefix("*.")):
        raise BadPolicy("names a server that is no name")
    return pattern
