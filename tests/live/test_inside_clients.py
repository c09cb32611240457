"""Where a bare container's workload gets to, with the clients people use: nobody took its network away, the guard does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from live import internet
from live.inside_clients import ASKED, IMPATIENT
from live.test_egress import ENOUGH, EVERYTHING, clients, net, requests_for
from live.test_inside import ENGINES

__all__ = ["clients", "net"]
HERE = Path(__file__).parent
REACHED = {("public", "https://evil.example.net/x"), ("restricted", "https://huggingface.co/x")}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_client_in_every_mode(engine: str, net: Path, clients: Path) -> None:
    path = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, str(HERE / "inside_clients.py"), engine, str(net), str(clients)]
    done = subprocess.run(internet.argv(net, words), env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
                          timeout=1200)  # fmt: skip
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for mode, asked in ASKED.items():
        for url, names in asked.items():
            answers = {one["client"]: one for one in said if (one["mode"], one["url"]) == (mode, url)}
            assert set(answers) == set(names or EVERYTHING), (mode, url, done.stderr[-3000:])
            wanted = "got" if (mode, url) in REACHED else "error"
            assert {name for name, one in answers.items() if wanted not in one} == set(), (mode, url, answers)
            slow = {name: one for name, one in answers.items() if one["seconds"] > ENOUGH and wanted == "error"}
            assert slow == {}
    # one in public, where it is allowed, and nothing from the modes that refuse it
    assert len(requests_for(net, "evil.example.net")) >= len(IMPATIENT)
    assert not [line for line in (net / "seen").read_text().splitlines() if "169.254" in line or "93.184" in line]
