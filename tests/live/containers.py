"""docker and podman made ready for the tests: a daemon where one is needed, the test image in each."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from live import base_image, daemon

# Where no systemd runs: cgroups by hand, events in a file. runc, because crun wants one kind of cgroup mounted. The
# limits are below those of a machine that may not raise its own (no CAP_SYS_RESOURCE).
PODMAN = """\
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
"""


@contextmanager
def engine(name: str) -> Iterator[tuple[list[str], Mapping[str, str]]]:
    """Engine `name`, working: its command line, and the variables that make it so."""
    with tempfile.TemporaryDirectory(prefix="catalyst-", ignore_cleanup_errors=True) as folder:
        if name == "docker":
            with daemon.docker_daemon(Path(folder)) as host:
                yield ["docker", "--host", host], {"DOCKER_HOST": host}
        else:
            conf = Path(folder) / "containers.conf"
            conf.write_text(PODMAN)
            yield ["env", f"CONTAINERS_CONF={conf}", "podman"], {"CONTAINERS_CONF": str(conf)}


@contextmanager
def ready(name: str, image: str) -> Iterator[Mapping[str, str]]:
    """The variables under which engine `name` works and has `image`."""
    with engine(name) as (argv, variables):
        base_image.import_image(argv, base_image.base_tar(base_image.default_cache()), image)
        yield variables
