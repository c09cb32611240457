"""A filter holds for the thread that installed it and for what comes from it."""

import threading
from functools import partial

from catalyst.audit.inside.acts.kernel import NONSENSE, reached
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """A nonsense flag beside UFFD_USER_MODE_ONLY, which anybody may ask for: EINVAL, where it is answered."""
    answers = list[Answer]()
    refused = partial(call, "userfaultfd", NONSENSE | 1)
    ask = threading.Thread(target=lambda: answers.append(reached("userfaultfd() in a thread", refused)))
    ask.start()
    ask.join()
    return answers[0]


PROBE = Probe(
    id="second-thread",
    theme="kernel",
    title="shake off the filter in a new thread",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
