"""Pod Security Standards, baseline: seLinuxOptions."""

from typing import Any

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check, Outcome
from catalyst.severity import Severity

TYPES = {None, "", "container_t", "container_init_t", "container_kvm_t"}


def _test(facts: Pod) -> Outcome:
    types = TYPES | ({"container_engine_t"} if facts.version >= (1, 31) else set())

    def wrong(value: Any) -> str:
        given = value if isinstance(value, dict) else {}
        found = [f"type {given['type']}"] if given.get("type") not in types else []
        found += [f"{key} {given[key]}" for key in ("user", "role") if given.get(key)]
        return ", ".join(found)

    return pods.settings(facts, "seLinuxOptions", wrong)


CHECK = Check(
    id="pod-selinux",
    control="write-confinement",
    severity=Severity.HIGH,
    title="a pod keeps to the SELinux domains for containers",
    why="spc_t and others are not confined; a user or role of its own goes past the policy.",
    fix={"kubernetes": "securityContext: {seLinuxOptions: {type: container_t}}"},
    references=("PSS baseline: seLinuxOptions", "CIS 5.3", "KSV-0025"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]",
          "securityContext: {seLinuxOptions: {type: container_t, level: s0}}\ncontainers: [{name: a}]"),
    bad=("containers: [{name: a, securityContext: {seLinuxOptions: {type: spc_t}}}]",
         "containers: [{name: a, securityContext: {seLinuxOptions: {user: u}}}]",
         "securityContext: {seLinuxOptions: {role: r}}\ncontainers: [{name: a}]"),
    test=_test,
)
