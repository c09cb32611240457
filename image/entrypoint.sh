#!/bin/sh
# The container's first program: catalyst-entrypoint [all|front|workload|verify]. In the end the guard is in its place.
exec /opt/catalyst/env/bin/python -P -m catalyst entrypoint "$@"
