"""Which server a mail goes to, how the way there is protected, and who we are to that server."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from typing import Final

from postroom.smtp.dane import Tlsa
from postroom.smtp.grant import Grant

# Ours: shorter than the shortest pause of a mail, so that each of its attempts dials.
REST_SECONDS: Final = 30.0


class Tls(Enum):
    """How a connection is protected. The value is what is stored where an operator chooses; the last two are for
    delivery to the recipients' own servers, whose DNS decides.
    """

    NONE = "none"  # not at all, credentials included: for a server on the same machine or wire
    STARTTLS = "starttls"  # RFC 3207; never without, even where the server does not offer it
    TLS = "tls"  # from the first octet, RFC 8314 §3.3
    OPPORTUNISTIC = "opportunistic"  # RFC 7435: STARTTLS where it is offered and comes about, whoever it is
    DANE = "dane"  # RFC 7672: STARTTLS, never without, and the certificate is one that the DNS names


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """User name and password for SMTP AUTH; the password is not shown."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One server, and how it is spoken to. ``host`` is a name or an IP address; equal routes may share connections.

    ``source`` are addresses of ours to speak from, at most one of each family is used; none: the system chooses.
    ``addresses`` are the host's, those to be tried first in front; none: the system looks it up. They make no other
    route: names come to mean other machines every few minutes. ``tlsa`` are the usable records of ``Tls.DANE``; none:
    RFC 7672 §2.2 still demands TLS, and believes any certificate. ``names`` are what the certificate may be called
    besides ``host``.
    """

    transport_id: int
    host: str
    port: int
    tls: Tls
    credentials: Credentials | Grant | None = None
    source: tuple[str, ...] = ()
    addresses: tuple[str, ...] = field(default=(), compare=False)
    tlsa: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # A password goes to nobody who has not shown to be the server that it is for.
        assert self.credentials is None or self.tls not in (Tls.OPPORTUNISTIC, Tls.DANE)

    @property
    def server(self) -> str:
        """``host:port``, as outcomes name it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def dialled(self, address: str) -> str:
        """``host[address]:port``, as outcomes name a host that has a name once it was reached."""
        return self.server if _is_address(self.host) else f"{self.host}[{address}]:{self.port}"


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


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
