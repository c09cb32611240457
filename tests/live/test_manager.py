"""Real ComfyUI-Manager installs a node pack from a git URL at normal, and cannot from high on.

CATALYST_TEST_MANAGER names its checkout and an interpreter with its and ComfyUI's packages, as DIR:PYTHON, beside
CATALYST_TEST_COMFYUI. The pack is served on loopback, which bubblewrap shares in NETWORK_MODE=public.
"""

import functools
import http.server
import os
import shutil
import subprocess
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from live.test_comfyui import GIVEN, NoComfyUI
from live.test_levels import READ_ONLY
from support import Catalyst, Running

MANAGER = os.environ.get("CATALYST_TEST_MANAGER", "")
CONFIG = "[default]\nsecurity_level = weak\nnetwork_mode = offline\nfile_logging = False\nuse_uv = False\n"
NODE = """
class One:
    INPUT_TYPES, RETURN_TYPES, FUNCTION = (lambda: {"required": {}}), (), "run"
NODE_CLASS_MAPPINGS = {"CatalystTestNode": One}
"""
pytestmark = pytest.mark.parametrize("engine", ["bwrap"], indirect=True)


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[str]:
    """The address of a git repository with one node."""
    tree, bare = tmp_path / "tree", tmp_path / "served/catalyst-test-pack.git"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a", "-C", str(tree)]
    tree.mkdir()
    (tree / "__init__.py").write_text(NODE)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"], ["clone", "-q", "--bare", ".", str(bare)]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "-C", str(bare), "update-server-info"], check=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(bare.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{bare.name}"
        server.shutdown()


@pytest.mark.parametrize(("level", "code"), [("normal", 200), ("high", 403), ("maximum", 403)])
def test_a_pack_from_a_git_url(catalyst: Catalyst, pack: str, level: str, code: int) -> None:
    words, nodes = with_manager(catalyst)
    env = {"SECURITY_LEVEL": level, "NETWORK_MODE": "public"}
    with catalyst.up(*words, app="comfyui", **env) as running:
        assert "CatalystTestNode" not in running.get("object_info")
        assert post(running, "customnode/install/git_url", pack) == code
    installed = level == "normal"
    assert (nodes / "catalyst-test-pack" / "__init__.py").is_file() is installed
    assert sorted(path.name for path in nodes.iterdir()) == ["ComfyUI-Manager", *["catalyst-test-pack"] * installed]
    with catalyst.up(*words, app="comfyui", **env) as running:
        assert ("CatalystTestNode" in running.get("object_info")) is installed
    refused = catalyst.run(
        "git", "clone", "-q", pack, "/data/custom_nodes/again", **env
    ).stderr  # what Manager did, with its reason
    assert (READ_ONLY in refused) is not installed


@pytest.mark.parametrize("level", ["high", "maximum"])
def test_its_start_runs_commands_from_the_user_folder_and_up_says_so(catalyst: Catalyst, level: str) -> None:
    """A known gap: custom_nodes is read-only, the user folder is not. When this fails, the notice can go."""
    words, _ = with_manager(catalyst)
    command = ["/data/output", "#FORCE", "/usr/bin/touch", "/data/output/ran"]
    plant = f'mkdir -p {INSIDE}; echo "{command}" > {INSIDE}/install-scripts.txt'
    assert catalyst.run("sh", "-ec", plant, SECURITY_LEVEL=level, NETWORK_MODE="isolated").returncode == 0
    with catalyst.up(*words, app="comfyui", SECURITY_LEVEL=level, NETWORK_MODE="isolated") as running:
        assert (catalyst.data / "output/ran").exists()
        running.process.terminate()
        assert "ComfyUI-Manager installs nothing at this level" in running.process.communicate(timeout=60)[1]


INSIDE = "/data/user/default/ComfyUI-Manager/startup-scripts"


def with_manager(catalyst: Catalyst) -> tuple[tuple[str, ...], Path]:
    """Options of `up`, and the custom_nodes with Manager in it, set to take any address and ask nobody."""
    if not (GIVEN and MANAGER):
        warnings.warn(
            "CATALYST_TEST_COMFYUI and CATALYST_TEST_MANAGER are not set: no Manager ran", NoComfyUI, stacklevel=2
        )
        pytest.skip("CATALYST_TEST_COMFYUI and CATALYST_TEST_MANAGER are not set")
    source, _, python = MANAGER.partition(":")
    assert catalyst.run("true").returncode == 0  # makes the places
    nodes, settings = catalyst.data / "custom_nodes", catalyst.data / "user/default/ComfyUI-Manager"
    owner = nodes.stat()
    shutil.copytree(source, nodes / "ComfyUI-Manager")
    settings.mkdir(parents=True)
    (settings / "config.ini").write_text(CONFIG)
    for top in (nodes, catalyst.data / "user"):
        for path in (top, *top.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
    return (f"--comfyui={GIVEN.partition(':')[0]}", f"--python={python}", "--comfyui-flags=--cpu"), nodes


def post(running: Running, path: str, body: str) -> int:
    """The status of a POST."""
    try:
        with running.ask(path, body.encode()) as reply:
            return int(reply.status)
    except HTTPError as refused:
        return refused.code
