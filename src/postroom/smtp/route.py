"""Which server a mail goes to, how the way there is protected, and who we are to that server."""

import ssl
from dataclasses import dataclass, field
from enum import Enum

from postroom.errors import Misconfigured


class Tls(Enum):
    """How a connection is protected; the operator chooses. The value is what is stored."""

    NONE = "none"  # not at all, credentials included: for a server on the same machine or wire
    STARTTLS = "starttls"  # RFC 3207; never without, even where the server does not offer it
    TLS = "tls"  # from the first octet, RFC 8314 §3.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """User name and password for SMTP AUTH; the password is not shown."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A transport as configured. ``host`` is a name or an IP address; equal routes may share connections."""

    transport_id: int
    host: str
    port: int
    tls: Tls
    credentials: Credentials | None = None

    @property
    def server(self) -> str:
        """``host:port``, as outcomes name it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def trust(ca_file: str) -> ssl.SSLContext:
    """The TLS settings for all routes: certificate and host name verified, TLS 1.2 or later (RFC 8996).

    ``ca_file`` is a PEM file of certificates to trust; empty: the system's. Raises ``Misconfigured``.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise Misconfigured(f"ca_file: {ca_file}: {error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
