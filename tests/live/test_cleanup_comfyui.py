"""ENABLE_FORENSIC_CLEANUP with real ComfyUI: it makes pictures, takes uploads, saves workflows and settings, is ended in
every way, and all that is left is searched for the prompt. The same search finds it where the mode is off.

CATALYST_TEST_COMFYUI names a checkout and an interpreter with its packages, as DIR:PYTHON; test_cleanup.py does the same
with a workload that writes what ComfyUI writes.
"""

import copy
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from live.leftovers import ON, WAYS, end, holding, nothing_left
from live.test_comfyui import GIVEN, WORKFLOW, NoComfyUI, post
from support import Catalyst, Running, wait_for


@pytest.fixture(autouse=True)
def _given() -> None:
    if not GIVEN:
        warnings.warn("CATALYST_TEST_COMFYUI is not set: ComfyUI itself left nothing to search", NoComfyUI, stacklevel=1)
        pytest.skip("CATALYST_TEST_COMFYUI is not set")


@contextmanager
def used(catalyst: Catalyst, **env: str) -> Iterator[tuple[Running, str]]:
    """ComfyUI that has been worked with, and the prompt that went into all of it."""
    tree, _, python = GIVEN.partition(":")
    secret = f"CANARY-PROMPT-{os.urandom(8).hex()}"
    words = (f"--comfyui={tree}", f"--python={python}", "--comfyui-flags=--cpu")
    with catalyst.up(*words, app="comfyui", **{**ON, **env}) as running:
        use(running, secret)
        yield running, secret


def use(running: Running, secret: str) -> None:
    """A picture and a preview with the prompt in them and in their names, an upload, a workflow, settings, and an error."""
    flow: dict[str, Any] = copy.deepcopy(WORKFLOW)
    flow["3"]["inputs"]["filename_prefix"] = f"album/{secret}"
    flow["4"] = {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}, "_meta": {"title": secret}}
    drawn = {"prompt": flow, "extra_data": {"extra_pnginfo": {"workflow": {"nodes": [secret]}}}}
    number = post(running, "prompt", drawn)["prompt_id"]
    wait_for(lambda: running.get(f"history/{number}"), "the workflow to end")
    done = running.get(f"history/{number}")[number]
    assert done["status"]["status_str"] == "success", done
    made = done["outputs"]["3"]["images"][0]
    assert secret in made["filename"]
    where = f"view?type={made['type']}&subfolder={made['subfolder']}&filename={made['filename']}"
    with running.ask(where) as reply:
        picture = reply.read()
    uploaded = upload(running, f"{secret}.png", picture)
    assert uploaded["name"] == f"{secret}.png"
    for path in ("userdata/workflows%2Fcanary.json?overwrite=true", "settings"):
        with running.ask(path, json.dumps({"Canary.Prompt": secret}).encode(), Content_Type="application/json") as reply:
            assert reply.status == 200


def upload(running: Running, name: str, content: bytes) -> Any:
    """As the page does it; what it is called now."""
    between = os.urandom(8).hex()
    head = f'--{between}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{between}--\r\n".encode()
    with running.ask("upload/image", body, Content_Type=f"multipart/form-data; boundary={between}") as reply:
        return json.load(reply)


def test_the_search_finds_it_where_the_mode_is_off(catalyst: Catalyst) -> None:
    """The control."""
    with used(catalyst, ENABLE_FORENSIC_CLEANUP="false") as (_, secret):
        pass
    found = [path.removeprefix(f"{catalyst.data}/") for path in holding(catalyst, secret)]
    assert {path.partition("/")[0] for path in found} >= {"output", "input", "user"}


@pytest.mark.parametrize("how", WAYS)
def test_nothing_is_left_however_it_ends(catalyst: Catalyst, how: str) -> None:
    with used(catalyst) as (running, secret):
        end(running, how)
    nothing_left(catalyst, secret, how)
