"""Containers of the image as people start them, and what is asked of them: the canary's tests and ComfyUI's share it."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from live import containers, image
from live.containers import PODMAN
from live.image import Build
from support import wait_for

RUNS = {
    "recommended": ("--security-opt=no-new-privileges", "--cap-drop=ALL"),
    "bare": (),
    "read-only": ("--read-only", "--volume=/workspace"),
    "another user": ("--user=4242:4242", "--volume=/data"),
}
PATIENT = 180.0
USER = "catalystimage"
CANARY, COMFYUI = b"canary/__main__.py", b"/opt/comfyui/main.py"


def do(*argv: str) -> str:
    """What a command says that must succeed."""
    return raw(*argv).decode().strip()


def raw(*argv: str) -> bytes:
    """The same, as it came."""
    done = subprocess.run(argv, capture_output=True, timeout=PATIENT, check=False)
    assert done.returncode == 0, f"{argv}: {done.stdout[-2000:]!r}{done.stderr[-2000:]!r}"
    return done.stdout


@contextmanager
def client_with(engine: str, tag: str, archive: Path, build: Build = image.build) -> Iterator[list[str]]:
    """The command line of an engine that has the image, out of `archive` or built by `build`."""
    with containers.engine(engine) as (_, variables):
        os.environ.update(variables)
        try:
            image.ready(engine, tag, archive, build)
            yield image.command(engine)
        finally:
            for key in variables:
                os.environ.pop(key, None)


@contextmanager
def started(client: Sequence[str], tag: str, *options: str) -> Iterator[str]:
    """A container by its name, and its volumes gone with it."""
    name = f"catalyst-image-{os.urandom(4).hex()}"
    try:
        # the command is the image's; it is asked more often than every 30 s so that the test ends
        do(*client, "run", "--detach", "--name", name, "--health-interval=1s", *options, tag)
        yield name
    finally:
        subprocess.run([*client, "rm", "--force", "--volumes", name], capture_output=True, check=False, timeout=PATIENT)


def log(client: Sequence[str], name: str) -> str:
    done = subprocess.run([*client, "logs", name], capture_output=True, text=True, check=False, timeout=PATIENT)
    return done.stdout + done.stderr


def health(client: Sequence[str], name: str) -> str:
    """As docker's daemon says it; podman, whose timer would be systemd's, is asked to look."""
    if "docker" in client[0]:
        return do(*client, "inspect", "--format", "{{.State.Health.Status}}", name)
    looked = subprocess.run([*client, "healthcheck", "run", name], capture_output=True, check=False, timeout=PATIENT)
    return "healthy" if looked.returncode == 0 else "unhealthy"


def wait(client: Sequence[str], name: str, wanted: str) -> None:
    wait_for(lambda: health(client, name) == wanted, f"{wanted}: {log(client, name)}", PATIENT)


def health_follows(client: Sequence[str], name: str, program: bytes) -> None:
    """Green, red once each process of the workload stands still, and green again when they go on."""
    wait(client, name, "healthy")
    pids = _workloads(client, name, program)
    assert pids, log(client, name)
    _signal(pids, signal.SIGSTOP)
    try:
        wait(client, name, "unhealthy")
    finally:
        _signal(pids, signal.SIGCONT)
    wait(client, name, "healthy")


def _workloads(client: Sequence[str], name: str, program: bytes) -> list[int]:
    """Its processes as the host counts them."""
    top = do(*client, "inspect", "--format", "{{.State.Pid}}", name)
    inside = Path(f"/proc/{top}/ns/pid").readlink()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if Path(folder, "ns/pid").readlink() == inside and program in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended
    return found


def _signal(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        os.kill(pid, number)


@contextmanager
def rootless(tag: str, archive: Path, build: Build = image.build) -> Iterator[list[str]]:
    """podman of a user without privilege, made for it, with the image that root's engines have."""
    if not archive.exists():
        with client_with("podman", tag, archive, build):
            pass
    do("useradd", "--create-home", USER)
    try:
        client = user_podman(USER)
        with archive.open("rb") as packed:  # the user may not enter the folder where it lies
            subprocess.run([*client, "load", "--quiet", "--input", "/dev/stdin"], stdin=packed, check=True,
                           stdout=subprocess.DEVNULL, timeout=10 * PATIENT)  # fmt: skip
        yield client
    finally:
        uid = int(do("id", "-u", USER))
        for folder in Path("/proc").glob("[0-9]*"):  # podman's pause process, which ignores SIGTERM
            if folder.stat().st_uid == uid:
                os.kill(int(folder.name), signal.SIGKILL)
        subprocess.run(["userdel", "--force", "--remove", USER], check=False, capture_output=True)


def user_podman(user: str) -> list[str]:
    """The command line of that user's podman, with its configuration below his home."""
    home, uid = Path(f"/home/{user}"), int(do("id", "-u", user))
    (home / "containers.conf").write_text(PODMAN)
    (home / "storage.conf").write_text('[storage]\ndriver = "overlay"\n')  # else it copies each layer whole
    (home / "run").mkdir(mode=0o700)
    do("chown", "-R", f"{uid}:{uid}", str(home))
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--init-groups", "env", "--chdir=/", f"HOME={home}",
            f"USER={user}", f"XDG_RUNTIME_DIR={home}/run", f"CONTAINERS_CONF={home}/containers.conf",
            f"CONTAINERS_STORAGE_CONF={home}/storage.conf", "podman"]  # fmt: skip
