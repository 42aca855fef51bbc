"""Which server a mail goes to, how the way there is protected, and who we are to that server."""

import ssl
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from postroom.errors import Misconfigured

# Ours: shorter than the shortest pause of a mail, so that each of its attempts dials.
REST_SECONDS: Final = 30.0


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where a part of a mail goes: ``routes`` that are tried in order until a session stands; there is at least one.

    ``key`` names what its sessions and turns are counted by. A route that failed is not dialled again for
    ``rest_seconds``.
    """

    key: Hashable
    routes: tuple[Route, ...]
    rest_seconds: float = REST_SECONDS

    @classmethod
    def of(cls, route: Route) -> "Destination":
        """A transport's own server: the transport is paused where it fails, for all workers."""
        return cls(key=(route.transport_id,), routes=(route,), rest_seconds=0.0)


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
