"""`podman run`, 4.3 and newer, with and without root (podman-run(1))."""

from functools import partial

from catalyst.policy.model import Identity
from catalyst.render import container
from catalyst.render.target import Facts, Target


def _user(rule: Identity, facts: Facts) -> tuple[str, ...]:
    """Without root the caller is mapped to the workload's user, so that files on both sides belong to one person."""
    keep = (f"--userns=keep-id:uid={rule.uid},gid={rule.gid}",) if facts.rootless else ()
    return (*keep, f"--user={rule.uid}:{rule.gid}")


DIALECT = container.Dialect(
    program="podman",
    # podman copies the caller's proxy variables unless told not to, and adds its own /run, /tmp and /var/tmp
    extra=("--http-proxy=false", "--read-only-tmpfs=false", "--no-hosts"),
    user=_user,
    nvidia=("--device=nvidia.com/gpu=all",),  # the Container Device Interface
    tmpfs=",notmpcopyup",  # podman copies what the image has there into the tmpfs, its mode too
    bind_noexec=True,
    read_only_is_recursive=False,
)

TARGET = Target("podman", "argv of podman run", partial(container.render, DIALECT))
