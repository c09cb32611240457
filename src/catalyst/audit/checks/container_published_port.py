"""Ports on every address."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    ports = known(facts.ports, "its ports are not known")
    places = [At(f"port {one.container} on {one.address or 'every address'}", one.line or facts.line("ports"))
              for one in ports if not look.loopback(one.address)]  # fmt: skip
    return judge(places, f"{len(ports)} ports, none beyond this machine")


CHECK = Check(
    id="container-published-port",
    control="exposure",
    severity=Severity.MEDIUM,
    title="a port is published on one address",
    why="Without an address docker publishes on every one, past the host's firewall rules (ufw, firewalld).",
    fix={"compose": 'ports: ["127.0.0.1:8188:8188"]', "docker": "-p 127.0.0.1:8188:8188"},
    references=("CIS 5.14", "CL-0005", "CWE-668"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", 'ports: ["127.0.0.1:8188:8188"]', 'ports: ["[::1]:8188:8188"]',
          "ports: [{target: 80, published: 80, host_ip: 127.0.0.1}]"),
    bad=('ports: ["8188:8188"]', 'ports: ["0.0.0.0:8188:8188"]', "ports: [{target: 80, published: 8080}]"),
    test=_test,
)
