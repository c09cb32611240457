"""Addresses of other services."""


from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check, Held, Outcome, broken
from catalyst.audit.subjects.documents import line_of, truth
from catalyst.severity import Severity


def _test(facts: Pod) -> Outcome:
    spec = pods.spec(facts)
    if truth(spec.get("enableServiceLinks")) is False:
        return Held("no list of services")
    return broken("every service of the namespace stands in the environment", line_of(spec, "enableServiceLinks"))


CHECK = Check(
    id="pod-service-environment",
    control="clean-environment",
    severity=Severity.LOW,
    title="a pod's environment does not list the namespace's services",
    why="Names and addresses of everything beside it are what an attacker looks for first.",
    fix={"kubernetes": "enableServiceLinks: false"},
    references=("CWE-497",),
    about=Pod,
    language="kubernetes pod",
    good=("enableServiceLinks: false\ncontainers: [{name: a}]",),
    bad=("containers: [{name: a}]", "enableServiceLinks: true\ncontainers: [{name: a}]"),
    test=_test,
)
