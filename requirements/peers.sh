#!/bin/sh
# Bring Debian's mail and name servers for the tests into a folder ($1) without installing them: most of them exclude each
# other, and an installed one would start. Say in one line what is missing.
set -eu

# One line each for what may stand beside the others; dependencies come along where the machine has them not.
packages='exim4-daemon-heavy dovecot-core spamassassin opendkim opendkim-tools python3-dkim python3-nacl python3-spf unbound knot libnss-wrapper
postfix'

# Nobody is kept from working for want of a mail server, but what decides about a change must have met them.
missing() {
    [ -z "${CI:-}" ] || { echo "postroom: $1; under CI the tests with real servers must run" >&2 && exit 1; }
    echo "postroom: $1; the tests with real servers are skipped" >&2
    exit 0
}

stamp=$(cat "$0" | cksum)
if [ "$(cat "$1/.ready" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
command -v apt-get >/dev/null || missing "there is no apt-get to fetch Debian's mail servers with"

echo "postroom: fetching Debian's mail servers into $1" >&2
rm -rf "$1"
mkdir -p "$1/debs/partial" "$1/lists/partial"
here=$(cd "$1" && pwd)

# Nothing of the machine is written, so no lock of its is wanted, and anybody may run this.
apt() {
    apt-get --quiet --yes -o Debug::NoLocking=true -o APT::Sandbox::User="$(id -un)" -o APT::Keep-Downloaded-Packages=true \
        -o Dir::Cache::Archives="$here/debs" "$@"
}

# $@: options. The two lines are resolved beside each other.
fetch() {
    pids=
    while read -r line; do
        # shellcheck disable=SC2086 # words, not one
        apt "$@" install --download-only --reinstall --no-install-recommends $line &
        pids="$pids $!"
    done <<LINES
$packages
LINES
    code=0
    for pid in $pids; do wait "$pid" || code=1; done
    return $code
}

{
    # The machine's own lists are mostly there and new enough.
    fetch || { rm -f "$here"/debs/*.deb; apt -o Dir::State::Lists="$here/lists" update; fetch -o Dir::State::Lists="$here/lists"; }
} >"$here/log" 2>&1 </dev/null || missing "Debian's mail servers could not be fetched; $1/log has the details"
for deb in "$here"/debs/*.deb; do
    dpkg-deb --extract "$deb" "$here/tree"
done >>"$here/log" 2>&1 || missing "Debian's mail servers could not be unpacked; $1/log has the details"
# Nobody gains a privilege by a program in a folder of the project; and one that gives some heeds no LD_LIBRARY_PATH.
find "$here/tree" -type f -perm /6000 -exec chmod ug-s {} +
rm -rf "$here/debs" "$here/lists"
echo "$stamp" >"$here/.ready"
