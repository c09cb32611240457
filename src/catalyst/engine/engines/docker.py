"""Docker, 20.10 and newer, through its command line (docs/concepts/dependencies.md says why not a client library)."""

from functools import partial

from catalyst.engine import client, process
from catalyst.engine.engine import MODULES, Engine, Unusable, Usable


def _find(_: bool) -> Usable | Unusable:
    return client.find(
        "docker", (20, 10), "{{.Server.Version}}", "sudo apt-get install docker.io",
        "sudo systemctl start docker, or join its group: sudo usermod -aG docker $USER",
    )  # fmt: skip


def _options() -> str:
    return process.run(["docker", "info", "--format", "{{.SecurityOptions}}"]).out


def _rootless() -> bool:
    return "name=rootless" in _options()


def _modules() -> frozenset[str]:
    """A rootless daemon may load and apply no profile; one without --selinux-enabled ignores labels."""
    said = _options()
    return frozenset() if "name=rootless" in said else frozenset(one for one in MODULES if f"name={one}" in said)


ENGINE = Engine(
    id="docker",
    target="docker",
    find=_find,
    rootless=_rootless,
    modules=_modules,
    has_image=partial(client.has_image, "docker"),
    remove=partial(client.remove, "docker", ()),
    pid=lambda instance, _: client.pid("docker", instance),
    own_files=False,
    proxies_signals=True,
)
