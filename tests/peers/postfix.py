"""Postfix, as it takes mail for submission and for its own domain."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench import ports

from tests.peers.debian import TREE, as_root
from tests.peers.mailserver import MailServer
from tests.peers.premises import DOMAIN, MAIL_USER, SIZE_LIMIT, Premises, running

_OF_MAIL: Final = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved")
_SERVICES: Final = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@contextmanager
def postfix(premises: Premises, sasl: Path) -> Iterator[MailServer]:
    """Run it with Dovecot's authentication at ``sasl``."""
    master = as_root("master")
    folder = premises.own("postfix", "etc", "queue/pid")
    premises.own(
        "postfix", "data", *(f"queue/{each}" for each in (*_OF_MAIL, "trace", "maildrop", "public")), user=MAIL_USER
    )
    made = MailServer(name="postfix", port=ports.free(), tls_port=ports.free(), log=folder / "log")
    (folder / "etc/main.cf").write_text(_main(premises, folder, sasl))
    doors = f"127.0.0.1:{made.port} inet n - n - - smtpd\n127.0.0.1:{made.tls_port} inet n - n - - smtpd\n"
    (folder / "etc/master.cf").write_text(f"{doors}  -o smtpd_tls_wrappermode=yes\n{_SERVICES}")
    # Postfix waits until it believes that nobody writes its configuration any more.
    for each in (folder / "etc").iterdir():
        os.utime(each, (0, 0))
    with running([master, "-d", "-c", str(folder / "etc")], made.port, made.tls_port):
        yield made


def _main(premises: Premises, folder: Path, sasl: Path) -> str:
    return f"""\
compatibility_level = 3.6
import_environment = MAIL_CONFIG LD_LIBRARY_PATH
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
command_directory = {TREE}/usr/sbin
daemon_directory = {TREE}/usr/lib/postfix/sbin
shlib_directory = {TREE}/usr/lib/postfix
meta_directory = {TREE}/etc/postfix
mail_owner = {MAIL_USER}
setgid_group = games
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.example
mynetworks = 127.0.0.2
mydestination =
alias_maps =
local_recipient_maps =
relay_domains = {DOMAIN}
relayhost = [127.0.0.1]:{premises.onward}
smtpd_error_sleep_time = 0
message_size_limit = {SIZE_LIMIT}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_loglevel = 1
smtpd_tls_chain_files = {premises.certificate}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {sasl}
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_restriction_classes = greylist
greylist = check_policy_service inet:127.0.0.1:{premises.gate}
smtpd_recipient_restrictions = check_recipient_access inline:{{
    {{ later@{DOMAIN} = 450 4.2.1 the mailbox rests }}
    {{ nobody@{DOMAIN} = 550 5.1.1 no such mailbox }}
    {{ grey@{DOMAIN} = greylist }} }}
"""
