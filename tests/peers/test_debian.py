"""The programs are there and start from where they were unpacked."""

import subprocess

import pytest

from tests.peers.debian import environment, program


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("postconf", "-d", "mail_version"), "mail_version = 3."),
        (("exim4", "-bV"), "Debian-exim"),  # the user that it lacks, as nothing is installed
        (("dovecot", "--version"), "2."),
        (("opendkim-testmsg", "-?"), "usage: opendkim-testmsg"),
        (("dkimverify", "--help"), "Verify DKIM signature"),
        (("unbound", "-V"), "Version 1."),
        (("knotd", "--version"), "Knot DNS"),
        (("keymgr", "--version"), "Knot DNS"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_each_program_starts(words: tuple[str, ...], says: str) -> None:
    name, *rest = words
    done = subprocess.run(
        [program(name), *rest], env=environment(), capture_output=True, text=True, check=False, timeout=20
    )
    assert says in done.stdout + done.stderr
