#!/bin/sh
# Checks, then tests. Arguments go to pytest; without any: what needs no engine, and bubblewrap's lane where it is.
set -eu
ruff check .
mypy
lint-imports
if [ $# -eq 0 ] && command -v bwrap >/dev/null; then
    set -- --run-bwrap
fi
exec python -m pytest "$@"
