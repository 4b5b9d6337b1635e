#!/bin/sh
# Makes the virtual environment in $1, with $PYTHON; on Debian and Ubuntu the venv module is a package of its own.
set -eu
if "$PYTHON" -m venv "$1" 2>/dev/null; then exit 0; fi
rm -rf "$1"
version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Python's venv module is missing. Install it (Debian, Ubuntu: apt-get install python$version-venv) and run make again." >&2
    exit 2
fi
echo "==> installing python$version-venv (Python's venv module is missing)"
apt-get update -qq && apt-get install -y -qq --no-install-recommends "python$version-venv" >/dev/null
"$PYTHON" -m venv "$1"
