#!/bin/sh
# Builds the wheel and runs the unit tests against it, installed in an environment of its own.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=.venv/bin/python
if [ ! -e .venv/installed-dev ]; then
    $python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-dev.lock
    : >.venv/installed-dev
fi
$python -m build --wheel --no-isolation --outdir "$work" . >"$work/build.log" || { cat "$work/build.log"; exit 1; }
$python -m venv "$work/venv"
for lock in requirements.lock requirements-dev.lock; do
    "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock"
done
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-index "$work"/catalyst_comfyui-*.whl
"$work/venv/bin/catalyst" --version
"$work/venv/bin/python" -c 'import catalyst, sys; sys.exit("site-packages" not in catalyst.__file__)'
"$work/venv/bin/python" -m pytest tests/unit
"$work/venv/bin/catalyst" run --engine bwrap --data "$work/data" -- true
echo "the wheel works by itself"
