"""`catalyst health`."""

import argparse

from catalyst.cli import given
from catalyst.container.entrypoint import alone
from catalyst.container.prepare import inside
from catalyst.errors import NotRunning
from catalyst.instance import down as looking

BEFORE = {"preparing": "starting", "fetching": "starting: models are fetched", "starting": "starting"}  # by the record


def health(arguments: argparse.Namespace) -> int:
    """0 and `ok` when ComfyUI answers through the gateway within three seconds, else 1; `starting` before it ever did."""
    settings = given.settings(arguments, quiet=True)
    state = ""
    try:
        found = looking.status(settings)
        good, state = bool(found["answers"]), str(found["state"])
    except NotRunning:
        if not inside():
            raise
        good = alone()  # the workload of two containers: its gateway is in the other
    print("ok" if good else BEFORE.get(state, "not ok"))
    return 0 if good else 1
