#!/bin/sh
# The container's first program: catalyst-entrypoint [all|front|workload|verify]. In the end the guard is in its place.
# As a command it may be named once more: docker run IMAGE catalyst-entrypoint verify.
# /data is a link to /workspace, and only the last of two mounts is seen.
if [ "$(grep -c '^[^ ]* [^ ]* [^ ]* [^ ]* /workspace ' /proc/self/mountinfo)" -gt 1 ]; then
    echo "catalyst: error: two volumes are mounted on the data folder, at /data and at /workspace" >&2
    echo "catalyst: hint: both names mean one folder: --volume FOLDER:/data" >&2
    exit 4
fi
[ "${1-}" != catalyst-entrypoint ] || shift
exec /opt/catalyst/env/bin/python -P -m catalyst entrypoint "$@"
