#!/bin/sh
# app.sh APP LOCK TORCH_INDEX MANAGER: the environment of what runs, /opt/venv, from a lock file with hashes.
set -eu
fail() {
    echo "catalyst: error: $1" >&2
    echo "catalyst: hint: $2" >&2
    exit 4
}
case $1 in
canary)
    [ ! -e /opt/comfyui/main.py ] || fail "APP=canary has no use for a ComfyUI tree" "--build-arg APP=comfyui"
    python3 -m venv --without-pip /opt/venv
    exit
    ;;
comfyui) ;;
*) fail "APP is \"$1\"; it must be comfyui or canary" "--build-arg APP=comfyui" ;;
esac
[ -f /opt/comfyui/main.py ] || fail "there is no ComfyUI in what COMFYUI_TREE names" \
    "name an image with main.py at its root, or: --build-context comfyui=DIR"
[ -f "$2" ] || fail "COMFYUI_LOCK is $2, which is not there" "image/lock DIR >image/mine.lock; --build-arg COMFYUI_LOCK=image/mine.lock"
python3 -m venv /opt/venv
# TORCH_INDEX is asked besides: hashes decide what is taken, whoever has it.
/opt/venv/bin/python -m pip install -q --require-hashes --only-binary :all: --no-compile \
    ${3:+--extra-index-url "$3"} -r "$2"
/opt/venv/bin/python image/finish.py meets /opt/comfyui/requirements.txt ||
    fail "$2 is not the lock file of this ComfyUI" "image/lock DIR >image/mine.lock; --build-arg COMFYUI_LOCK=image/mine.lock"
# pip is for nodes that install their packages, as ComfyUI-Manager does.
[ "$4" = true ] || /opt/venv/bin/python -m pip uninstall -q -y pip setuptools
