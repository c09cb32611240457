#!/bin/sh
# Builds the pages of docs/ into $1, or for the checks alone: a link that leads nowhere, or a page that is in no menu, fails.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-.venv/bin/python}
$python -m venv --without-pip "$work/venv"
$python -m pip --python "$work/venv/bin/python" install --quiet --disable-pip-version-check --no-compile \
    --require-hashes --only-binary :all: -r requirements-docs.lock
# Not --quiet: mkdocs 1.6 counts for --strict only the warnings that it prints.
"$work/venv/bin/mkdocs" build --strict --site-dir "${1:-$work/site}" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
echo "the pages are built, and every link in them leads somewhere"
