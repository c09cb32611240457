"""`catalyst run -- COMMAND`: one command under the policy; exit code, signals and terminal pass through."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from catalyst.engine import process
from catalyst.engine.engine import Engine, choose, pass_signal
from catalyst.instance import prepare
from catalyst.instance.ground import temporary
from catalyst.instance.prepare import Prepared
from catalyst.instance.store import Store, make_session, remove_session
from catalyst.instance.way_out import way_out
from catalyst.settings import Settings
from catalyst.workloads import command

if TYPE_CHECKING:
    from catalyst.instance.terminal import Terminal
    from catalyst.instance.tokens import Tokens

PASSED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def run(
    settings: Settings, argv: tuple[str, ...], tokens: "Tokens | None" = None, tell: Callable[[str], None] = lambda _: None
) -> int:
    """The command's exit code; 128 + N when signal N ended it. Raises CatalystError before anything is started."""
    engine = choose(settings.engine, settings.image, settings.runtime)
    Store(settings.data).prepare(settings.user, instance=False)
    with_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    folder = temporary(on_no_disk=settings.enable_forensic_cleanup)
    alive, held = os.pipe2(os.O_CLOEXEC)
    try:
        ready = prepare.prepare(
            settings, engine, lambda _policy, _python: command.workload(settings, argv, terminal=with_terminal),
            name=os.urandom(6).hex(), folder=folder, lifeline=None if engine.proxies_signals else alive,
            tokens=bool(tokens and tokens.wanted),
        )  # fmt: skip
        prepare.insist(ready)
        make_session(folder, ready.files)
        with way_out(ready, folder, tokens=tokens, tell=tell):
            return _start(engine, ready, alive)
    finally:
        os.close(held)
        remove_session(folder)


def _start(engine: Engine, ready: Prepared, alive: int) -> int:
    # The caller's terminal never gets in, not even as one of the three: `catalyst run -- cmd | cat` leaves it as input.
    terminal = _terminal() if engine.own_files and any(os.isatty(one) for one in (0, 1, 2)) else None
    streams = [terminal.for_sandbox(one) if terminal else None for one in (0, 1, 2)]
    keep = () if engine.proxies_signals else (alive,)
    # With a terminal of the engine's making the client must see its size change, so it stays in our session.
    session = not (ready.sandbox.workload.terminal and engine.proxies_signals)
    client = process.start(
        ready.outer.argv, stdin=streams[0], output=streams[1], errors=streams[2], keep=keep, opened=ready.outer.opened,
        session=session,
    )
    os.close(alive)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        pass_signal(engine, ready.sandbox.id, client.pid, signal.Signals(number))

    for number in PASSED:
        signal.signal(number, hand_on)
    code = terminal.carry(client) if terminal else client.wait()
    if engine.proxies_signals:
        engine.remove(ready.sandbox.id)
    return code if code >= 0 else 128 - code


def _terminal() -> "Terminal":
    from catalyst.instance.terminal import Terminal

    return Terminal()
