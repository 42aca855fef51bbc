#!/bin/sh
# Find a Chromium for the tests that drive the pages, or install Debian's; say in one line what is missing. $1 is the log.
set -eu

fail() {
    echo "postroom: $1" >&2
    exit 1
}

# Nobody is kept from working for want of a browser, but what decides about a change must have seen the pages.
missing() {
    [ -z "${CI:-}" ] || fail "$1; under CI the browser tests must run"
    echo "postroom: $1; the browser tests are skipped" >&2
    exit 0
}

if [ -n "${CHROMIUM:-}" ]; then
    command -v "$CHROMIUM" >/dev/null || fail "CHROMIUM is $CHROMIUM, which is no program"
    exit 0
fi
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done

command -v apt-get >/dev/null || missing "there is no Chromium; install one, or name it: make CHROMIUM=/path/to/it test"
if [ "$(id -u)" -eq 0 ]; then
    root=
elif sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    missing "there is no Chromium, and only root may install it: apt-get install chromium"
fi

echo "postroom: installing Debian's chromium" >&2
# A source of packages that does not answer is no matter as long as another has this one.
{
    $root apt-get update
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium
} >"$1" 2>&1 </dev/null || missing "Debian's chromium could not be installed; $1 has the details"
