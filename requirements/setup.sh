#!/bin/sh
# Make a virtual environment ($1) holding exactly the packages of a lock file ($2); say in one line what is missing.
set -eu
python="${PYTHON:-python3}"

fail() {
    echo "postroom: $1" >&2
    exit 1
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is missing or older than 3.11; install Python 3.11+ or run make PYTHON=/path/to/python"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "Python's venv module is incomplete; on Debian: apt-get install python3-venv"

# One left by a Python that is gone, or by another folder, starts no more: it is made anew.
"$1/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$1" ||
    fail "the environment $1 could not be made"

echo "postroom: fetching the packages of $2 into $1" >&2
"$1/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
    --requirement "$2" 2>"$1/pip.log" ||
    fail "the packages of $2 could not be installed; is a package index reachable? $1/pip.log has the details"
