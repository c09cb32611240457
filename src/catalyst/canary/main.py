"""The canary's command line."""

import argparse
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from catalyst.audit.inside.probe import LEVELS, MAKERS, NETWORKS, Context
from catalyst.canary.run import Runner, Sandbox
from catalyst.canary.server import Server


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    options = _parser().parse_args(argv)
    context = Context(options.scratch, Path(os.environ.get("HOME") or "/nonexistent"), dict(options.place))
    return _serve(options.host, options.port, Runner(context, Sandbox(options.level, options.network, options.engine)))


def _serve(host: str, port: int, runner: Runner) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):  # SIGINT too: a shell starts what runs in the background deaf to it
        signal.signal(number, signal.default_int_handler)
    try:
        server = Server((host, port), runner)
    except OSError as error:
        print(f"catalyst: error: the canary cannot listen on {host}:{port}: {error.strerror}", file=sys.stderr)
        return 1
    shown = f"[{host}]" if ":" in host else host
    print(f"catalyst: the canary is on http://{shown}:{server.server_address[1]}/", file=sys.stderr, flush=True)
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


def _parser() -> argparse.ArgumentParser:
    # abbreviations would let --net stand for --network, and for another tomorrow
    parser = argparse.ArgumentParser(prog="catalyst-canary", description=__doc__, allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8188)
    parser.add_argument("--scratch", type=Path, default=Path(os.environ.get("TMPDIR") or "/tmp"), metavar="DIR",
                        help="where it may write for a moment")  # fmt: skip
    parser.add_argument("--place", type=_place, action="append", default=[], metavar="NAME=DIR",
                        help="where a place of the workload lies: code, custom_nodes, models, output, user")  # fmt: skip
    parser.add_argument("--level", choices=LEVELS, required=True, help="the level whose promises are judged")
    parser.add_argument("--network", choices=NETWORKS, required=True, help="the network mode whose promises are judged")
    parser.add_argument("--engine", choices=MAKERS, required=True, help="what made the sandbox around it")
    return parser


def _place(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder.startswith("/")):
        raise argparse.ArgumentTypeError(f"{text!r} must be NAME=DIR with an absolute DIR")
    return name, Path(folder)
