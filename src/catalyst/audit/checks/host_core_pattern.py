"""What happens to a crash."""

import re

from catalyst.audit.facts import Host
from catalyst.audit.model import Check, Held, Outcome, Unknown, broken, known
from catalyst.severity import Severity

USUAL = re.compile(r"\|\s*/(?:usr/)?(?:lib/systemd/systemd-coredump|share/apport/apport|libexec/abrt-hook-ccpp|bin/false)\b")


def _test(facts: Host) -> Outcome:
    pattern = known(facts.settings, "the kernel's settings are not known").get("kernel.core_pattern")
    if pattern is None:
        return Unknown("kernel.core_pattern is not shown")
    usual = USUAL.match(pattern)
    if pattern.startswith("|") and not usual:
        return broken(f"a crash runs {pattern[1:80]} as root")
    return Held(pattern[:80] or "nothing")


CHECK = Check(
    id="host-core-pattern",
    control="host",
    severity=Severity.HIGH,
    title="a crash runs no unknown program as root",
    why="Writing kernel.core_pattern is how privileged containers get out; a program there that nobody knows is a trace"
    " of it.",
    fix={"": "sudo sysctl -w kernel.core_pattern=core"},
    references=("CVE-2022-0492", "CDK"),
    about=Host,
    language="host",
    good=("settings kernel.core_pattern = core", "settings kernel.core_pattern = |/usr/lib/systemd/systemd-coredump %P"),
    bad=("settings kernel.core_pattern = |/tmp/x %P",),
    test=_test,
)
