#!/bin/sh
# fetch.sh URL COMMIT DIR: ComfyUI at COMMIT into DIR; an empty DIR where no commit was asked for.
set -eu
mkdir -p "$3"
[ -n "$2" ] || exit 0
case $2 in
*[!0-9a-f]*) commit= ;;
*) commit=$2 ;;
esac
if [ "${#commit}" != 40 ]; then
    echo "catalyst: error: COMFYUI_COMMIT is \"$2\"; it must be the 40 digits of a commit, for tags and branches move" >&2
    case $2 in
    *[!A-Za-z0-9._-]*) tag=v0.38.0 ;;
    *) tag=$2 ;;
    esac
    # Of a tag with a message of its own there are two lines, and the second is the commit's.
    echo "catalyst: hint: --build-arg COMFYUI_COMMIT=\$(git ls-remote $1 'refs/tags/$tag' 'refs/tags/$tag^{}' | tail -n1 | cut -f1)" >&2
    exit 4
fi
git init -q "$3"
git -C "$3" fetch -q --depth 1 "$1" "$commit"
git -C "$3" checkout -q --detach "$commit"
git -C "$3" fsck --no-dangling
rm -rf "$3/.git"
