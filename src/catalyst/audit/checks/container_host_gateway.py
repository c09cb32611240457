"""A name for the host."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    hosts = known(facts.hosts, "its added host names are not known")
    places = [At(one[:80], facts.line("extra_hosts")) for one in hosts
              if one.endswith(("host-gateway", "169.254.169.254"))]
    return judge(places, "no name leads to the host")


CHECK = Check(
    id="container-host-gateway",
    control="network-mode",
    severity=Severity.LOW,
    title="a container has no name for the host",
    why="host-gateway is an invitation to open a service of the host to the container's network, and with it to every "
    "node pack.",
    fix={"compose": "extra_hosts: []", "docker": "leave out --add-host=…:host-gateway"},
    references=("CWE-668",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "extra_hosts: ['db:10.0.0.2']"),
    bad=("extra_hosts: ['host.docker.internal:host-gateway']", "extra_hosts: {h: host-gateway}"),
    test=_test,
)
