"""NVIDIA's toolkit."""


from catalyst.audit import look
from catalyst.audit.facts import Host
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Host) -> Outcome:
    version = known(facts.versions, "the versions of engines are not known").get("nvidia-toolkit", "")
    if not version:
        return NotApplicable("NVIDIA's container toolkit is not installed")
    return broken(f"toolkit {version[:40]}") if look.older(version, (1, 17, 8)) else Held(f"toolkit {version[:40]}")


CHECK = Check(
    id="host-gpu-toolkit",
    control="host",
    severity=Severity.CRITICAL,
    title="the container toolkit of the GPU has its known hole closed",
    why="Up to 1.17.7 a variable of an image runs code as root on the host (NVIDIAScape, CVE-2025-23266).",
    fix={"": "sudo apt-get install --only-upgrade nvidia-container-toolkit"},
    references=("CVE-2025-23266", "CVE-2025-23267", "CVE-2024-0132"),
    about=Host,
    language="host",
    good=("versions nvidia-toolkit = 1.17.8",),
    bad=("versions nvidia-toolkit = 1.17.7", "versions nvidia-toolkit = 1.16.0"),
    test=_test,
)
