#!/bin/sh
# The container's first program: catalyst-entrypoint [all|front|workload|verify]. In the end the guard is in its place.
# As a command it may be named once more: docker run IMAGE catalyst-entrypoint verify.
[ "${1-}" != catalyst-entrypoint ] || shift
exec /opt/catalyst/env/bin/python -P -m catalyst entrypoint "$@"
