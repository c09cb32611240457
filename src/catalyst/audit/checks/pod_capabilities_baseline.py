"""Pod Security Standards, baseline: capabilities."""

from typing import Any

from catalyst.audit import pods
from catalyst.audit.facts import Pod
from catalyst.audit.model import Check
from catalyst.severity import Severity

ALLOWED = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
    "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip


def _wrong(value: Any) -> str:
    added = [str(one) for one in pods.items(value, "add")] if isinstance(value, dict) else []
    beyond = [one for one in added if one not in ALLOWED]
    return f"adds {', '.join(beyond)}" if beyond else ""


CHECK = Check(
    id="pod-capabilities-baseline",
    control="capabilities",
    severity=Severity.HIGH,
    title="a pod adds no capability beyond the default ones",
    why="Each of the others gives root of a container a way to the node or to other pods.",
    fix={"kubernetes": "securityContext: {capabilities: {drop: [ALL]}}"},
    references=("PSS baseline: capabilities", "CIS 5.4", "KSV-0022", "CKV_K8S_25", "CWE-250"),
    about=Pod,
    language="kubernetes pod",
    good=("containers: [{name: a}]", "containers: [{name: a, securityContext: {capabilities: {add: [CHOWN]}}}]"),
    bad=("containers: [{name: a, securityContext: {capabilities: {add: [NET_RAW]}}}]",
         "containers: [{name: a, securityContext: {capabilities: {add: [CAP_CHOWN]}}}]"),
    test=lambda facts: pods.settings(facts, "capabilities", _wrong),
)
