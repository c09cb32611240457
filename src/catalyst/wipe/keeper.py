"""`python -m catalyst.wipe.keeper --above FD`: make a key, say its identifier, and destroy it when the caller is gone.

A process of its own, because a SIGKILL of the caller must not leave the key in the kernel: what was written under it
could be read until somebody cleans up. It ends when its standard input does, and knows nothing else of the run.
"""

import argparse
import signal
import sys

from catalyst.guard.syscalls import PR_SET_DUMPABLE, prctl
from catalyst.wipe import encrypted

PATIENCE = 600.0  # s; the sandbox ends by itself within its grace, and has files open until then


def main() -> int:
    """0 when the key is gone, 1 where there is none to make or files stay open."""
    parser = argparse.ArgumentParser(prog="catalyst.wipe.keeper")
    parser.add_argument("--above", type=int, required=True, help="an open folder of the file system")
    above = parser.parse_args().above
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    prctl("PR_SET_DUMPABLE", PR_SET_DUMPABLE, 0)
    try:
        key = encrypted.add_key(above)
    except OSError:
        return 1
    try:
        print(key, flush=True)
        sys.stdin.buffer.read()
    finally:
        gone = encrypted.destroy(above, key, PATIENCE)
    return 0 if gone else 1


if __name__ == "__main__":
    sys.exit(main())
