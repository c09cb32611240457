"""The guard's order of work: read the plan, confine, check the places, look after the workload."""

import os
import sys
from collections.abc import Sequence

from catalyst.guard import places, plan, steps
from catalyst.guard.supervise import PLACE_UNUSABLE, UNENFORCEABLE, USAGE, Supervisor


def main(argv: Sequence[str]) -> int:
    """`argv` is the path of a plan; returns the exit code for PID 1."""
    if len(argv) != 1:
        return _complain(USAGE, "the guard takes one argument, a plan", "catalyst render guard shows one")
    try:
        with open(argv[0], encoding="utf-8") as stream:
            todo = plan.decode(stream.read(plan.MAX_BYTES + 1))
    except (OSError, ValueError) as error:
        return _complain(USAGE, f"the plan {argv[0]} cannot be followed: {error}", "catalyst render guard shows one")
    try:
        steps.confine(todo)
        places.prepare(todo)
        return Supervisor(todo).run()
    except steps.StepFailed as error:
        return _complain(UNENFORCEABLE, f"the guard could not confine the workload: {error}", "catalyst doctor")
    except places.PlaceUnusable as error:
        return _complain(PLACE_UNUSABLE, str(error), error.hint)
    except BlockingIOError:  # fork(2): RLIMIT_NPROC counts what this user runs anywhere on the host
        crowded = f"uid {os.getuid()} has all the processes that it may have on this host ({todo.processes})"
        return _complain(PLACE_UNUSABLE, crowded, f"ps -L -u {os.getuid()}")
    except OSError as error:  # the door cannot be made
        return _complain(PLACE_UNUSABLE, f"the guard cannot work: {error}", "catalyst doctor")


def _complain(code: int, message: str, hint: str) -> int:
    print(f"catalyst: error: {message}\ncatalyst: hint: {hint}", file=sys.stderr, flush=True)
    return code
