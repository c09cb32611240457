"""A processor limit."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    limited = known(facts.cpus, "its processor limit is not known")
    return Held("limited") if limited else broken("no processor limit", facts.line("cpus"))


CHECK = Check(
    id="container-cpus",
    control="resources",
    severity=Severity.LOW,
    title="a container has a processor limit",
    why="A miner in a node pack takes what it gets. The other limits keep the host alive; this one keeps it usable.",
    fix={"compose": 'cpus: "4"', "docker": "--cpus=4", "kubernetes": 'resources: {limits: {cpu: "4"}}'},
    references=("CIS 5.12", "KSV-0011", "CL-0026", "CKV_K8S_11"),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=('cpus: "4"', "deploy: {resources: {limits: {cpus: '2'}}}", "cpuset: 0-3"),
    bad=("image: a",),
    test=_test,
)
