"""A memory limit."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    limit = known(facts.memory, "its memory limit is not known")
    return Held(f"{limit >> 20} MiB") if limit > 0 else broken("no memory limit", facts.line("memory"))


CHECK = Check(
    id="container-memory",
    control="resources",
    severity=Severity.MEDIUM,
    title="a container has a memory limit",
    why="Without one a workflow that asks for too much takes the host down with it.",
    fix={"compose": "mem_limit: 16g", "docker": "--memory=16g", "kubernetes": "resources: {limits: {memory: 16Gi}}"},
    references=("CIS 5.11", "KSV-0018", "CL-0026", "CKV_K8S_13"),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=("mem_limit: 16g", "deploy: {resources: {limits: {memory: 16G}}}"),
    bad=("image: a", "mem_limit: 0"),
    test=_test,
)
