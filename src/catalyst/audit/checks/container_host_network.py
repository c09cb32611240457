"""The host's network."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    network = known(facts.network, "its network is not known")
    return broken("the host's network", facts.line("network_mode")) if network == "host" else Held(f"network {network}")


CHECK = Check(
    id="container-host-network",
    control="network-mode",
    severity=Severity.HIGH,
    title="a container does not use the host's network",
    why="It reaches every service on the host's loopback, its abstract sockets and the cloud's metadata address, and "
    "listens on the host's own ports.",
    fix={"compose": "network_mode: none", "docker": "--network=none, or a network of its own: --network=NAME"},
    references=("CIS 5.10", "KSV-0009", "CL-0008", "CWE-668"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("network_mode: none", "networks: [inner]"),
    bad=("network_mode: host",),
    test=_test,
)
