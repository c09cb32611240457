"""kill -9 of the fetch and its downloader at a random moment, 100 times: never a wrong file at the final name, nothing
outside the models folder, and in the end it is all there, without beginning anew each time.

The lane with the sandbox is tests/live/test_fetch.py; here the downloader runs bare, which is quicker to kill.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from fetching import BODY, Page, models, site
from live.model_sites import safetensors

KILLS = int(os.environ.get("CATALYST_TEST_FETCH_KILLS", "100"))
PROGRAM = Path(__file__).parents[1] / "fetching.py"
FILES = {"a.safetensors": BODY, "b.safetensors": safetensors("decoder.conv_in.weight", size=300_000),
         "c.gguf": b"GGUF" + (3).to_bytes(4, "little") + bytes(16)}  # fmt: skip
FINAL = {"loras/a.safetensors": FILES["a.safetensors"], "vae/b.safetensors": FILES["b.safetensors"],
         "checkpoints/c.gguf": FILES["c.gguf"]}  # fmt: skip


def start(url: str, data: Path) -> "subprocess.Popen[str]":
    sources = [f"hf:o/r/{name}" for name in FILES]
    return subprocess.Popen([sys.executable, "-P", str(PROGRAM), url, str(data), *sources], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, start_new_session=True)  # fmt: skip


def test_killed_again_and_again(tmp_path: Path) -> None:
    chance, data = random.Random(6), tmp_path / "data"
    outside = {"data"}
    cut = [True]

    def slowly(_: int, page: Page) -> bool:
        """Each download is cut short while the killing goes on, so that it takes many turns."""
        name = page.path.rpartition("/")[2]
        if page.headers.get("Range", "").startswith("bytes=0-") or name not in FILES or not cut[0]:
            return False
        page.file(FILES[name], cut=len(FILES[name]) // 30)
        return True

    with site() as stub:
        stub.files, stub.behave = dict(FILES), slowly
        whole = start(stub.url, data)  # how long one takes here, to kill within it
        began = time.monotonic()
        whole.communicate(timeout=300)
        usual = time.monotonic() - began
        for kill in range(KILLS):
            if kill % 10 == 0:  # begin anew, so that placing is met as often as resuming
                subprocess.run(["rm", "-rf", str(data)], check=True)
            running = start(stub.url, data)
            time.sleep(chance.uniform(0.2, 1.0) * usual)
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate(timeout=60)
            found = models(data) if (data / "models").exists() else {}
            assert found.items() <= FINAL.items(), f"after kill {kill}: {sorted(found)}"
            assert {one.name for one in tmp_path.iterdir()} <= outside
        cut[0] = False
        last = start(stub.url, data)
        out, err = last.communicate(timeout=300)
        assert {tuple(one[:2]) for one in json.loads(out)} <= {(path, state) for path in FINAL
                                                              for state in ("fetched", "there already")}, err  # fmt: skip
        assert models(data) == FINAL
        assert list((data / "models/.fetch").iterdir()) == []
        assert any(asked.startswith("bytes=") and not asked.startswith("bytes=0-") for _, asked in stub.asked), "it resumed"
