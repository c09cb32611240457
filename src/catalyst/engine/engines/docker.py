"""Docker, 20.10 and newer, through its command line (docs/concepts/dependencies.md says why not a client library)."""

from functools import partial

from catalyst.engine import client, process
from catalyst.engine.engine import Engine, Unusable, Usable


def _find(_: bool) -> Usable | Unusable:
    return client.find(
        "docker", (20, 10), "{{.Server.Version}}", "sudo apt-get install docker.io",
        "sudo systemctl start docker, or join its group: sudo usermod -aG docker $USER",
    )  # fmt: skip


def _rootless() -> bool:
    return "name=rootless" in process.run(["docker", "info", "--format", "{{.SecurityOptions}}"]).out


ENGINE = Engine(
    id="docker",
    target="docker",
    find=_find,
    rootless=_rootless,
    has_image=partial(client.has_image, "docker"),
    remove=partial(client.remove, "docker", ()),
    pid=lambda instance, _: client.pid("docker", instance),
    own_files=False,
    proxies_signals=True,
)
