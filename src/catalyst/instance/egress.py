"""`catalyst egress`: the broker of the instance that runs, and the settings of those to come."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalyst.errors import CatalystError, NotRunning, SettingsError, plain
from catalyst.instance.store import Store
from catalyst.instance.way_out import CONTROL
from catalyst.services.broker import client
from catalyst.settings import NetworkMode, Settings

REACH = {
    NetworkMode.PUBLIC: "any public address, no link-local one and no cloud metadata",
    NetworkMode.RESTRICTED: "only the hosts of this list",
    NetworkMode.ISOLATED: "nowhere",
}


def state(settings: Settings) -> dict[str, Any]:
    """Mode, reach, rules with where each comes from, and what the running broker refused last."""
    running = _ask(settings, {"do": "list"}, needed=False)
    rules = running["rules"] if running else list(settings.allowed_hosts())
    mine = {**dict.fromkeys(settings.egress_allow, settings.origin["egress_allow"])}
    known = set(settings.allowed_hosts())
    rows = [{"rule": one, "from": mine.get(one) or ("built in" if one in known else "allowed during this run")} for one in rules]
    return {
        "mode": settings.network_mode.name.lower(),
        "reach": REACH[settings.network_mode],
        "running": running is not None,
        "rules": rows if settings.network_mode is NetworkMode.RESTRICTED else [],
        "refused": running["refused"] if running else [],
    }
