"""Pod Security Standards, baseline: seccompProfile."""

from typing import Any

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check
from catalyst.severity import Severity


def _wrong(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else value
    return "" if kind in {"RuntimeDefault", "Localhost"} else f"is of type {kind}"


CHECK = Check(
    id="pod-seccomp-baseline",
    control="system-calls",
    severity=Severity.HIGH,
    title="no container of a pod runs without a system call filter",
    why="Unconfined leaves every system call of the node's kernel there to be attacked.",
    fix={"kubernetes": "securityContext: {seccompProfile: {type: RuntimeDefault}}"},
    references=("PSS baseline: seccompProfile", "CIS 5.22", "KSV-0104"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]",
          "securityContext: {seccompProfile: {type: RuntimeDefault}}\ncontainers: [{name: a}]"),
    bad=("securityContext: {seccompProfile: {type: Unconfined}}\ncontainers: [{name: a}]",
         "containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}]"),
    test=lambda facts: pods.settings(facts, "seccompProfile", _wrong),
)
