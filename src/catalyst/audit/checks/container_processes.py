"""A process limit."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    limit = known(facts.pids, "its process limit is not known")
    line = facts.line("pids_limit")
    if limit > 0:
        return Held(f"{limit} processes") if limit <= 32768 else broken(f"a limit of {limit} is none", line)
    return broken("no process limit", line)


CHECK = Check(
    id="container-processes",
    control="resources",
    severity=Severity.MEDIUM,
    title="a container has a process limit",
    why="A fork bomb stops the host. docker-bench takes any number for a limit; above 32768 it is the kernel's own "
    "default.",
    fix={"compose": "pids_limit: 1024", "docker": "--pids-limit=1024"},
    references=("CIS 5.29", "CL-0026"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("pids_limit: 1024", "deploy: {resources: {limits: {pids: 512}}}"),
    bad=("image: a", "pids_limit: -1", "pids_limit: 0", "pids_limit: 4194304"),
    test=_test,
)
