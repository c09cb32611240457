"""More tasks at once than any level lets it have (4096 at `normal`). Threads stand for processes: every limit counts
them alike, and they cost little."""

import threading

from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed

MOST = 4096 + 32  # bounds the run where nothing limits it
STACK = 32 << 10


def act(_: Context) -> Answer:
    """Start them, then let all of them end."""
    threading.stack_size(STACK)
    gate = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _number in range(MOST):
            thread = threading.Thread(target=gate.wait, args=(10.0,), daemon=True)
            thread.start()
            started.append(thread)
        return allowed(f"{MOST} tasks could be started")
    except RuntimeError:  # pthread_create(3) failed: EAGAIN
        return Answer("denied", f"no more than {len(started)} tasks could be started", "EAGAIN")
    finally:
        gate.set()
        for thread in started:
            thread.join(10)


PROBE = Probe(
    id="fork-bomb",
    theme="machine",
    title="start so many processes that the machine stands still",
    origin="general",
    control="resources",
    layers=(*CONTAINERS, GUARD),
    by_itself=True,
    act=act,
)
