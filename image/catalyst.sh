#!/bin/sh
# -P: nothing is imported from the folder it is called in, which is the workload's to write.
exec /opt/catalyst/env/bin/python -P -m catalyst "$@"
