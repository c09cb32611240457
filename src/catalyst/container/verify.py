"""`catalyst verify` in a container: the same attempts, under a second guard beside whatever runs.

Nothing is taken away to see who had stopped what: the layer around us is not ours to take. Probes that an engine alone is to
stop are not promised here.
"""

import os
from collections.abc import Callable

from catalyst.audit.inside import attempt
from catalyst.audit.verify import bait, sandbox
from catalyst.audit.verify.verify import Matrix, row_of
from catalyst.container import prepare
from catalyst.container.prepare import Sockets
from catalyst.errors import CatalystError
from catalyst.instance.prepare import SEALED_PORT, insist
from catalyst.instance.store import Store, remove_session
from catalyst.instance.way_out import nameless
from catalyst.settings import Settings

PORT = SEALED_PORT + 2  # those before it are the gateway's and the workload's
# Asked for where the container's own filter lets nobody lay a key: that the call is refused can be seen all the same.
NO_KEY = {"key": "catalyst-bait-none"}


def verify(settings: Settings, tell: Callable[[str], None]) -> Matrix:
    """Attack from under a guard made as the container's is. Raises CatalystError where that does not start."""
    prepare.folders(settings, instance=True)
    level, network = settings.security_level.name.lower(), settings.network_mode.name.lower()
    kept = Store(settings.data).make_kept()
    folder = kept / f"verify-{os.urandom(6).hex()}"
    alive, held = os.pipe2(os.O_CLOEXEC)
    try:
        with bait.laid(settings.user[0], kept) as laid:
            laid.words = {**NO_KEY, **laid.words}
            where = sandbox.context(settings, laid)
            ready = prepare.prepare(
                settings, lambda _policy, python: sandbox.workload(settings, where, python, port=PORT), folder,
                Sockets(folder), lifeline=alive,
            )  # fmt: skip
            insist(ready)
            tell("the same attempts without the guard, as the positive control")
            control = sandbox.unconfined(laid, kept)
            laid.insist()
            tell("the attempts under the guard")
            ran = sandbox.attack(ready, list(ready.outer.argv), folder, laid, alive, nameless(kept))
            laid.insist()
    finally:
        os.close(alive)
        os.close(held)
        remove_session(folder)
    if not ran.answers:
        raise CatalystError(f"the guard did not start: {ran.why}", "report this as a bug")
    around = (prepare.CONTAINER.id, "both")
    rows = [row_of(probe, ran.answers, control, around, (level, network)) for probe in attempt.load_all()]
    return Matrix(prepare.CONTAINER.id, level, network, "both", tuple(rows))
