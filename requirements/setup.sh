#!/bin/sh
# Make a virtual environment ($1) holding exactly the packages of a lock file ($2); say in one line what is missing.
set -eu
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "postroom: $python is missing or older than 3.11; install Python 3.11+ or run make PYTHON=/path/to/python" >&2
    exit 1
}
"$python" -c 'import ensurepip' 2>/dev/null || {
    echo "postroom: Python's venv module is incomplete; on Debian: apt-get install python3-venv" >&2
    exit 1
}
[ -x "$1/bin/pip" ] || "$python" -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --requirement "$2" || {
    echo "postroom: the packages of $2 could not be installed; is a package index reachable?" >&2
    exit 1
}
