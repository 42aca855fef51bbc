"""Dovecot's authentication, which Postfix and Exim ask: every mechanism that we speak, with one password or token."""

import base64
import hmac
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.peers.debian import TREE, program
from tests.peers.premises import ADA, MAIL_USER, OTHER_USER, Premises, running

_KEY: Final = b"a key that only the tests have!!"
MECHANISMS: Final = ("plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "oauthbearer", "xoauth2")


def token(username: str = ADA.username) -> str:
    """An access token (RFC 9068, in short) that it believes for a minute."""
    now = int(time.time())
    claims = {"sub": username, "iat": now, "exp": now + 60}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_base64url(hmac.digest(_KEY, signed.encode(), 'sha256'))}"


def _part(value: dict[str, object]) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@contextmanager
def dovecot(premises: Premises) -> Iterator[Path]:
    """Run it; the socket where a mail server asks it."""
    folder = premises.own("dovecot", "keys/default/HS256")
    conf = folder / "dovecot.conf"
    conf.write_text(_conf(folder))
    (folder / "users").write_text(f"{ADA.username}:{{PLAIN}}{ADA.password}\n")
    (folder / "oauth2.conf").write_text(
        f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={folder}/keys/\n"
        "username_attribute = sub\n"
    )
    (folder / "keys/default/HS256/default").write_text(base64.b64encode(_KEY).decode())
    # Dovecot looks for doveconf where it would be installed; doveconf itself can start it, too.
    words = (program("doveconf"), "-f", "service=master", "-c", str(conf), "-m", "master", "-p")
    with running([*words, "-e", program("dovecot"), "-F", "-c", str(conf)], folder / "run/auth"):
        yield folder / "run/auth"


def _conf(folder: Path) -> str:
    root = os.getuid() == 0
    return f"""\
base_dir = {folder}/run
state_dir = {folder}/state
libexec_dir = {TREE}/usr/lib/dovecot
log_path = {folder}/log
import_environment = LD_LIBRARY_PATH
default_internal_user = {MAIL_USER if root else os.getuid()}
default_internal_group = {MAIL_USER if root else os.getgid()}
default_login_user = {OTHER_USER if root else os.getuid()}
protocols =
ssl = no
auth_mechanisms = {" ".join(MECHANISMS)}
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  mechanisms = {" ".join(each for each in MECHANISMS if "oauth" not in each)}
  args = {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nowhere
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  unix_listener {folder}/run/auth {{
    mode = 0666
  }}
}}
"""
