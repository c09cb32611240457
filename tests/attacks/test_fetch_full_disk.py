"""A disk that fills up: on a small file system of memory, in a mount namespace of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fetching import BODY, site
from support import forget

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs of a size of its own needs root")
TESTS = Path(__file__).parents[1]
# Said to be unknown, its size is no hindrance at first; the reserve is taken away, so that the disk itself says no.
SCRIPT = """
import json, os, subprocess, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from catalyst.instance import placing
from fetching import fetch, models
url, data = sys.argv[2], Path(sys.argv[3])
placing.RESERVE = 0
def get():
    return [(one.path, one.state.value, one.why) for one in fetch(url, data, ["hf:o/r/m.safetensors"]).outcomes]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(data)], check=True)
said = [get()]
placing.Shelf.room = lambda _: 1 << 40  # lies, as another process does that fills it up meanwhile
said.append(get())
said.append(sorted(models(data)))
said.append(sum(one.stat().st_size for one in (data / "models/.fetch").iterdir()))
subprocess.run(["mount", "-o", "remount,size=50m", str(data)], check=True)
said.append(get())
said.append({name: len(body) for name, body in models(data).items()})
print(json.dumps(said))
"""


def test_a_full_disk(tmp_path: Path) -> None:
    forget(tmp_path)
    with site() as stub:
        done = subprocess.run(["unshare", "--mount", sys.executable, "-P", "-c", SCRIPT, str(TESTS), stub.url,
        str(tmp_path)],
                              capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stderr
        [[first], [second], none, kept, [third], there] = json.loads(done.stdout)
        assert (first[1], "bytes, and" in first[2]) == ("failed", True), "seen before anything is fetched"
        assert second[1:] == ["failed", "the disk is full"]
        assert none == []
        assert 100_000 < kept < len(BODY)
        assert third[1] == "fetched"
        assert there == {"loras/m.safetensors": len(BODY)}
        ranges = [asked for _, asked in stub.asked if not asked.startswith("bytes=0-")]
        assert ranges[-1].startswith("bytes="), "it went on with what was there"
