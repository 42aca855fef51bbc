"""Knot, which signs zones, and Unbound, which verifies signatures: what DANE rests on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import dns.message
import dns.query
from bench import ports

from tests.peers.debian import program
from tests.peers.premises import Premises, running

_ZONE: Final = """\
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
@ MX 10 mx
mx A 8.8.1.1
_25._tcp.mx TLSA 3 1 1 {digest}
"""
SIGNED, FORGED, PLAIN = "signed.test", "forged.test", "plain.test"
DIGEST: Final = "ab" * 32


@contextmanager
def nameservers(premises: Premises) -> Iterator[str]:
    """Run both; the address of Unbound, as the setting ``resolver`` has it.

    ``SIGNED`` is verified, ``PLAIN`` is not signed, and the signatures of ``FORGED`` are not by whom they should be.
    """
    folder = premises.own("nameservers")
    source, port = ports.free(), ports.free()
    for zone in (SIGNED, FORGED, PLAIN):
        (folder / f"{zone}.zone").write_text(_ZONE.format(digest=DIGEST))
    (folder / "knot.conf").write_text(_knot(str(folder), source))
    with running([program("knotd"), "-c", str(folder / "knot.conf")], source):
        key = _key(source)
        (folder / "unbound.conf").write_text(_unbound(str(folder), source, port, key))
        with running([program("unbound"), "-d", "-p", "-c", str(folder / "unbound.conf")], port):
            yield f"127.0.0.1#{port}"


def _key(source: int) -> str:
    """The key that the zone ``SIGNED`` is signed with, as a record has it."""
    question = dns.message.make_query(SIGNED, "DNSKEY")
    key: str = dns.query.tcp(question, "127.0.0.1", timeout=10, port=source).answer[0][0].to_text()
    return key


def _knot(folder: str, port: int) -> str:
    return f"""\
server:
    rundir: {folder}
    listen: 127.0.0.1@{port}
database:
    storage: {folder}
policy:
  - id: quick
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    dnssec-policy: quick
zone:
  - domain: {SIGNED}
    dnssec-signing: on
  - domain: {FORGED}
    dnssec-signing: on
  - domain: {PLAIN}
"""


def _unbound(folder: str, source: int, port: int, key: str) -> str:
    return f"""\
server:
    directory: "{folder}"
    chroot: ""
    username: ""
    use-syslog: no
    interface: 127.0.0.1
    port: {port}
    do-not-query-localhost: no
    module-config: "validator iterator"
    local-zone: "test." nodefault
    trust-anchor: "{SIGNED}. DNSKEY {key}"
    trust-anchor: "{FORGED}. DNSKEY {key}"
{_stubs(source, (SIGNED, FORGED, PLAIN))}"""


def _stubs(source: int, zones: Sequence[str]) -> str:
    return "".join(f'stub-zone:\n    name: "{zone}"\n    stub-addr: 127.0.0.1@{source}\n' for zone in zones)
