"""runc's fixed versions."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Host
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, Unknown, broken, known
from catalyst.severity import Severity


def _test(facts: Host) -> Outcome:
    version = known(facts.versions, "the versions of engines are not known").get("runc", "")
    if not version:
        return NotApplicable("runc is not installed")
    number = look.numbers(version)
    fixed = number >= (1, 4, 0) or (1, 3, 3) <= number < (1, 4) or (1, 2, 8) <= number < (1, 3)
    if re.search(r"[-+~](?:\d*ubuntu|\d*\+?deb|ds|el\d|fc\d|rh)", version):
        return Unknown(f"runc {version[:40]} is a distribution's, which may have the fixes: look at its changelog")
    return Held(f"runc {version[:40]}") if fixed else broken(f"runc {version[:40]}")


CHECK = Check(
    id="host-runc",
    control="host",
    severity=Severity.HIGH,
    title="runc has the fixes of November 2025",
    why="Before 1.2.8, 1.3.3 and 1.4.0 a container gets at /proc of the host by races on masked paths and /dev/console "
    "(CVE-2025-31133, CVE-2025-52565, CVE-2025-52881).",
    fix={"": "sudo apt-get install --only-upgrade runc"},
    references=("CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881", "CVE-2024-21626"),
    about=Host,
    language="host",
    good=("versions runc = 1.3.3", "versions runc = 1.2.8", "versions runc = 1.4.1"),
    bad=("versions runc = 1.1.12", "versions runc = 1.3.2", "versions runc = 1.2.7"),
    test=_test,
)
