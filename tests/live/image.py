"""The image of image/Dockerfile, built from stand-ins for the CUDA bases that are made from Debian's packages.

Same Dockerfile, same stages; only the arguments differ. `python tests/live/image.py ENGINE TAG [OPTION…]` builds it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from live import base_image, containers

ROOT = Path(__file__).parents[2]
BASE, BUILD = "catalyst-test-runtime:bookworm", "catalyst-test-build:bookworm"
TREE = "catalyst-test-comfyui:tree"
Build = Callable[[str, str], str]
ROOT_USER = "USER 0:0"
CERTIFICATES = "./etc/ssl/certs/ca-certificates.crt"


def build(engine: str, tag: str, options: Sequence[str] = (), *, canary: bool = True, context: Path = ROOT) -> str:
    """Build `tag` with docker's BuildKit or podman under the present environment; what the builder printed."""
    argv = [*command(engine), "build", "--file", str(ROOT / "image/Dockerfile"), "--tag", tag]
    arguments = {"BASE_IMAGE": BASE, "BUILD_IMAGE": BUILD, **({"APP": "canary"} if canary else {})}
    words = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    # podman writes OCI images, which know no health check, unless told
    more = ["--format=docker", "--network=host"] if engine == "podman" else []
    stand_ins(engine)
    done = subprocess.run([*argv, *words, *more, *options, str(context)], env={**os.environ, "DOCKER_BUILDKIT": "1"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)} failed:\n{done.stdout[-6000:]}")
    return done.stdout


def build_comfyui(engine: str, tag: str) -> str:
    """The same with the ComfyUI that CATALYST_TEST_COMFYUI names, of whatever version, and a lock file made for it."""
    tree = os.environ["CATALYST_TEST_COMFYUI"].partition(":")[0]
    with tempfile.TemporaryDirectory() as folder:
        context, packed = Path(folder) / "context", Path(folder) / "tree.tar"
        for name in ("image", "src/catalyst"):
            shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "requirements.lock", context)
        with (context / "image/mine.lock").open("wb") as lock:
            python = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
            # what 0.3.64 imports and names nowhere
            subprocess.run([str(ROOT / "image/lock"), tree, "", "requests"], stdout=lock, env=python, check=True)
        subprocess.run(["tar", "--create", "--file", packed, "--exclude=.git", "--directory", tree, "."], check=True)
        subprocess.run([*command(engine), "import", str(packed), TREE], check=True, stdout=subprocess.DEVNULL)
        chosen = {"COMFYUI_TREE": TREE, "COMFYUI_LOCK": "image/mine.lock", "COMFYUI_LEAST": "0"}
        words = [f"--build-arg={name}={value}" for name, value in chosen.items()]
        return build(engine, tag, words, canary=False, context=context)


def ready(engine: str, tag: str, archive: Path, make: Build = build) -> None:
    """Have `tag` in `engine`. Whoever comes first builds it and keeps it as `archive`, the others load that."""
    if archive.exists():
        subprocess.run([*command(engine), "load", "--quiet", "--input", str(archive)], check=True, stdout=subprocess.DEVNULL)
        # podman keeps it under a name of its own, which docker takes for another
        subprocess.run([*command(engine), "tag", f"localhost/{tag}", tag], check=False, stderr=subprocess.DEVNULL)
        return
    make(engine, tag)
    keep(engine, tag, archive)


def keep(engine: str, tag: str, archive: Path) -> None:
    """Whole or not at all."""
    part = archive.with_suffix(".part")
    part.unlink(missing_ok=True)  # podman appends to none
    subprocess.run([*command(engine), "save", "--output", str(part), tag], check=True, stderr=subprocess.DEVNULL)
    part.chmod(0o644)  # docker's is root's alone, and a user's podman is handed it open
    part.rename(archive)


def command(engine: str) -> list[str]:
    """The client that can build: a newer docker beside Debian's has BuildKit in a plug-in of its own."""
    debians = Path("/usr/bin/docker")
    return [str(debians)] if engine == "docker" and debians.is_file() else [engine]


def stand_ins(engine: str) -> None:
    """Both bases in `engine`. What is only built with trusts whom this machine trusts, so that it reaches packages."""
    cache = base_image.default_cache()
    base_image.import_image([engine], base_image.base_tar(cache), BASE, ROOT_USER)
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools.tar"
        shutil.copy(base_image.base_tar(cache, *base_image.TOOLS), tools)
        # docker imports no tar that has a name twice
        subprocess.run(["tar", "--delete", "--file", tools, CERTIFICATES], check=True)
        subprocess.run(["tar", "--append", "--file", tools, "--directory", "/", CERTIFICATES], check=True)
        base_image.import_image([engine], tools, BUILD, ROOT_USER)


def main(arguments: list[str]) -> int:
    """Build by hand, with a daemon if there is none; CATALYST_TEST_TAR keeps the image as a file."""
    engine, tag, *options = arguments
    with containers.engine(engine) as (_, variables):
        os.environ.update(variables)
        print(build(engine, tag, options, canary=not any("COMFYUI" in word for word in options)))
        if kept := os.environ.get("CATALYST_TEST_TAR"):
            keep(engine, tag, Path(kept))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
