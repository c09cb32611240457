"""docker's own bridge."""


from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    network = known(facts.network, "its network is not known")
    if facts.kind == "compose":
        return NotApplicable("compose makes a network for each project")
    return broken("the default bridge") if network in {"default", "bridge", "podman"} else Held(f"network {network}")


CHECK = Check(
    id="container-default-bridge",
    control="network-mode",
    severity=Severity.LOW,
    title="a container is not on the engine's default bridge",
    why="All containers on it reach one another, whoever started them.",
    fix={"docker": "--network=none, or a network of its own: docker network create --internal comfyui"},
    references=("CIS 5.30",),
    about=Container,
    kinds=("docker", "podman"),
    language="docker inspect",
    good=('{"NetworkMode": "none"}', '{"NetworkMode": "comfyui"}'),
    bad=('{"NetworkMode": "default"}', '{"NetworkMode": "bridge"}'),
    test=_test,
)
