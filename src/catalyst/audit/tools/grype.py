"""grype, where there is no Trivy. Its age check of the database stays on (GRYPE_DB_VALIDATE_AGE), and it may not
fetch."""

from typing import Any

from catalyst.audit.facts import Reported, Vulnerabilities
from catalyst.audit.tools import program
from catalyst.audit.tools.program import ToolFailed

KINDS = {"image": "docker-archive:", "folder": "dir:", "sbom": "sbom:"}
SEVERITIES = {"critical": "critical", "high": "high", "low": "low", "negligible": "low"}


def scan(kind: str, target: str) -> Vulnerabilities:
    """Known vulnerabilities of an image's tar, a folder or an SBOM. Raises ToolFailed where that was not done."""
    path = program.find("grype")
    out = program.run([path, f"{KINDS[kind]}{target}", "--output", "json", "--quiet"], {0})
    said = program.document(out, "grype")
    if not isinstance(said, dict) or "matches" not in said:
        raise ToolFailed("grype wrote a report of another form")
    found = tuple(_reported(one) for one in said["matches"])
    version = (said.get("descriptor") or {}).get("version", "?")
    return Vulnerabilities(by=f"grype {version}, sha256 {program.digest(path)[:16]}", found=found)


def _reported(one: Any) -> Reported:
    flaw, thing = one["vulnerability"], one["artifact"]
    fixes = ", ".join((flaw.get("fix") or {}).get("versions") or ())
    text = f"{flaw['id']} in {thing['name']} {thing.get('version', '?')}{f', fixed in {fixes}' if fixes else ', not fixed'}"
    return Reported(flaw["id"], SEVERITIES.get(str(flaw.get("severity", "")).lower(), "medium"), text)
