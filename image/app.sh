#!/bin/sh
# app.sh APP LOCK TORCH_INDEX MANAGER LEAST: the environment of what runs, /opt/venv, from a lock file with hashes.
set -eu
fail() {
    echo "catalyst: error: $1" >&2
    echo "catalyst: hint: $2" >&2
    exit 4
}
# given/ is what COMFYUI_TREE or --build-context named; fetched/ what COMFYUI_COMMIT did, where nothing was given.
tree=
for one in given fetched; do
    [ ! -e "$one/main.py" ] || tree=$one
done
case $1 in
canary)
    [ -z "$tree" ] || fail "APP=canary has no use for a ComfyUI tree" "--build-arg APP=comfyui"
    mkdir /opt/comfyui
    python3 -m venv --without-pip /opt/venv
    exit
    ;;
comfyui) ;;
*) fail "APP is \"$1\"; it must be comfyui or canary" "--build-arg APP=comfyui" ;;
esac
[ -n "$tree" ] || fail "no ComfyUI was given" "--build-arg COMFYUI_COMMIT=HASH, or a checkout: --build-context comfyui=DIR"
mv "$tree" /opt/comfyui
python3 image/finish.py least /opt/comfyui "$5" ||
    fail "older versions have known flaws (CVE-2026-56670 and others)" "take a newer one, or accept that: --build-arg COMFYUI_LEAST=0"
[ -f "$2" ] || fail "COMFYUI_LOCK is $2, which is not there" "image/lock DIR >image/mine.lock; --build-arg COMFYUI_LOCK=image/mine.lock"
python3 -m venv /opt/venv
# TORCH_INDEX is asked besides: hashes decide what is taken, whoever has it.
/opt/venv/bin/python -m pip install -q --require-hashes --only-binary :all: --no-compile \
    ${3:+--extra-index-url "$3"} -r "$2"
/opt/venv/bin/python image/finish.py meets /opt/comfyui/requirements.txt ||
    fail "$2 is not the lock file of this ComfyUI" "image/lock DIR >image/mine.lock; --build-arg COMFYUI_LOCK=image/mine.lock"
# Started once, as far as listening: a package that no requirements.txt names is missed here, not by every container.
mkdir -p start/custom_nodes
( cd start && exec /opt/venv/bin/python /opt/comfyui/main.py --quick-test-for-ci --cpu --disable-all-custom-nodes \
    --base-directory . --database-url sqlite:///:memory: ) >start.log 2>&1 || {
    tail -n 20 start.log >&2
    fail "this ComfyUI does not start with the packages of $2" "name what is missing: image/lock DIR '' PACKAGE >image/mine.lock"
}
# pip is for nodes that install their packages, as ComfyUI-Manager does.
[ "$4" = true ] || /opt/venv/bin/python -m pip uninstall -q -y pip
