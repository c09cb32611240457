#!/bin/sh
# system.sh [EXTRA]: Python, the user, and nothing that raises privileges, in the image that ships.
set -eu
apt-get update -q
# shellcheck disable=SC2086  # EXTRA is a list of packages
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3 ca-certificates curl ${1-}
# What tells one build from the next, and is of no use here.
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old \
    /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/log/bootstrap.log /var/lib/dpkg/*-old

# Ubuntu 24.04 has a user of its own with this number.
old=$(getent passwd 1000 | cut -d: -f1)
[ -z "$old" ] || userdel "$old"
[ -z "$(getent group 1000)" ] || groupdel "$(getent group 1000 | cut -d: -f1)"
groupadd --gid 1000 comfyuser
useradd --uid 1000 --gid 1000 --no-create-home --home-dir /home/comfyuser --shell /usr/sbin/nologin comfyuser
rm -rf "/home/${old:-comfyuser}" /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid- /var/log/lastlog /var/log/faillog
install -d -m 0700 -o 1000 -g 1000 /home/comfyuser
# Open to every user, so that --user NUMBER works; in the container nobody but that one user runs.
install -d -m 1777 -o 1000 -g 1000 /workspace /scratch
# The workload knows its data as /data, whatever makes its sandbox; people mount /workspace.
ln -s /workspace /data

find / -xdev -perm /6000 -exec chmod a-s {} +
left=$(find / -xdev -perm /6000)
[ -z "$left" ] || { echo "catalyst: error: setuid is left on: $left" >&2; exit 1; }
