"""A running mail server, whichever it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from postroom.smtp.route import Credentials, Route, Tls


@dataclass(frozen=True, kw_only=True, slots=True)
class MailServer:
    """Where it listens, in plain (with STARTTLS) and under TLS, and what it writes down.

    ``only``: by the name of a mechanism of AUTH, a port where it offers no other.
    """

    name: str
    port: int
    tls_port: int
    log: Path
    only: Mapping[str, int] = field(default_factory=dict)

    def route(self, tls: Tls = Tls.STARTTLS, credentials: Credentials | None = None) -> Route:
        """The way to it."""
        port = self.tls_port if tls is Tls.TLS else self.port
        return Route(transport_id=1, host="127.0.0.1", port=port, tls=tls, credentials=credentials)

    def noted(self) -> str:
        """All that it has written down."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
