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
from contextlib import suppress
from pathlib import Path

import catalyst
from fetching import BODY, Page, models, site
from live.model_sites import safetensors
from support import forget

KILLS = int(os.environ.get("CATALYST_TEST_FETCH_KILLS", "100"))
PROGRAM = Path(__file__).parents[1] / "fetching.py"
FILES = {"a.safetensors": BODY, "b.safetensors": safetensors("decoder.conv_in.weight", size=300_000),
         "c.gguf": b"GGUF" + (3).to_bytes(4, "little") + bytes(16)}  # fmt: skip
FINAL = {"loras/a.safetensors": FILES["a.safetensors"], "vae/b.safetensors": FILES["b.safetensors"],
         "checkpoints/c.gguf": FILES["c.gguf"]}  # fmt: skip


def start(url: str, data: Path) -> "subprocess.Popen[str]":
    sources = [f"hf:o/r/{name}" for name in FILES]
    path = f"{Path(catalyst.__file__).parents[1]}:{PROGRAM.parent}"
    return subprocess.Popen([sys.executable, "-P", str(PROGRAM), url, str(data), *sources], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, start_new_session=True,
                            env={**os.environ, "PYTHONPATH": path})  # fmt: skip


def test_killed_again_and_again(tmp_path: Path) -> None:
    chance, data = random.Random(6), tmp_path / "data"
    forget(data)
    outside = {"data"}

    def slowly(_: int, page: Page) -> bool:
        """Piece by piece, so that a kill meets every state of a download."""
        page.pause = 0.01
        return False

    with site() as stub:
        stub.files, stub.behave = dict(FILES), slowly
        whole = start(stub.url, data)  # how long one takes here, to kill within it
        began = time.monotonic()
        out, err = whole.communicate(timeout=300)
        assert whole.returncode == 0, err
        assert len(models(data)) == len(FINAL), out
        usual = time.monotonic() - began
        alive, between = 0, 0
        for kill in range(KILLS):
            if len(models(data)) == len(FINAL):  # begin anew: with everything there it has nothing to do
                subprocess.run(["rm", "-rf", str(data)], check=True)
                forget(data)
            running = start(stub.url, data)
            time.sleep(chance.uniform(0.2, 1.0) * usual)
            alive += running.poll() is None
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.communicate(timeout=60)
            found = models(data)
            assert found.items() <= FINAL.items(), f"after kill {kill}: {sorted(found)}"
            between += bool((data / "models/.fetch").exists() and list((data / "models/.fetch").iterdir()))
            assert {one.name for one in tmp_path.iterdir()} <= outside
        assert min(alive, between) > KILLS // 4, f"{alive} met it alive, {between} between beginning and end"
        last = start(stub.url, data)
        out, err = last.communicate(timeout=300)
        assert last.returncode == 0, err
        assert {tuple(one[:2]) for one in json.loads(out)} <= {(path, state) for path in FINAL
                                                              for state in ("fetched", "there already")}, err  # fmt: skip
        assert models(data) == FINAL
        assert list((data / "models/.fetch").iterdir()) == []
        assert any(asked.startswith("bytes=") and not asked.startswith("bytes=0-") for _, asked in stub.asked), "it resumed"
