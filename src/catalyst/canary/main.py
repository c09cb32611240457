"""The canary's command line."""

import argparse
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from catalyst.canary.attempt import Context, tried
from catalyst.canary.attempts import ATTEMPTS


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or Ctrl-C; with --attempt, make one attempt and print its answer."""
    options = _parser().parse_args(argv)
    context = Context(options.scratch, Path(os.environ.get("HOME") or "/nonexistent"), dict(options.place))
    if options.attempt:
        print(attempt_here(options.attempt, context), flush=True)
        return 0
    return _serve(options.host, options.port, context, options.expect)


def attempt_here(key: str, context: Context) -> str:
    """Make one attempt in this process; the line to print. An exception passes: no line, so unknown."""
    attempt = next(attempt for attempt in ATTEMPTS if attempt.id == key)
    return tried(lambda: attempt.act(context)).line()


def _serve(host: str, port: int, context: Context, expected: list[str]) -> int:
    # here, so that the many children, which only make an attempt each, start in half the time
    from catalyst.canary.run import Runner
    from catalyst.canary.server import Server

    for number in (signal.SIGTERM, signal.SIGINT):  # SIGINT too: a shell starts what runs in the background deaf to it
        signal.signal(number, signal.default_int_handler)
    try:
        server = Server((host, port), Runner(context, expected))
    except OSError as error:
        print(f"catalyst: error: the canary cannot listen on {host}:{port}: {error.strerror}", file=sys.stderr)
        return 1
    shown = f"[{host}]" if ":" in host else host
    print(f"catalyst: the canary is on http://{shown}:{server.server_address[1]}/", file=sys.stderr, flush=True)
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


def _parser() -> argparse.ArgumentParser:
    # abbreviations would let --exp stand for --expect, and another tomorrow
    parser = argparse.ArgumentParser(prog="catalyst-canary", description=__doc__, allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8188)
    parser.add_argument("--scratch", type=Path, default=Path(os.environ.get("TMPDIR") or "/tmp"), metavar="DIR",
                        help="where it may write for a moment")  # fmt: skip
    parser.add_argument("--place", type=_place, action="append", default=[], metavar="NAME=DIR",
                        help="where a place of the workload lies: code, custom_nodes, models, output, user")  # fmt: skip
    ids = [attempt.id for attempt in ATTEMPTS]
    parser.add_argument("--expect", action="append", default=[], choices=ids, metavar="ID",
                        help="an attempt that the policy allows at this level")  # fmt: skip
    parser.add_argument("--attempt", choices=ids, metavar="ID", help="make this one attempt here and print its answer")
    return parser


def _place(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder.startswith("/")):
        raise argparse.ArgumentTypeError(f"{text!r} must be NAME=DIR with an absolute DIR")
    return name, Path(folder)
