"""Swap."""


from catalyst.audit.facts import Host
from catalyst.audit.model import Check, Held, Outcome, Unknown, broken, known
from catalyst.severity import Severity


def _test(facts: Host) -> Outcome:
    swap = known(facts.settings, "the kernel's settings are not known").get("swap")
    if swap is None:
        return Unknown("whether there is swap is not known")
    return Held("no swap") if swap == "no" else broken("swap is in use, and what is in memory may reach the disk")


CHECK = Check(
    id="host-swap",
    control="forensic-cleanup",
    severity=Severity.LOW,
    title="nothing of a container's memory reaches the disk by swap",
    why="ENABLE_FORENSIC_CLEANUP keeps prompts and pictures in memory; unencrypted swap writes memory to the disk.",
    fix={"": "sudo swapoff -a, or encrypt it: see docs/guides/forensic-cleanup.md"},
    references=("Catalyst: forensic cleanup", "CWE-312"),
    about=Host,
    language="host",
    good=("settings swap = no",),
    bad=("settings swap = yes",),
    test=_test,
)
