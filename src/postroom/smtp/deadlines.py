"""How long each part of a conversation may take. RFC 5321 §4.5.3.2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from postroom.mail.life import Stage

_MINUTE: Final = 60.0

_SECONDS: Final[Mapping[Stage, float]] = {
    Stage.CONNECT: 2 * _MINUTE,  # ours: TCP's own patience, about
    Stage.GREETING: 5 * _MINUTE,  # RFC 5321 §4.5.3.2.1
    Stage.HELLO: 5 * _MINUTE,  # ours, here and for TLS and AUTH: as for any command
    Stage.TLS: 5 * _MINUTE,
    Stage.AUTH: 5 * _MINUTE,
    Stage.ENVELOPE: 5 * _MINUTE,  # RFC 5321 §4.5.3.2.2 (MAIL), §4.5.3.2.3 (RCPT)
    Stage.DATA: 2 * _MINUTE,  # RFC 5321 §4.5.3.2.4
    Stage.BODY: 3 * _MINUTE,  # RFC 5321 §4.5.3.2.5, for each block
    Stage.FINAL_DOT: 10 * _MINUTE,  # RFC 5321 §4.5.3.2.6
}
# Ours: a server that uses each time limit to its end, or takes a mail at a crawl, holds a connection no longer.
_TOTAL: Final = 60 * _MINUTE
_FAREWELL: Final = 10.0  # ours: nobody waits for a goodbye


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """Seconds for each stage of a conversation, for one mail in ``total``, and for saying goodbye."""

    stage: Mapping[Stage, float]
    total: float
    farewell: float

    @classmethod
    def scaled(cls, scale: float = 1.0) -> "Deadlines":
        """The limits of the standard, all multiplied by ``scale``."""
        return cls(
            stage={stage: seconds * scale for stage, seconds in _SECONDS.items()},
            total=_TOTAL * scale,
            farewell=_FAREWELL * scale,
        )
