"""What TLS is begun with: how a server shows who it is, and the session of last time, to be taken up again.

Settings are made once for each way of verifying: to make them reads every authority that the system trusts.
"""

import ssl
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

from msgspec import Struct

from postroom.errors import Misconfigured
from postroom.smtp.dane import Tlsa, matches
from postroom.smtp.route import Route, Tls

SESSIONS: Final = 1000  # ours; some 5 MB
# Ours, and what Postfix keeps them for. Who takes up a session sees no certificate, and one may be revoked.
SESSION_MS: Final = 3600 * 1000

_Key: TypeAlias = tuple[str, int, Tls, tuple[Tlsa, ...], tuple[str, ...]]


class _Kept(Struct, frozen=True):
    """A session, and when the server last showed a certificate, ms since the epoch."""

    session: ssl.SSLSession
    shown_at: int


# ``start_tls`` has no parameter for a session. A handshake is begun in the context (PEP 567) of the task that asked for
# it, under uvloop as it was when the connection was opened.
_taken_up: ContextVar[ssl.SSLSession | None] = ContextVar("taken_up", default=None)


class _Settings(ssl.SSLContext):
    """Settings of TLS that take up the session of the task's connection."""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session or _taken_up.get())


def _now() -> int:
    return time.time_ns() // 1_000_000


class Trust:
    """For all routes of a worker; TLS 1.2 or later (RFC 8996).

    ``verifying`` are the settings that hold certificate and host name against authorities, for every route that an
    operator configured or MTA-STS demands.
    """

    def __init__(self, ca_file: str = "", clock: Callable[[], int] = _now) -> None:
        """``ca_file``: see ``verifying``. Raises ``Misconfigured``."""
        self._clock = clock
        self._kept: dict[_Key, _Kept] = {}
        self.verifying = verifying(ca_file)
        # RFC 7435: whoever it is. RFC 7672 §3.1: authorities have no part in DANE, which has its say after the
        # handshake.
        self._believing = _settings()
        self._believing.check_hostname = False
        self._believing.verify_mode = ssl.CERT_NONE

    def settings(self, route: Route) -> ssl.SSLContext:
        """For the connection that this task opens next; the session kept for such a route is taken up."""
        kept = self._kept.get(_key(route))
        fresh = kept is not None and self._clock() - kept.shown_at < SESSION_MS
        _taken_up.set(kept.session if kept is not None and fresh else None)
        return self._believing if route.tls in (Tls.OPPORTUNISTIC, Tls.DANE) else self.verifying

    def fault(self, route: Route, tls: ssl.SSLObject) -> str | None:
        """None where the server is who it should be, as far as the handshake has not seen to that; else why not."""
        # A session is kept only of who was found right, and for the same records.
        if not route.tlsa or tls.session_reused:
            return None
        return matches(_chain(tls), route.tlsa, (route.host, *route.names), self._clock())

    def keep(self, route: Route, tls: ssl.SSLObject) -> None:
        """Keep the session for the next time. Under TLS 1.3 it comes some time after the handshake, with a reply."""
        before = self._kept.pop(_key(route), None)
        session = tls.session
        if session is None or not session.has_ticket or (tls.session_reused and before is None):
            return
        # A session taken up again and again would put off for ever that a certificate is seen.
        shown_at = before.shown_at if before is not None and tls.session_reused else self._clock()
        self._kept[_key(route)] = _Kept(session, shown_at)
        if len(self._kept) > SESSIONS:
            del self._kept[next(iter(self._kept))]

    def forget(self, route: Route) -> None:
        """A handshake failed: it may have been the session."""
        self._kept.pop(_key(route), None)


def verifying(ca_file: str = "") -> ssl.SSLContext:
    """Settings that hold certificate and host name against the authorities of ``ca_file`` (PEM; empty: the system's).

    Raises ``Misconfigured``.
    """
    settings = _settings()
    try:
        if ca_file:
            settings.load_verify_locations(cafile=ca_file)
        else:
            settings.load_default_certs()
    except OSError as error:
        raise Misconfigured(f"ca_file: {ca_file}: {error}") from None
    return settings


def _settings() -> _Settings:
    settings = _Settings(ssl.PROTOCOL_TLS_CLIENT)
    settings.minimum_version = ssl.TLSVersion.TLSv1_2
    return settings


def _key(route: Route) -> _Key:
    return route.host, route.port, route.tls, route.tlsa, route.names


def _chain(tls: Any) -> Sequence[bytes]:
    """The certificates that the server showed, its own first, in DER."""
    try:
        shown: Sequence[bytes] = tls.get_unverified_chain()
    except AttributeError:
        # Up to Python 3.12 only the object inside knows them; 2: DER.
        return [each.public_bytes(2) for each in tls._sslobj.get_unverified_chain() or ()]
    return shown
