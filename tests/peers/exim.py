"""Exim, as it takes mail for submission and for its own domain."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench import ports

from tests.peers.debian import TREE, program
from tests.peers.mailserver import MailServer
from tests.peers.premises import DOMAIN, SIZE_LIMIT, Premises, running

_USER: Final = "Debian-exim"  # built in; the package's scripts, which do not run here, would make it
_UID: Final = 60_017  # nobody's
MECHANISMS: Final = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2")


@contextmanager
def exim(premises: Premises, sasl: Path) -> Iterator[MailServer]:
    """Run it with Dovecot's authentication at ``sasl``."""
    started = program("exim4")
    folder = premises.own("exim", "spool", "log")
    uid = _UID if os.getuid() == 0 else os.getuid()
    if os.getuid() == 0:
        for each in ("spool", "log"):
            os.chown(folder / each, uid, uid)
    (folder / "passwd").write_text(f"root:x:0:0::/:/bin/sh\n{_USER}:x:{uid}:{uid}::/:/bin/sh\n")
    (folder / "group").write_text(f"root:x:0:\n{_USER}:x:{uid}:\n")
    made = MailServer(
        name="exim",
        port=ports.free(),
        tls_port=ports.free(),
        log=folder / "log/main",
        only={each: ports.free() for each in MECHANISMS},
    )
    (folder / "conf").write_text(_conf(premises, folder, made, sasl))
    variables = {
        "LD_PRELOAD": next(str(each) for each in TREE.glob("usr/lib/*/libnss_wrapper.so")),
        "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
        "NSS_WRAPPER_GROUP": str(folder / "group"),
    }
    with running([started, "-C", str(folder / "conf"), "-bdf"], made.port, made.tls_port, **variables):
        yield made


def _conf(premises: Premises, folder: Path, made: MailServer, sasl: Path) -> str:
    doors = " : ".join(map(str, (made.port, made.tls_port, *made.only.values())))
    return f"""\
exim_path = {TREE}/usr/sbin/exim4
keep_environment = LD_LIBRARY_PATH : LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/spool/pid
primary_hostname = exim.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = {doors}
tls_on_connect_ports = {made.tls_port}
tls_advertise_hosts = *
tls_certificate = {premises.certificate}
tls_privatekey = {premises.certificate}
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
chunking_advertise_hosts = *
tls_resumption_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = {SIZE_LIMIT}
log_selector = +pipelining +received_recipients +smtp_confirmation +8bitmime
deliver_drop_privilege
rfc1413_query_timeout = 0s
acl_smtp_rcpt = recipient
acl_smtp_data = accept
begin acl
recipient:
  defer message = 4.2.1 the mailbox rests
    domains = {DOMAIN}
    local_parts = later
  deny message = 5.1.1 no such mailbox
    domains = {DOMAIN}
    local_parts = nobody
  defer message = 4.7.1 Greylisted, try again in 5 seconds
    domains = {DOMAIN}
    local_parts = grey
    condition = ${{if match{{${{readsocket{{inet:127.0.0.1:{premises.gate}}}{{recipient=grey\\n\\n}}}}}}{{defer}}}}
  accept domains = {DOMAIN}
  accept authenticated = *
  deny message = 5.7.1 relaying denied
begin routers
onward:
  driver = manualroute
  transport = onward
  route_list = * 127.0.0.1
  self = send
begin transports
onward:
  driver = smtp
  port = {premises.onward}
  hosts_avoid_tls = *
begin authenticators
{"".join(_authenticator(each, made, sasl) for each in MECHANISMS)}"""


def _authenticator(mechanism: str, made: MailServer, sasl: Path) -> str:
    elsewhere = ":".join(str(port) for name, port in made.only.items() if name != mechanism)
    return f"""\
{mechanism.lower().replace("-", "_")}:
  driver = dovecot
  public_name = {mechanism}
  server_socket = {sasl}
  server_set_id = $auth1
  server_advertise_condition = ${{if inlist{{$received_port}}{{{elsewhere}}}{{no}}{{yes}}}}
"""
