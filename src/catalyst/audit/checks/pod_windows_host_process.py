"""Pod Security Standards, baseline: windowsHostProcess."""

from typing import Any

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check
from catalyst.audit.subjects.documents import truth
from catalyst.severity import Severity


def _wrong(value: Any) -> str:
    given = value.get("hostProcess") if isinstance(value, dict) else None
    return "hostProcess: true" if given is not None and truth(given) is not False else ""


CHECK = Check(
    id="pod-windows-host-process",
    control="namespaces",
    severity=Severity.HIGH,
    title="no container is a process of its Windows node",
    why="HostProcess containers run on the node itself.",
    fix={"kubernetes": "securityContext: {windowsOptions: {hostProcess: false}}"},
    references=("PSS baseline: windowsHostProcess", "KSV-0103"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]", "containers: [{name: a, securityContext: {windowsOptions: {hostProcess: false}}}]"),
    bad=("containers: [{name: a, securityContext: {windowsOptions: {hostProcess: true}}}]",
         "securityContext: {windowsOptions: {hostProcess: true}}\ncontainers: [{name: a}]"),
    test=lambda facts: pods.settings(facts, "windowsOptions", _wrong),
)
