"""The host's cgroups."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    cgroups = known(facts.cgroupns, "its cgroup namespace is not known")
    if cgroups == "host" and facts.kind == "docker":
        # docker's own default on a host with cgroups of version 1 (docs.docker.com/reference/cli/dockerd)
        return NotApplicable("docker shows the host's tree by itself on cgroup 1; what it shows there is read-only")
    return broken("the host's cgroups", facts.line("cgroup")) if cgroups == "host" else Held(cgroups
                                                                                             or "a view of its own")


CHECK = Check(
    id="container-host-cgroups",
    control="namespaces",
    severity=Severity.LOW,
    title="a container does not see the host's cgroups",
    why="It shows what else runs on the host and where, and is one half of the release_agent escape (CVE-2022-0492).",
    fix={"compose": "cgroup: private", "docker": "--cgroupns=private"},
    references=("CIS 5.25",),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=("image: a", "cgroup: private"),
    bad=("cgroup: host",),
    test=_test,
)
