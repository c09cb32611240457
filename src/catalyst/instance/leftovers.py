"""What an `up` that did not end by itself left: containers, a guard that its workload hung, files."""

from contextlib import suppress

from catalyst.engine.engine import FirstProcess, known, started
from catalyst.instance import cleanup
from catalyst.instance.store import Entry, Store


def clean(store: Store, record: Entry) -> None:
    """End and remove all of it. The caller holds the lock."""
    known(record.engine).remove(record.id)
    _end_first(record)
    if not record.log:  # it ran with forensic cleanup
        cleanup.wipe_session(store)
    store.clear()


def _end_first(record: Entry) -> None:
    """End a sandbox whose PID 1 is still there: it can be hung by its workload, and then no lifeline ends it."""
    if record.first and started(record.first) == record.first_started:
        with suppress(ProcessLookupError):
            first = FirstProcess(record.first)
            if started(record.first) == record.first_started:  # so the pidfd is that process's, no later one's
                first.kill()
            first.close()
