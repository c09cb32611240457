"""What software does at each level: git, ffmpeg, pip, caches, processes. docs/guides/levels.md says the same in words."""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.workloads.model import BASE_ENV, DATA
from support import Catalyst, fake_comfyui, open_to_all

LEVELS = ("normal", "high", "maximum")
READ_ONLY = "Read-only file system"
bwrap_alone = pytest.mark.parametrize("engine", ["bwrap"], indirect=True)  # the test image has no such program


@pytest.fixture(scope="module")
def owners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The owner's virtual environment, with pip and the package `owned`."""
    folder = tmp_path_factory.mktemp("owners")
    open_to_all(folder)
    subprocess.run(["/usr/bin/python3", "-m", "venv", str(folder / "venv")], check=True)
    wheel = make_wheel(folder, "owned")
    subprocess.run([folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "--no-index", wheel], check=True)
    yield folder / "venv"
    shutil.rmtree(folder)


def make_wheel(folder: Path, name: str, *, needs: str = "") -> Path:
    """A package of one empty module (PEP 427)."""
    path, info = folder / f"{name}-1-py3-none-any.whl", f"{name}-1.dist-info"
    requires = f"Requires-Dist: {needs}\n" if needs else ""
    files = {f"{name}.py": "", f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{requires}",
             f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}  # fmt: skip
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, text in files.items():
            wheel.writestr(inside, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{inside},,\n" for inside in (*files, f"{info}/RECORD")))
    path.chmod(0o644)
    return path


@bwrap_alone
def test_git(catalyst: Catalyst) -> None:
    """At normal a node pack is cloned; from high on git clones to output alone, and leaves nothing in custom_nodes."""
    made = catalyst.run("sh", "-ec", "git init -q -b main /data/input/pack; cd /data/input/pack; echo x >x; git add x; "
                        "git -c user.name=a -c user.email=a commit -qm first")  # fmt: skip
    assert made.returncode == 0, made.stderr
    for level in LEVELS:
        env = {"SECURITY_LEVEL": level, "NETWORK_MODE": "isolated"}
        assert catalyst.run("git", "clone", "-q", "/data/input/pack", f"/data/output/{level}", **env).returncode == 0
        assert (catalyst.data / "output" / level / "x").is_file()
        done = catalyst.run("git", "clone", "-q", "/data/input/pack", f"/data/custom_nodes/{level}", **env)
        if level == "normal":
            assert (done.returncode, done.stderr) == (0, "")
        else:
            assert done.returncode == 128
            said = f"fatal: could not create work tree dir '/data/custom_nodes/{level}': {READ_ONLY}"
            assert done.stderr.strip() == said
    assert [path.name for path in (catalyst.data / "custom_nodes").iterdir()] == ["normal"]


@bwrap_alone
@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("level", LEVELS)
def test_ffmpeg(catalyst: Catalyst, level: str) -> None:
    source = ("-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=8")
    for name in ("film.mp4", "frame%02d.png"):
        done = catalyst.run("ffmpeg", "-nostdin", "-loglevel", "error", *source, f"/data/output/{name}",
                            SECURITY_LEVEL=level, NETWORK_MODE="isolated")  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
    assert b"ftyp" in (catalyst.data / "output/film.mp4").read_bytes()[:16]
    assert len(list((catalyst.data / "output").glob("frame*.png"))) == 8


@pytest.mark.parametrize("level", LEVELS)
def test_pip_never_writes_the_owners_environment(catalyst: Catalyst, owners: Path, level: str) -> None:
    wheel = make_wheel(prepared(catalyst) / "input", "wanted")
    done = catalyst("run", f"--python={owners}/bin/python", "--", "python", "-m", "pip", "install", "--no-index",
                    f"/data/input/{wheel.name}", SECURITY_LEVEL=level, NETWORK_MODE="isolated")  # fmt: skip
    assert done.returncode == 1
    assert f"Could not install packages due to an OSError: [Errno 30] {READ_ONLY}: '{owners}/lib" in done.stderr


def prepared(catalyst: Catalyst) -> Path:
    """The data directory, with its places made by Catalyst."""
    assert catalyst.run("true").returncode == 0
    return catalyst.data


# What ComfyUI-Manager does for a node pack, and what the pack does when it is loaded.
NODE = """
import importlib.util, json, subprocess
pip = subprocess.run([sys.executable, "-m", "pip", "install", "--no-index", "/data/input/wanted-1-py3-none-any.whl"],
                     capture_output=True, text=True)
found = {name: getattr(importlib.util.find_spec(name), "origin", None) for name in ("wanted", "owned")}
with open("/data/output/seen.json", "w") as file:
    json.dump({"executable": sys.executable, "code": pip.returncode, "errors": pip.stderr, **found}, file)
"""


def test_a_node_installs_packages_at_normal_and_has_none_from_high_on(
    catalyst: Catalyst, owners: Path, tmp_path: Path
) -> None:
    """`wanted` needs `owned`, which no index has: pip is content because it sees the owner's."""
    make_wheel(prepared(catalyst) / "input", "wanted", needs="owned")
    words = (fake_comfyui(tmp_path / "tree", NODE)[0], f"--python={owners}/bin/python")
    before = sorted(owners.rglob("*"))
    for level in (*LEVELS, "normal"):
        with catalyst.up(*words, app="comfyui", SECURITY_LEVEL=level, NETWORK_MODE="isolated"):
            seen = json.loads((catalyst.data / "output/seen.json").read_text())
        assert seen["owned"].startswith(str(owners))
        if level == "normal":
            assert (seen["executable"], seen["code"]) == ("/data/packages/bin/python", 0), seen
            assert seen["wanted"].startswith("/data/packages/lib/")
        else:
            assert (seen["executable"], seen["code"]) == (f"{owners}/bin/python", 1), seen
            assert (seen["wanted"], READ_ONLY in seen["errors"]) == (None, True)
    assert sorted(owners.rglob("*")) == before


CACHES = """
import os, sys
for name in sys.argv[1:]:
    folder = os.environ[name] + "/folder"
    os.makedirs(folder, exist_ok=True)
    open(folder + "/file", "w").close()
    print(name)
"""


@pytest.mark.parametrize("level", LEVELS)
def test_every_cache_can_be_written(catalyst: Catalyst, level: str) -> None:
    names = [name for name, path in BASE_ENV.items() if path.startswith(f"{DATA}/cache")] + ["HOME", "TMPDIR"]
    assert "TORCHINDUCTOR_CACHE_DIR" in names
    done = catalyst.run("python3", "-c", CACHES, *names, SECURITY_LEVEL=level, NETWORK_MODE="isolated")
    assert done.stdout.split() == names, done.stderr


# What a DataLoader with workers stands on.
PROCESSES = """
import multiprocessing as mp
from multiprocessing import shared_memory
def double(name, queue):
    memory = shared_memory.SharedMemory(name)
    memory.buf[0] *= 2
    memory.close()
    queue.put("done")
if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        context = mp.get_context(method)
        queue, memory = context.Queue(), shared_memory.SharedMemory(create=True, size=1 << 20)
        memory.buf[0] = 21
        child = context.Process(target=double, args=(memory.name, queue))
        child.start()
        queue.get(timeout=60)
        child.join()
        print(method, memory.buf[0], child.exitcode)
        memory.close()
        memory.unlink()
"""


@pytest.mark.parametrize("level", LEVELS)
def test_processes_share_memory(catalyst: Catalyst, level: str) -> None:
    script = prepared(catalyst) / "input/processes.py"
    script.write_text(PROCESSES)
    script.chmod(0o644)
    done = catalyst.run("python3", "/data/input/processes.py", SECURITY_LEVEL=level, NETWORK_MODE="isolated")
    assert done.stdout.splitlines() == ["fork 42 0", "spawn 42 0", "forkserver 42 0"], done.stderr
