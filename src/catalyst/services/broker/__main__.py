"""`python -P -m catalyst.services.broker --listener FD --config FD --log FD --control FD [--user UID:GID]`.

The workload's only way out, through the unix socket `--listener`: a forward proxy (CONNECT and plain HTTP) and a
resolver. Started by root it gives root up first. It ends when its standard input ends.

With `--answer FD` it is given tokens too, through each `--tokens FD`; then it says there whether they were understood.
"""

import argparse
import asyncio
import codecs
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence

from catalyst.errors import USAGE, CatalystError
from catalyst.guard.unprivileged import give_up_root, raise_open_files
from catalyst.services.broker.broker import Broker
from catalyst.services.broker.config import read_config
from catalyst.services.broker.control import Control
from catalyst.services.broker.journal import Journal
from catalyst.services.broker.log import Log
from catalyst.services.broker.threads import small_stacks

# Python imports a codec when it is first used, and the user we become may not be able to read root's installation.
CODECS = ("ascii", "latin-1", "utf-8", "unicode_escape", "idna")


def main(argv: Sequence[str]) -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="catalyst-broker", allow_abbrev=False)
    parser.add_argument("--listener", type=int, required=True, help="descriptor of a listening unix socket")
    parser.add_argument("--config", type=int, required=True, help="descriptor of the configuration")
    parser.add_argument("--log", type=int, required=True, help="descriptor of the log, open for reading and appending")
    parser.add_argument("--control", type=int, required=True, help="descriptor of the control socket")
    parser.add_argument("--tokens", type=int, action="append", default=[], help="descriptor that tokens come through")
    parser.add_argument("--answer", type=int, help="descriptor to say there what became of the tokens; without it, none")
    parser.add_argument("--roots", type=int, help="descriptor of certificates to trust beside the system's, PEM")
    parser.add_argument("--xet", action="store_true", help="the workload may have tokens of Xet's")
    parser.add_argument("--user", default="", help="UID:GID to become when started by root")
    options = parser.parse_args(argv)
    owner, descriptors = os.geteuid(), raise_open_files()
    for codec in CODECS:
        codecs.lookup(codec)
    tokens = None
    if options.answer is not None:
        from catalyst.services.broker.tokens.given import Given  # cryptography, which most starts do without

        tokens = Given(options.tokens, options.answer, options.roots, xet=options.xet)
    give_up_root(options.user)
    try:
        policy = read_config(options.config)
        injector = tokens.injector(policy) if tokens else None
    except (CatalystError, OSError) as error:
        print(f"catalyst-broker: error: {error}", file=sys.stderr)
        return getattr(error, "exit_code", USAGE)
    listener, control = (socket.socket(fileno=one) for one in (options.listener, options.control))
    small_stacks()
    broker = Broker(policy, Journal(Log(options.log)), injector, descriptors=descriptors)
    asyncio.run(_serve(broker, listener, Control(broker, owner), control))
    sys.stdout.flush()
    os._exit(0)  # a lookup that hangs has a thread that nothing can end


async def _serve(broker: Broker, listener: socket.socket, control: Control, socket_: socket.socket) -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    threading.Thread(target=_until_input_ends, args=(loop, over), daemon=True).start()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGINT, over.set)
    server = await control.start(socket_)
    running = [asyncio.create_task(broker.serve(listener)), asyncio.create_task(broker.tunnels.sweep())]
    ended = asyncio.create_task(over.wait())
    done, _ = await asyncio.wait((*running, ended), return_when=asyncio.FIRST_COMPLETED)
    server.close()
    for task in done:
        task.result()


def _until_input_ends(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(over.set)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
