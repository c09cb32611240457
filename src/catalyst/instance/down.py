"""`catalyst down`, `catalyst status`: about an instance that runs or that a crash left."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from catalyst.errors import AlreadyRunning, CatalystError, NotRunning, plain
from catalyst.instance import cleanup, health, leftovers
from catalyst.instance.store import ELSEWHERE, Store
from catalyst.instance.up import AFTER_GRACE
from catalyst.settings import Settings


def down(settings: Settings) -> str:
    """End the instance of the data directory and remove what is left of one. What was done, in a line.

    Raises NotRunning when there is neither.
    """
    store = Store(settings.data)
    record = store.read()
    if record is None:
        return _rest(store, settings)
    was_running = store.holder() != 0
    if was_running:
        _end(store, settings.grace + 2 * AFTER_GRACE)
    try:
        store.lock()
    except AlreadyRunning:  # another `up` was quicker; what is there now is its
        return f"stopped {plain(record.app)} on {settings.data}; another has been started since"
    leftovers.clean(store, record)
    cleanup.resume(store, settings.wipe_within)
    done = f"stopped {plain(record.app)} on {settings.data}"
    return done if was_running else "cleaned up after an instance that had crashed"


def _rest(store: Store, settings: Settings) -> str:
    """No instance, but perhaps a wiping that did not end. Raises NotRunning when there is none either."""
    if not cleanup.journal_of(store).roots():
        raise NotRunning(settings.data)
    store.lock()
    cleanup.resume(store, settings.wipe_within)
    return f"wiped what the last run on {settings.data} had left"


def _end(store: Store, patience: float) -> None:
    """SIGTERM, then SIGKILL to the `up` that holds the lock. A pidfd, so that a reused number is never hit."""
    pid = store.holder()
    if pid == ELSEWHERE:
        raise CatalystError("the instance was started in another container", "run catalyst down there")
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # Asked again after the pidfd was opened: if it still holds the lock, the pidfd is the holder's.
        for number in (signal.SIGTERM, signal.SIGKILL):
            if store.holder() != pid:
                return
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, number)
            deadline = time.monotonic() + patience
            while store.holder() == pid and (time.monotonic() < deadline or _wiping(store)):
                time.sleep(0.05)
    finally:
        os.close(process)
    if store.holder() == pid:
        raise CatalystError(f"process {pid} does not end", f"look at it: ps -fp {pid}")


def _wiping(store: Store) -> bool:
    """It is at its last work, which has a limit of its own (CATALYST_WIPE_WITHIN)."""
    record = store.read()
    return record is not None and record.state == "wiping"


def status(settings: Settings) -> dict[str, Any]:
    """What runs on the data directory. Raises NotRunning."""
    store = Store(settings.data)
    record = store.read()
    if record is None:
        raise NotRunning(settings.data)
    alive = store.holder() != 0
    said = store.report() if alive else {}
    shown = {name: value for name, value in vars(record).items() if not name.startswith("first")}
    return {
        **shown,
        "state": record.state if alive else "crashed",
        "answers": alive and health.answers(record.url),
        "workload": said.get("state", "unknown"),
        "restarts": said.get("restarts", 0),
        "data": settings.data,
    }


def log_file(settings: Settings) -> Path:
    """The log of the data directory's last instance. Raises NotRunning when there never was one."""
    file = Store(settings.data).log
    record = Store(settings.data).read()
    if record and not record.log:
        raise CatalystError("the instance keeps no log on disk, because ENABLE_FORENSIC_CLEANUP=true",
                            "to have one, start it without: ENABLE_FORENSIC_CLEANUP=false catalyst up")  # fmt: skip
    if not file.exists():
        raise NotRunning(settings.data)
    return file
