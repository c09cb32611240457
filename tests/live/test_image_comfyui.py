"""The image with real ComfyUI and real torch in it: a workflow ends in its picture, and the health follows the workload.

CATALYST_TEST_COMFYUI names a checkout and an interpreter, as DIR:PYTHON; the checkout goes into the image. Gigabytes are
fetched for it and the build takes half an hour, so CATALYST_TEST_COMFYUI_IMAGE may name a file: it is taken where it is
there, and else kept for the next time. Without the former test_image.py does the same with the canary.
"""

import json
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from live import image, image_runs
from live.image_runs import COMFYUI, RUNS, do, log, started
from live.test_comfyui import GIVEN, WORKFLOW, NoComfyUI
from live.test_two_containers import composed
from support import wait_for

TAG = "catalyst-image:comfyui"
KEPT = os.environ.get("CATALYST_TEST_COMFYUI_IMAGE", "")
CPU = "--env=COMFYUI_FLAGS=--cpu"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The image as a file, made by the first engine."""
    if not GIVEN:
        warnings.warn("CATALYST_TEST_COMFYUI is not set: no image had ComfyUI in it", NoComfyUI, stacklevel=1)
        pytest.skip("CATALYST_TEST_COMFYUI is not set")
    kept = Path(KEPT) if KEPT else tmp_path_factory.mktemp("image") / "comfyui.tar"
    yield kept
    if not KEPT:
        kept.unlink(missing_ok=True)


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.engine(name)) for name in ("docker", "podman")]
)
def client(request: pytest.FixtureRequest, archive: Path) -> Iterator[list[str]]:
    """The command line of an engine that has the image."""
    with image_runs.client_with(request.param, TAG, archive, image.build_comfyui) as argv:
        yield argv


@pytest.mark.parametrize("run", RUNS)
def test_a_workflow_ends_in_its_picture(client: list[str], run: str) -> None:
    with started(client, TAG, *RUNS[run], CPU) as name:
        _works(client, name)


@pytest.mark.engine("podman")
def test_rootless_podman(archive: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root makes a user for it; the podman lane of an ordinary user is rootless anyway")
    with image_runs.rootless(TAG, archive, image.build_comfyui) as own, started(own, TAG, "--network=none", CPU) as name:
        _works(own, name)


def test_two_containers(client: list[str], tmp_path: Path) -> None:
    """By compose: the picture comes through front and lies in the folder of the host."""
    engine = "docker" if "docker" in client[0] else "podman"
    with composed(engine, tmp_path, image=TAG, app="comfyui", SECURITY_LEVEL="high", NETWORK_MODE="restricted",
                  COMFYUI_FLAGS="--cpu") as project:  # fmt: skip
        wait_for(lambda: project.run("workload", "catalyst", "health").returncode == 0, project.log("workload"), 300)
        _picture([project.engine], project.container("front"))
        assert [one.read_bytes()[:8] for one in (project.folder / "data/output").glob("*.png")] == [PNG]


def _works(client: Sequence[str], name: str) -> None:
    image_runs.wait(client, name, "healthy")
    _picture(client, name)
    image_runs.health_follows(client, name, COMFYUI)
    assert "token=" not in log(client, name)


def _picture(client: Sequence[str], name: str) -> None:
    """EmptyImage, ImageInvert and SaveImage, asked for through the gateway of container `name` with a token."""
    token = do(*client, "exec", name, "catalyst", "token", "new", f"t-{os.urandom(4).hex()}")
    asked = (*client, "exec", name, "curl", "-fsS", "-H", f"Authorization: Bearer {token}")
    here = "http://127.0.0.1:8188/api"
    stats = json.loads(do(*asked, f"{here}/system_stats"))
    assert stats["system"]["comfyui_version"] != "canary"
    sent = do(*asked, "-H", "Content-Type: application/json", "--data", json.dumps({"prompt": WORKFLOW}), f"{here}/prompt")
    number = json.loads(sent)["prompt_id"]
    wait_for(lambda: json.loads(do(*asked, f"{here}/history/{number}")), "the workflow to end", image_runs.PATIENT)
    done = json.loads(do(*asked, f"{here}/history/{number}"))[number]
    assert done["status"]["status_str"] == "success", done
    (saved,) = done["outputs"]["3"]["images"]
    view = f"{here}/view?filename={saved['filename']}&type={saved['type']}"
    assert image_runs.raw(*asked, view).startswith(PNG)
