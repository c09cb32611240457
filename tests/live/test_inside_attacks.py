"""Everything in one container has one uid: what keeps the workload from Catalyst then, and the control, the same from
outside the guard."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from live.inside_image import IMAGE
from live.test_inside import Container, engine, started
from support import fake_comfyui, open_to_all, wait_for

__all__ = ["engine"]
HERE = Path(__file__).parent
# The owner's own shell cannot look into these either: they have made themselves unreadable (PR_SET_DUMPABLE).
UNREADABLE = {f"{what} of the {name}" for what in ("mem", "fd", "environ") for name in ("gateway", "broker", "front")}
NOT_THERE = {"talk to a control by path", "memory of PID 1", *UNREADABLE}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout whose program attacks before it serves."""
    open_to_all(tmp_path)
    fake_comfyui(tmp_path / "tree", "import subprocess; subprocess.run([sys.executable, '/opt/comfyui/attack.py'])")
    shutil.copy(HERE / "attack_inside.py", tmp_path / "tree/attack.py")
    return tmp_path / "tree"


def attacked(text: str) -> dict[str, Any]:
    (line,) = (line for line in text.splitlines() if line.startswith("ATTACK "))
    found: dict[str, Any] = json.loads(line.removeprefix("ATTACK "))
    return found


def through(found: dict[str, Any]) -> set[str]:
    return {name for name, came in found.items() if came == "through"}


@pytest.mark.parametrize(("level", "mode"), [("normal", "public"), ("high", "restricted"), ("maximum", "restricted")])
def test_the_same_user_is_no_way_in(engine: str, tree: Path, level: str, mode: str) -> None:
    options = ["--volume", f"{tree}:/opt/comfyui:ro", "--tmpfs", "/scratch:rw,mode=1777"]
    with started(engine, *options, COMFYUI_PATH="/opt/comfyui", SECURITY_LEVEL=level, NETWORK_MODE=mode) as container:
        container.wait()
        inside = attacked(container.log)
        assert through(inside) == set()
        assert inside["descriptors"] == []
        assert not {"CATALYST_DATA", "SECURITY_LEVEL", "NETWORK_MODE", "COMFYUI_PATH"} & set(inside["environment"])
        outside = attacked(container.run("python3", "/opt/comfyui/attack.py").stdout)
        every = {name for name, came in outside.items() if isinstance(came, str)}
        assert every - through(outside) == NOT_THERE


def test_a_handed_descriptor_stays_with_who_was_handed_it(engine: str, tree: Path, tmp_path: Path) -> None:
    """An engine, or a program above it, that leaves one open: the workload does not get it."""
    if engine == "docker":
        pytest.skip("docker hands none down")
    secret = tmp_path / "secret"
    secret.write_text("bait")
    name = f"catalyst-handed-{os.urandom(4).hex()}"
    words = [engine, "run", "--rm", "--name", name, "--preserve-fds=1", "--volume", f"{tree}:/opt/comfyui:ro",
             "--env", "COMFYUI_PATH=/opt/comfyui", IMAGE]  # fmt: skip
    log = tmp_path / "log"
    with secret.open("rb") as handed, log.open("wb") as out:
        third = os.dup2(handed.fileno(), 3)
        running = subprocess.Popen(words, stdout=out, stderr=out, pass_fds=[third])
    try:
        wait_for(lambda: "ATTACK " in log.read_text(), "the attack")
        assert attacked(log.read_text())["descriptors"] == []
        held = Container(engine, name).run("sh", "-c", "ls -l /proc/self/fd /proc/1/fd 2>&1")
        assert held.returncode in {0, 2}
    finally:
        subprocess.run([engine, "rm", "--force", name], capture_output=True, timeout=60)
        running.wait(timeout=60)
