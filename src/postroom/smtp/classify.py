"""Why a server refused, and when it wants to be asked again: read from its reply. Pure.

RFC 3463 and IANA's registry of enhanced status codes (RFC 5248); docs/reference/replies.md tells what follows.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from postroom.mail.life import Stage, Why
from postroom.smtp.phrases import LIKELY, TELLING, Phrases

# As much as an outcome keeps. A text may be longer only where a test hands it in.
_CHARACTERS: Final = 1000

# The last two numbers of codes that the registry gives one meaning and that servers use for nothing else.
_EXACT: Final[Mapping[str, Why]] = {
    "1.10": Why.UNROUTABLE,  # RFC 7505: the recipient's domain takes no mail
    "2.3": Why.TOO_BIG,
    "3.4": Why.TOO_BIG,
    "7.20": Why.DOMAIN_AUTHENTICATION,  # RFC 7372: DKIM, as the next two
    "7.21": Why.DOMAIN_AUTHENTICATION,
    "7.22": Why.DOMAIN_AUTHENTICATION,
    "7.23": Why.DOMAIN_AUTHENTICATION,  # RFC 7372: SPF, as the next
    "7.24": Why.DOMAIN_AUTHENTICATION,
    "7.25": Why.DOMAIN_AUTHENTICATION,  # RFC 7372: reverse DNS
    "7.26": Why.DOMAIN_AUTHENTICATION,  # RFC 7372: several of these
}

# Codes that mostly mean what RFC 3463 says; telling words go before them.
_USUAL: Final[Mapping[str, Why]] = {
    "1.1": Why.BAD_MAILBOX,
    "1.2": Why.UNROUTABLE,
    "1.3": Why.BAD_MAILBOX,
    "1.6": Why.BAD_MAILBOX,
    "1.7": Why.BAD_SENDER,
    "1.8": Why.BAD_SENDER,
    "2.2": Why.OVER_QUOTA,
    "4.6": Why.UNROUTABLE,
    "4.7": Why.UNROUTABLE,
    "5.3": Why.RATE_LIMITED,  # too many recipients
    "7.8": Why.AUTHENTICATION,
    "7.10": Why.TLS,
    "7.11": Why.TLS,
    "7.13": Why.AUTHENTICATION,
    "7.14": Why.AUTHENTICATION,
    "7.28": Why.RATE_LIMITED,  # a flood
}

# RFC 3463 §3: what the second number is about, for what no word tells.
_SUBJECTS: Final[Mapping[str, Why]] = {
    "1": Why.BAD_MAILBOX,
    "2": Why.BAD_MAILBOX,
    "3": Why.BUSY,
    "4": Why.BUSY,
    "5": Why.PROTOCOL,
    "6": Why.CONTENT,
    "7": Why.POLICY,
}

# An address or mailbox that is wrong only for now is one that could not be looked up.
_PASSING: Final[Mapping[str, Why]] = {**_SUBJECTS, "1": Why.BUSY, "2": Why.BUSY}

# RFC 5321 §4.2.3, RFC 3207 §4, RFC 4954 §6, RFC 5248 and RFC 7504: reply codes, the last that is asked.
_REPLIES: Final[Mapping[int, Why]] = {
    421: Why.BUSY,
    450: Why.BUSY,
    451: Why.BUSY,
    452: Why.BUSY,
    500: Why.PROTOCOL,
    501: Why.PROTOCOL,
    502: Why.PROTOCOL,
    503: Why.PROTOCOL,
    504: Why.PROTOCOL,
    521: Why.UNROUTABLE,
    523: Why.TLS,
    530: Why.AUTHENTICATION,
    534: Why.AUTHENTICATION,
    535: Why.AUTHENTICATION,
    538: Why.TLS,
    552: Why.OVER_QUOTA,
    553: Why.BAD_MAILBOX,
    555: Why.PROTOCOL,
    556: Why.UNROUTABLE,
}
# RFC 4954 §6: these two are only ever said about a login.
_LOGIN: Final = frozenset({534, 535})


# Servers repeat the addresses, and "spam@example.com: user unknown" is about no spam.
_ADDRESS = re.compile(r"[^\s<>()\"',;:@]{1,64}@[^\s<>()\"',;:]{1,255}")


# A server that refuses says mostly the same, and each reply is asked about twice: for its result and for its outcome.
@lru_cache(maxsize=256)
def classify(code: int, enhanced: str | None, text: str, stage: Stage) -> Why:
    """The reason that a reply of code 400 or higher gives; ``text`` is all of it as one line."""
    words = _ADDRESS.sub("", text[:_CHARACTERS].lower())
    detail = enhanced.partition(".")[2] if enhanced else _detail(words)
    subjects = _SUBJECTS if code >= 500 else _PASSING
    return (
        _EXACT.get(detail)
        or _first(TELLING, words)
        or (Why.AUTHENTICATION if code in _LOGIN or stage is Stage.AUTH else None)
        or (Why.TLS if stage is Stage.TLS else None)
        or _USUAL.get(detail)
        or _first(LIKELY, words)
        or subjects.get(detail.partition(".")[0])
        or _REPLIES.get(code, Why.OTHER)
    )


# "#5.1.1 …" and "… (#5.7.0)": forms of qmail and Ironport, which RFC 2034 does not know.
_MARKED = re.compile(r"#[45]\.([0-9]{1,3}\.[0-9]{1,3})\b(?!\.[0-9])")


def _detail(words: str) -> str:
    found = _MARKED.search(words)
    return found[1] if found else ""


def _first(phrases: Phrases, words: str) -> Why | None:
    return next((why for why, pattern in phrases if pattern.search(words)), None)


# "greylisted for 300 seconds", "come back in 15 mins", "retry=00:05:00": a number is a wait only close behind one of
# these words. "More than 10 mails in 5 minutes" is none.
_WAIT = re.compile(
    r"\b(?:again|retry|back|wait|gr[ae]y[- ]?listed|later|delayed)\b[^.;0-9]{0,40}"
    r"(?:(?P<clock>[0-9]{1,3}:[0-9]{2}:[0-9]{2})"
    r"|(?P<number>[0-9]{1,6})(?: more)? ?(?P<unit>s(?:ecs?|econds?)?|m(?:ins?|inutes?)?|h(?:rs?|ours?)?)\b)"
)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600}
# Nothing that was seen asks for more than some hours; a day is a misunderstanding.
_LONGEST: Final = 24 * 3600


def hint(text: str) -> int | None:
    """How many seconds to wait, from 1 to a day, if the text says it."""
    found = _WAIT.search(text[:_CHARACTERS].lower())
    if found is None:
        return None
    if found["clock"]:
        hours, minutes, seconds = map(int, found["clock"].split(":"))
        wait = 3600 * hours + 60 * minutes + seconds
    else:
        wait = int(found["number"]) * _UNITS[found["unit"][0]]
    return wait if 0 < wait <= _LONGEST else None
