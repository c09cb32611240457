"""Real ComfyUI at every level on every engine: it answers, and a workflow writes its picture to the data directory.

CATALYST_TEST_COMFYUI names a checkout and an interpreter with its packages, as DIR:PYTHON. Without it these tests run
the same way with the canary and say so, so that the path is never untested.
"""

import json
import os
import time
import warnings
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from support import Catalyst, Running, wait_for

WORKFLOW = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0x336699}},
    "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "catalyst"}},
}
RUNS = [("normal", "public"), ("high", "restricted"), ("maximum", "isolated")]
GIVEN = os.environ.get("CATALYST_TEST_COMFYUI", "")


@pytest.mark.parametrize(("level", "network"), RUNS)
def test_a_workflow_writes_its_picture(catalyst: Catalyst, level: str, network: str) -> None:
    if not GIVEN:
        canary_instead(catalyst, level, network)
        return
    tree, _, python = GIVEN.partition(":")
    words = (f"--comfyui={tree}", f"--python={python}", "--comfyui-flags=--cpu")
    with catalyst.up(*words, app="comfyui", SECURITY_LEVEL=level, NETWORK_MODE=network) as running:
        assert running.get("system_stats")["system"]["comfyui_version"]
        number = post(running, "prompt", {"prompt": WORKFLOW})["prompt_id"]
        wait_for(lambda: running.get(f"history/{number}"), "the workflow to end")
        done = running.get(f"history/{number}")[number]
        assert done["status"]["status_str"] == "success", done
        pictures = sorted((catalyst.data / "output").glob("*.png"))
        assert [picture.read_bytes()[:8] for picture in pictures] == [b"\x89PNG\r\n\x1a\n"]
        nothing_by_traversal(running, pictures[0], catalyst.data.parent / "private.png")
        start = time.monotonic()
    assert running.process.returncode == 0
    log = catalyst("logs").stdout
    assert "Stopped server" in log, log[-2000:]  # SIGINT reached it, it cleaned up by itself
    print(f"{catalyst.engine} {level} {network}: {pictures[0].name}, ended in {time.monotonic() - start:.1f} s")


# CVE-2026-56671, CVE-2026-56673: what leads upwards in the path the gateway refuses, in a query and a prompt ComfyUI does.
UPWARDS = {
    "view?filename=../../../etc/passwd&type=output": 0, "view?filename=passwd&subfolder=../../../etc&type=output": 0,
    "view?filename=passwd&subfolder=/etc&type=output": 0, "api/view?filename=..%2F..%2F..%2Fetc%2Fpasswd": 0,
    "experiment/models/preview/checkpoints/0/..%2f..%2f..%2fetc%2fpasswd": 400,
    "userdata/..%2f..%2f..%2f..%2fetc%2fpasswd": 400, "view/../../etc/passwd": 400,
}  # fmt: skip


def nothing_by_traversal(running: Running, picture: Path, private: Path) -> None:
    """Before 0.28 ComfyUI loads any picture in its sight: `private` is the same one, where only the host sees it."""
    with running.ask(f"view?filename={picture.name}&type=output") as reply:
        assert reply.read() == picture.read_bytes()
    private.write_bytes(picture.read_bytes())
    private.chmod(0o644)
    for path, status in UPWARDS.items():
        code, said = answered(running, path)
        assert code in ({status} if status else {400, 403, 404}), path
        assert b"comfyuser" not in said
    load = {"1": {"class_type": "LoadImage", "inputs": {"image": f"../..{private}"}},
            "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}  # fmt: skip
    assert answered(running, "prompt", json.dumps({"prompt": load}).encode())[0] == 400


def answered(running: Running, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body, a refusal's too."""
    try:
        with running.ask(path, body, Content_Type="application/json") as reply:
            return int(reply.status), bytes(reply.read())
    except HTTPError as error:
        with error:
            return error.code, error.read()


def canary_instead(catalyst: Catalyst, level: str, network: str) -> None:
    with catalyst.up(SECURITY_LEVEL=level, NETWORK_MODE=network) as running:
        assert running.get("system_stats")["system"]["comfyui_version"] == "canary"
    warnings.warn("CATALYST_TEST_COMFYUI is not set: the canary ran in ComfyUI's place", NoComfyUI, stacklevel=1)


class NoComfyUI(UserWarning):
    """Shown in the summary, so that a green run without ComfyUI does not look like one with it."""


def post(running: Running, path: str, document: Any) -> Any:
    with running.ask(path, json.dumps(document).encode(), Content_Type="application/json") as reply:
        return json.load(reply)
