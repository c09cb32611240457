#!/bin/sh
# fetch.sh APP/TREE URL COMMIT DIR: ComfyUI at COMMIT into DIR; nothing where another tree or no ComfyUI was asked for.
# (BuildKit does not run a stage nobody needs; buildah 1.28 does.)
set -eu
mkdir -p "$4"
[ "$1" = comfyui/fetched ] || exit 0
case $3 in
*[!0-9a-f]* | "") commit= ;;
*) commit=$3 ;;
esac
if [ "${#commit}" != 40 ]; then
    echo "catalyst: error: COMFYUI_COMMIT is \"$3\"; it must be the 40 digits of a commit" >&2
    echo "catalyst: hint: --build-arg COMFYUI_COMMIT=\$(git ls-remote $2 'refs/tags/v0.28.0^{}' | cut -f1)" >&2
    exit 4
fi
git init -q "$4"
git -C "$4" fetch -q --depth 1 "$2" "$commit"
git -C "$4" checkout -q --detach "$commit"
git -C "$4" fsck --no-dangling
rm -rf "$4/.git"
