"""gVisor in place of the host's kernel: `--runtime runsc` (docs/guides/gvisor.md)."""

import json
import shutil
from pathlib import Path

import pytest

from catalyst.audit.inside import attempt
from catalyst.audit.inside.probe import Context
from catalyst.workloads.model import HOME, PACKAGE, SCRATCH
from support import Catalyst

pytestmark = pytest.mark.parametrize("engine", ["podman"], indirect=True)
GUIDE = Path(__file__).parents[2] / "docs/guides/gvisor.md"
HELD = ("become-root", "set-uid", "privileges-by-exec", "capabilities", "raise-limits", "bind-mount", "kernel-memory",
        "new-route", "io-uring", "exec-output", "interfaces")  # fmt: skip
# What the guide says gets through: an entry that is held by a newer gVisor is no fault.
THROUGH = ("device-node", "priority", "fuse", "tunnel-device", "first-process-signal")


def test_the_canary_runs_under_gvisor(catalyst: Catalyst) -> None:
    """At `high`, with what does not hold said before it starts; and what is said to hold does."""
    if not shutil.which("runsc"):
        pytest.skip("runsc, gVisor's runtime, is not installed")
    with catalyst.up("--runtime=runsc", SECURITY_LEVEL="high", NETWORK_MODE="isolated") as running:
        assert running.get("system_stats")["system"]["comfyui_version"] == "canary"
        assert catalyst("health").returncode == 0
        told = catalyst.run(*asked(*HELD, *THROUGH), CATALYST_RUNTIME="runsc", SECURITY_LEVEL="high",
                            NETWORK_MODE="isolated")  # fmt: skip
    found = {one["id"]: one["outcome"] for one in map(json.loads, told.stdout.splitlines())}
    assert {name: found.get(name) for name in HELD} == dict.fromkeys(HELD, "denied"), told.stderr
    assert found.keys() == {*HELD, *THROUGH}
    refused = catalyst.run("true", PARANOID_MODE="true", CATALYST_RUNTIME="runsc")
    assert (refused.returncode, "both are gVisor's own" in refused.stderr) == (6, True)


def test_no_more_gets_through_than_the_guide_says(catalyst: Catalyst) -> None:
    """All attempts, as `catalyst verify` makes them; what is held by a newer gVisor is no fault, and unknown is not held."""
    if not shutil.which("runsc"):
        pytest.skip("runsc, gVisor's runtime, is not installed")
    done = catalyst("verify", "--json", "--runtime=runsc", SECURITY_LEVEL="high", NETWORK_MODE="isolated")
    assert done.returncode in {0, 14}, done.stderr
    through, unknown = GUIDE.read_text().partition("* **Got through**")[2].split("* **Unknown**")
    told = {"broken": through.partition("Under Docker")[0], "unknown": unknown.partition("at `maximum`")[0], "held": ""}
    probes = json.loads(done.stdout)["probes"]
    found = [one for one in probes if one["outcome"] != "held"]
    assert len(found) < 20 < 300 < len(probes)
    assert [one for one in found if f"`{one['id']}`" not in told[one["outcome"]]] == []


def asked(*probes: str) -> list[str]:
    """The argv that makes these attempts in a sandbox."""
    words = attempt.command(Context(Path(SCRATCH), Path(HOME), {"output": Path("/data/output")}, {}), "/usr/bin/python3")
    words[words.index(str(attempt.MAIN))] = f"{PACKAGE}/audit/inside/__main__.py"
    return [*words, "--only", ",".join(probes)]
