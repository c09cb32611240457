"""Trivy (0.76 was measured), for known vulnerabilities and for SBOMs. Nothing of its compliance reports is used: they
say PASS to
what they never looked at (knowledge: audit.md §2.3).

Its program is judged before it is started: the releases 0.69.4 to 0.69.6 were malicious (CVE-2026-33634). The age of its
database is checked here, because Trivy scans with one of years ago without a word.
"""

import datetime as dt
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalyst.audit.facts import Reported, Vulnerabilities
from catalyst.audit.tools import program
from catalyst.audit.tools.program import ToolFailed
from catalyst.settings import environment

MALICIOUS = {"0.69.4", "0.69.5", "0.69.6"}
SCHEMA, GRACE = 2, dt.timedelta(days=3)
FOUND = 10  # an exit code of its own for findings: 1 is every failure
QUIET = ("--disable-telemetry", "--skip-version-check", "--quiet", "--config", "", "--ignorefile", "")
OFFLINE = ("--skip-db-update", "--skip-java-db-update", "--offline-scan")
# A release is linked with its version in it; read from the file, for a malicious one must not even say its name.
VERSION = re.compile(rb"pkg/version/app\.ver=(\d+\.\d+\.\d+[\w.-]*)")


def locate() -> tuple[str, str]:
    """The program and its version, which is read and not asked. Raises ToolFailed."""
    path = program.find("trivy")
    version = _version(path)
    if version in MALICIOUS:
        raise ToolFailed(f"trivy {version} is a malicious release (CVE-2026-33634) and was not started: remove {path}")
    if not version:
        raise ToolFailed(f"{path} is no release of trivy: it holds no version, so it was not started")
    return path, version


def _version(path: str) -> str:
    """What the program was linked with; "" where it holds none."""
    with Path(path).open("rb") as stream:
        before = b""
        while data := stream.read(8 << 20):
            if found := VERSION.search(before + data):
                return found[1].decode()
            before = data[-100:]
    return ""


def cache() -> Path:
    """Where its database is: TRIVY_CACHE_DIR, else where Trivy looks by itself."""
    given = environment("TRIVY_CACHE_DIR", "XDG_CACHE_HOME", "HOME")
    if "TRIVY_CACHE_DIR" in given:
        return Path(given["TRIVY_CACHE_DIR"])
    return Path(given.get("XDG_CACHE_HOME") or f"{given.get('HOME', '/root')}/.cache") / "trivy"


def database(folder: Path, now: dt.datetime) -> str:
    """The day of its database. Raises ToolFailed where there is none, or it is stale or of another schema."""
    try:
        said = json.loads((folder / "db/metadata.json").read_text("utf-8"))
        updated, following = (_time(str(said[key])) for key in ("UpdatedAt", "NextUpdate"))
        version = said["Version"]
    except FileNotFoundError:
        raise ToolFailed(f"trivy has no database in {folder}: trivy image --download-db-only") from None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ToolFailed(f"trivy's database in {folder} cannot be read: {error}") from error
    if version != SCHEMA:
        raise ToolFailed(f"trivy's database is of schema {version}, and {SCHEMA} is known")
    if now > following + GRACE:
        raise ToolFailed(f"trivy's database is of {updated:%Y-%m-%d} and was to be renewed by {following:%Y-%m-%d}: "
                         "trivy image --download-db-only")  # fmt: skip
    return f"{updated:%Y-%m-%d}"


def _time(text: str) -> dt.datetime:
    """RFC 3339 as Go writes it, with nanoseconds."""
    return dt.datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text.replace("Z", "+00:00")))


def scan(kind: str, target: str, now: dt.datetime, vex: str = "") -> Vulnerabilities:
    """Known vulnerabilities of an image's tar, a folder or an SBOM. Raises ToolFailed where that was not done."""
    path, version = locate()
    folder = cache()
    day = database(folder, now)
    with tempfile.TemporaryDirectory(prefix="catalyst-") as place:
        report = f"{place}/report.json"
        words = {"image": ("image", "--input", target), "folder": ("fs", target), "sbom": ("sbom", target)}[kind]
        argv = [path, words[0], *_flags(words[0], folder), "--format", "json", "--output", report, "--exit-code",
                str(FOUND),
                *(("--vex", vex) if vex else ()), *words[1:]]  # fmt: skip
        program.run(argv, {0, FOUND})
        try:
            said = program.document(Path(report).read_bytes(), "trivy")
        except OSError:
            raise ToolFailed("trivy wrote no report") from None
    found = tuple(_reported(said))
    return Vulnerabilities(by=f"trivy {version}, sha256 {program.digest(path)[:16]}, database of {day}", found=found)


def _flags(command: str, folder: Path) -> list[str]:
    words = [*QUIET, *OFFLINE, "--cache-dir", str(folder)]
    if command != "sbom":
        words += ["--scanners", "vuln", "--skip-check-update", "--secret-config", ""]
    return words


def _reported(said: Any) -> list[Reported]:
    if not isinstance(said, dict) or "SchemaVersion" not in said:
        raise ToolFailed("trivy wrote a report of another form")
    found = []
    for result in said.get("Results") or ():
        for one in result.get("Vulnerabilities") or ():
            fixed = f", fixed in {one['FixedVersion']}" if one.get("FixedVersion") else f", {one.get('Status', 'not fixed')}"
            text = f"{one['VulnerabilityID']} in {one['PkgName']} {one.get('InstalledVersion', '?')}{fixed}"
            found.append(Reported(one["VulnerabilityID"], _severity(str(one.get("Severity", ""))), text))
    return found


def _severity(word: str) -> str:
    """One it does not know is medium: it says that nobody has judged it, not that it is harmless."""
    return {"CRITICAL": "critical", "HIGH": "high", "LOW": "low"}.get(word, "medium")


def bill(kind: str, target: str, form: str) -> bytes:
    """An SBOM of an image's tar or a folder: `cyclonedx` or `spdx-json`. It needs no database. Raises ToolFailed."""
    path, _ = locate()
    words: Sequence[str] = ("image", "--input", target) if kind == "image" else ("fs", target)
    with tempfile.TemporaryDirectory(prefix="catalyst-") as place:
        report = f"{place}/sbom.json"
        argv = [path, words[0], *QUIET, "--offline-scan", "--skip-check-update", "--cache-dir", str(cache()),
                "--format", form, "--output", report, *words[1:]]  # fmt: skip
        program.run(argv, {0})
        data = Path(report).read_bytes()
    program.document(data, "trivy")
    return data
