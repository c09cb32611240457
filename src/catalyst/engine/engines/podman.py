"""Podman, 4.3 and newer (`--userns=keep-id:uid=…`), with and without root."""

import os
from functools import partial

from catalyst.engine import client
from catalyst.engine.engine import Engine, Unusable, Usable


def _find(_: bool) -> Usable | Unusable:
    return client.find(
        "podman", (4, 3), "{{.Client.Version}}", "sudo apt-get install podman uidmap",
        "podman info says more; without root it needs /etc/subuid and the package uidmap",
    )  # fmt: skip


ENGINE = Engine(
    id="podman",
    target="podman",
    find=_find,
    rootless=lambda: os.geteuid() != 0,
    has_image=partial(client.has_image, "podman"),
    remove=partial(client.remove, "podman", ("--time", "0")),  # else it waits 10 s for one that ignores SIGTERM
    pid=lambda instance, _: client.pid("podman", instance),
    own_files=False,
    proxies_signals=True,
)
