"""Where the command lines of the engines differ: for their own targets, and for what starts containers in other words."""

from collections.abc import Mapping

from catalyst.policy.model import Identity
from catalyst.render.container import Dialect
from catalyst.render.target import Facts


def _user(rule: Identity, _: Facts) -> tuple[str, ...]:
    return (f"--user={rule.uid}:{rule.gid}",)


def _mapped_user(rule: Identity, facts: Facts) -> tuple[str, ...]:
    """Without root the caller is mapped to the workload's user, so that files on both sides belong to one person."""
    keep = (f"--userns=keep-id:uid={rule.uid},gid={rule.gid}",) if facts.rootless else ()
    return (*keep, f"--user={rule.uid}:{rule.gid}")


# What a sandbox needs of gVisor (`runsc flags`): the sockets of the way in and out are the host's, and its network is
# loopback, as the engine says too. Not oci-seccomp: runsc leaves out calls that it names otherwise, pselect6 for one,
# and so refuses them.
RUNSC = ("host-uds=all", "network=none")


def _runtime(name: str) -> tuple[str, ...]:
    """The daemon has the flags of a runtime in its own configuration (daemon.json, `runtimes`)."""
    return (f"--runtime={name}",)


def _runtime_with_flags(name: str) -> tuple[str, ...]:
    flags = RUNSC if name.rpartition("/")[2] == "runsc" else ()
    return (f"--runtime={name}", *(f"--runtime-flag={flag}" for flag in flags))


DOCKER = Dialect(
    program="docker",
    extra=(),
    runtime=_runtime,
    user=_user,
    nvidia=("--gpus=all",),
    tmpfs="",
    bind_noexec=False,
    read_only_is_recursive=False,  # from Engine 25 with kernel 5.12 on it is; older ones leave submounts writable
)

PODMAN = Dialect(
    program="podman",
    # podman copies the caller's proxy variables unless told not to, and adds its own /run, /tmp and /var/tmp
    extra=("--http-proxy=false", "--read-only-tmpfs=false", "--no-hosts"),
    runtime=_runtime_with_flags,
    user=_mapped_user,
    nvidia=("--device=nvidia.com/gpu=all",),  # the Container Device Interface
    tmpfs=",notmpcopyup",  # podman copies what the image has there into the tmpfs, its mode too
    bind_noexec=True,
    read_only_is_recursive=False,
)

_ALL: Mapping[str, Dialect] = {one.program: one for one in (DOCKER, PODMAN)}


def of(engine: str) -> Dialect:
    """The dialect of a container engine."""
    return _ALL[engine]
