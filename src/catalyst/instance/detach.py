"""`catalyst up --detach`: the same program in a session of its own, watched until it answers.

Its log has what it tells, not the address it prints: that would log in whoever reads the log. The address here is another.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from catalyst.engine import process
from catalyst.errors import CatalystError, WorkloadFailed, pasted
from catalyst.instance import wanted
from catalyst.instance.front import link
from catalyst.instance.log import plain
from catalyst.instance.store import Store
from catalyst.instance.tokens import Tokens
from catalyst.instance.up import READY_WITHIN
from catalyst.settings import FIELDS, Settings, text_of


def detach(settings: Settings, tell: Callable[[str], None], tokens: Tokens | None = None) -> str:
    """The address to log in by, once it answers. Raises what the detached program failed with.

    It has no terminal to ask for a passphrase at, so the vault is opened here, and it gets the pipe.
    """
    store = Store(settings.data)
    store.prepare(settings.user)
    # What it says at the end may hold words of the workload, so with forensic cleanup that is no file on disk.
    memory = os.memfd_create("up.log") if settings.enable_forensic_cleanup else None
    said = Path(f"/proc/self/fd/{memory}") if memory is not None else store.folder / "up.log"
    # Every setting is handed over in full, so that neither its folder nor its environment can change one.
    words = [f"--{field.key.replace('_', '-')}={text_of(getattr(settings, field.key))}" for field in FIELDS]
    pipes = tokens.by_option(fetches=bool(wanted.standing(settings))) if tokens else []
    words += [f"--{name}={number}" for name, number in pipes]
    with said.open("wb") as stream:
        background = process.start(
            process.python("catalyst", "up", *words), stdin=process.NULL, output=process.NULL, errors=stream,
            keep=[number for _, number in pipes],
        )  # fmt: skip
    for _, number in pipes:
        os.close(number)
    deadline, shown = time.monotonic() + READY_WITHIN, 0
    while time.monotonic() < deadline:
        lines = said.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in lines[shown:]:
            if line.startswith("catalyst: notice: "):
                tell(plain(line.removeprefix("catalyst: notice: ")))
        shown = len(lines)
        record = store.read() if store.holder() == background.pid else None
        if record and record.state == "fetching":  # that has a time-out of its own
            deadline = time.monotonic() + READY_WITHIN
        if record and record.state == "ready":
            return link(store, record.url, only=True)
        if background.poll() is not None:
            raise _failure(lines, background.returncode)
        time.sleep(0.05)
    raise CatalystError("it did not answer in time", f"catalyst logs --data {pasted(settings.data)}")


def _failure(lines: list[str], code: int) -> CatalystError:
    """The last error with the lines that belong to it, and its hint."""
    starts = [number for number, line in enumerate(lines) if line.startswith("catalyst: error: ")]
    said = lines[starts[-1]:] if starts else ["it ended before it answered"]
    hints = [line.removeprefix("catalyst: hint: ") for line in said if line.startswith("catalyst: hint: ")]
    error = "\n".join(line for line in said if not line.startswith("catalyst: hint: "))
    return WorkloadFailed(plain(error.removeprefix("catalyst: error: ")), plain(hints[-1] if hints else ""), code or 1)
