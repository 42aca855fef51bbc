"""One thing that was looked for in the DNS, and what to publish in its place."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

_STRING_OCTETS: Final = 255  # RFC 1035 §3.3: of one string


class Verdict(Enum):
    """How it stands. The value is what is shown."""

    GOOD = "good"
    OPTIONAL = "optional"  # not there, and nobody's mail is worse for it
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"  # the DNS did not answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """``subject`` is what was looked for; ``record``, if any, is a line for the zone file that would mend it."""

    subject: str
    verdict: Verdict
    line: str
    record: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing needs to be done."""
        return self.verdict in (Verdict.GOOD, Verdict.OPTIONAL)


def text_record(name: str, text: str) -> str:
    """The line of a TXT record (RFC 1035 §5.1), in as many strings as it needs.

    The text may be a stranger's, and the line goes to a terminal and into a zone.
    """
    text = re.sub(r'(["\\])', r"\\\1", "".join(filter(str.isprintable, text)))
    pieces = [text[at : at + _STRING_OCTETS] for at in range(0, len(text), _STRING_OCTETS)]
    return f"{name}. IN TXT " + " ".join(f'"{piece}"' for piece in pieces)
