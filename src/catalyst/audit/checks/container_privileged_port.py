"""Ports below 1024."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    ports = known(facts.ports, "its ports are not known")
    low = [one for one in ports if one.host.isdigit() and int(one.host) < 1024 and one.host not in {"80", "443"}]
    return judge((At(f"port {one.host} of the host", one.line or facts.line("ports")) for one in low), "none below 1024")


CHECK = Check(
    id="container-privileged-port",
    control="exposure",
    severity=Severity.LOW,
    title="no port below 1024 is published, but for 80 and 443",
    why="They belong to the host's own services: whoever gets 22 or 53 of a host is taken for the host.",
    fix={"compose": 'ports: ["127.0.0.1:8188:8188"]', "docker": "-p 127.0.0.1:8188:8188"},
    references=("CIS 5.8",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=('ports: ["127.0.0.1:8188:8188"]', 'ports: ["443:8443"]'),
    bad=('ports: ["22:22"]', 'ports: ["127.0.0.1:53:53"]'),
    test=_test,
)
