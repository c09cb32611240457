"""The image that Catalyst runs in, as the tests have it: the base image, curl, git, and Catalyst with what it needs.

It keeps what the published image promises: no user but 1000, /data and /scratch as volumes that any user may write (so
--read-only and --user work without a further flag), `catalyst` and `catalyst-entrypoint` on PATH.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from live import base_image, containers
from support import install

IMAGE = "catalyst-inside:test"
SCRIPT = """#!/usr/bin/python3 -I
import sys
sys.path.insert(0, "/opt/catalyst")
from catalyst.cli.main import {function}
sys.exit({function}())
"""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # which every image names, and podman's pods want
CHANGES = (
    f"ENV PATH={PATH}", "ENV CATALYST_DATA=/data", "VOLUME /data", "VOLUME /scratch", "EXPOSE 8188", "WORKDIR /",
    'CMD ["catalyst-entrypoint"]',
)  # fmt: skip
PROGRAMS = {"catalyst": "main", "catalyst-entrypoint": "entrypoint"}
OPEN = ("data", "scratch")


def tar(folder: Path) -> Path:
    """The whole file system as a tar in `folder`."""
    made = folder / "inside.tar"
    shutil.copy(base_image.base_tar(base_image.default_cache(), *base_image.TOOLS), made)
    root = folder / "root"
    install(root / "opt/catalyst", "rich", "tomlkit", "pyrage", "cryptography")
    for name, function in PROGRAMS.items():
        script = root / "usr/local/bin" / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(SCRIPT.format(function=function))
        script.chmod(0o755)
    for name in (*OPEN, "opt/comfyui"):
        (root / name).mkdir(parents=True)
    for name in OPEN:
        (root / name).chmod(0o1777)
    subprocess.run(["tar", "--append", "--file", made, "--owner=0", "--group=0", "--directory", root,
                    "opt/catalyst", "opt/comfyui", *(f"usr/local/bin/{name}" for name in PROGRAMS), *OPEN],
                   check=True)  # fmt: skip
    return made


@contextmanager
def ready(name: str) -> Iterator[Mapping[str, str]]:
    """The variables under which engine `name` works and has IMAGE, made from the present code."""
    with containers.engine(name) as (argv, variables), tempfile.TemporaryDirectory() as folder:
        subprocess.run([*argv, "image", "rm", "--force", IMAGE], capture_output=True, check=False)
        base_image.import_image(argv, tar(Path(folder)), IMAGE, *CHANGES)
        yield variables
