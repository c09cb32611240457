"""`catalyst.services.gateway`: nobody reaches ComfyUI without a login.

Everything comes as a descriptor, opened by whoever started it (instance/front.py). Started by root it opens what only
root may and then gives root up. It is told how ComfyUI is on its standard input, a JSON object a line, and ends when that
ends.
"""

import argparse
import os
import socket
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

from catalyst.guard.unprivileged import give_up_root, raise_open_files
from catalyst.services.gateway import egress, posture
from catalyst.services.gateway.config import Config
from catalyst.services.gateway.run import serve
from catalyst.services.gateway.state import State


def main(argv: Sequence[str]) -> int:
    """Serve until standard input ends."""
    options = parser().parse_args(argv)
    listener = socket.socket(fileno=options.listener)
    metrics = socket.socket(fileno=options.metrics) if options.metrics is not None else None
    with os.fdopen(options.config, "rb") as stream:
        config = Config.decode(stream.read())
    shown = posture.read(options.posture)
    tls = certificate(options.certificate, options.key) if options.certificate else None
    state = State(Path(f"/proc/self/fd/{options.state}").readlink())
    raise_open_files()
    give_up_root(options.user)
    serve(listener, metrics, config, state, options.door, posture=shown, disk=options.disk, tls=tls,
          egress=egress.reader(options.egress))
    return 0


def parser() -> argparse.ArgumentParser:
    """Its words."""
    made = argparse.ArgumentParser(prog="catalyst-gateway", allow_abbrev=False)
    for name, help in (  # noqa: A001 -- argparse's own word
        ("listener", "a listening socket"), ("door", "the door's folder"), ("state", "the folder of its database"),
        ("config", "its configuration, JSON"), ("posture", "what /catalyst shows, JSON"), ("disk", "the data directory"),
    ):  # fmt: skip
        made.add_argument(f"--{name}", type=int, required=True, help=f"descriptor of {help}")
    made.add_argument("--egress", type=int, help="descriptor of the broker's log")
    made.add_argument("--metrics", type=int, help="descriptor of a listening socket for /metrics")
    made.add_argument("--certificate", default="", help="file with the certificate and its chain")
    made.add_argument("--key", default="", help="file with its key")
    made.add_argument("--user", default="", help="UID:GID to become when started by root")
    return made


def certificate(file: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate. Raises OSError or ssl.SSLError."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(file, key)
    made.set_alpn_protocols(["http/1.1"])
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
