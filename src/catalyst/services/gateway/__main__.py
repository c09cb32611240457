"""`python -P -m catalyst.services.gateway --listener FD --door FD [--user UID:GID]`: the page's address leads in.

It carries bytes from the published address to the door of the sandbox. It has no login yet, which is why settings
let it listen on loopback only. Started by root it gives root up first. It ends when its standard input ends.
"""

import argparse
import os
import socket
import sys
import threading
from collections.abc import Sequence

from catalyst.guard import relay
from catalyst.guard.unprivileged import give_up_root, raise_open_files
from catalyst.services.gateway.door import enter


def main(argv: Sequence[str]) -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="catalyst-gateway", allow_abbrev=False)
    parser.add_argument("--listener", type=int, required=True, help="descriptor of a listening socket")
    parser.add_argument("--door", type=int, required=True, help="descriptor of the door's folder")
    parser.add_argument("--user", default="", help="UID:GID to become when started by root")
    options = parser.parse_args(argv)
    listener = socket.socket(fileno=options.listener)
    raise_open_files()
    give_up_root(options.user)
    threading.Thread(target=relay.serve, args=(listener, lambda: enter(options.door)), daemon=True).start()
    while os.read(0, 4096):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
