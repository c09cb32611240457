"""`docker run`, 20.10 and newer (docs.docker.com/reference/cli/docker/container/run)."""

from functools import partial

from catalyst.policy.model import Identity
from catalyst.render import container
from catalyst.render.target import Facts, Target


def _user(rule: Identity, _: Facts) -> tuple[str, ...]:
    return (f"--user={rule.uid}:{rule.gid}",)


DIALECT = container.Dialect(
    program="docker",
    extra=(),
    user=_user,
    nvidia=("--gpus=all",),
    tmpfs="",
    bind_noexec=False,
    read_only_is_recursive=False,  # from Engine 25 with kernel 5.12 on it is; older ones leave submounts writable
)

TARGET = Target("docker", "argv of docker run", partial(container.render, DIALECT))
