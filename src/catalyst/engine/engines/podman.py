"""Podman, 4.3 and newer (`--userns=keep-id:uid=…`), with and without root."""

import os
from functools import partial

from catalyst.engine import client, process
from catalyst.engine.engine import MODULES, Engine, Unusable, Usable


def _find(_: bool) -> Usable | Unusable:
    return client.find(
        "podman", (4, 3), "{{.Client.Version}}", "sudo apt-get install podman uidmap",
        "podman info says more; without root it needs /etc/subuid and the package uidmap",
    )  # fmt: skip


def _modules() -> frozenset[str]:
    """Without root podman says that it has no AppArmor, and it refuses a profile."""
    template = "{{.Host.Security.AppArmorEnabled}} {{.Host.Security.SELinuxEnabled}}"
    said = process.run(["podman", "info", "--format", template]).out.split()
    return frozenset(one for one, word in zip(MODULES, said, strict=False) if word == "true")


ENGINE = Engine(
    id="podman",
    target="podman",
    find=_find,
    rootless=lambda: os.geteuid() != 0,
    modules=_modules,
    has_image=partial(client.has_image, "podman"),
    remove=partial(client.remove, "podman", ("--time", "0")),  # else it waits 10 s for one that ignores SIGTERM
    pid=lambda instance, _: client.pid("podman", instance),
    own_files=False,
    proxies_signals=True,
)
