"""A workload that writes what ComfyUI writes, its end in every way, and a search of what is left on this machine for its
prompt: in what files hold and in how they are called."""

import mmap
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from catalyst.instance.store import Store
from support import PATIENCE, Catalyst, Running, fake_comfyui, status, wait_for, with_argument

ON = {"ENABLE_FORENSIC_CLEANUP": "true", "SECURITY_LEVEL": "high", "NETWORK_MODE": "isolated"}
WAYS = ("down", "SIGTERM", "SIGINT", "SIGINT twice", "kill up", "kill guard", "kill engine")


# What ComfyUI leaves (knowledge: wipe.md §4), each with the prompt in it, again and again.
WRITES = """
prompt = 'CANARY-PROMPT-{}'
def leave():
    import sqlite3
    os.makedirs('/data/user/default/workflows', exist_ok=True); os.makedirs('/data/output/album', exist_ok=True)
    base = sqlite3.connect('/data/user/comfyui.db', check_same_thread=False); base.execute('PRAGMA journal_mode=WAL')
    base.execute('CREATE TABLE IF NOT EXISTS prompts (text)')
    number = 0
    while True:
        for path in ('/data/output/album/p%d.png', '/data/input/upload-%d.png', '/data/user/default/workflows/w%d.json',
                     '/data/user/comfyui.log.%d', '/data/cache/c%d', '/tmp/t%d', '/dev/shm/s%d', '/scratch/preview%d.png',
                     os.path.expanduser('~/h%d')):
            with open(path % (number % 50), 'w') as stream:
                stream.write((prompt + ' ') * 200)
        base.execute('INSERT INTO prompts VALUES (?)', (prompt,)); base.commit()
        print(prompt, file=sys.stderr, flush=True)
        number += 1
        time.sleep(0.002)
threading.Thread(target=leave, daemon=True).start()
"""


def writer(tmp_path: Path, secret: str) -> tuple[str, ...]:
    """Options for that workload; its source does not hold the prompt in one piece."""
    return fake_comfyui(tmp_path / f"comfyui-{secret}", WRITES.replace("{}", "' + '".join(secret)))


def at_work(secret: str) -> bool:
    """A workload has written it into a place, seen through the eyes of its processes."""
    albums = [Path(f"/proc/{pid}/root/data/output/album") for pid in with_argument("/opt/comfyui/main.py")]
    with suppress(OSError):
        return any(_holds(str(file), secret.encode()) for album in albums if album.is_dir() for file in album.iterdir())
    return False


@contextmanager
def working(catalyst: Catalyst, tmp_path: Path, *words: str, **env: str) -> Iterator[tuple[Running, str]]:
    """A workload that has written its prompt everywhere, and that prompt."""
    secret = os.urandom(8).hex()
    with catalyst.up(*writer(tmp_path, secret), *words, app="comfyui", **{**ON, **env}) as running:
        wait_for(lambda: at_work(f"CANARY-PROMPT-{secret}"), "the workload to have written")
        yield running, f"CANARY-PROMPT-{secret}"


def end(running: Running, how: str) -> None:
    """In one of WAYS; see nothing_left."""
    if how == "down":
        assert running.catalyst("down").returncode == 0
    elif how.startswith("kill"):
        kill(running, how.split()[1])
    else:
        for number in how.split()[:1] * (2 if how.endswith("twice") else 1):
            running.process.send_signal(signal.Signals[number])
        running.process.wait(PATIENCE)


def nothing_left(catalyst: Catalyst, secret: str, how: str) -> None:
    """Not of the secret, nor of the session; after a kill of `up` not even before `down` has cleaned up."""
    gone(catalyst)
    assert holding(catalyst, secret) == []
    if how == "kill up":
        assert catalyst("down").returncode == 0
        assert holding(catalyst, secret) == []
    assert not list(Path("/dev/shm").glob(f"catalyst-*-{Store(str(catalyst.data)).id}"))


def holding(catalyst: Catalyst, secret: str, *more: Path) -> list[str]:
    """Every file since this test began that holds the secret or is called by it: of the data directory, of what Catalyst
    keeps, in memory, of temporary files, of the engines' own folders (their logs and layers), and swap."""
    store = Store(str(catalyst.data))
    places = [catalyst.data, store.folder, Path("/dev/shm"), Path("/run"), Path("/var/lib/catalyst"), Path("/var/log"),
              Path("/var/tmp"), Path("/var/lib/containers"), Path("/var/lib/docker"), *more]  # fmt: skip
    places += [path for path in Path("/tmp").glob("*") if not path.name.startswith("pytest")]
    since = catalyst.data.parent.stat().st_ctime - 60
    found = [path for path in _recent(places, since)
             if "/comfyui-" not in path and (secret in path or _holds(path, secret.encode()))]  # fmt: skip
    return found + [name for name in _swap() if _holds(name, secret.encode())]


def _swap() -> list[str]:
    """Devices and files the kernel may write memory to (proc_swaps(5))."""
    return [line.split()[0] for line in Path("/proc/swaps").read_text().splitlines()[1:]]


def _recent(places: list[Path], since: float) -> list[str]:
    """Regular files at or below them; what vanishes meanwhile is left out, and nothing else. By find(1), because engines
    keep so many files that a walk of our own takes longer than most tests."""
    there = [str(place) for place in places if place.exists()]
    words = ["-type", "f", "-newermt", f"@{since:.0f}", "-size", f"-{64 << 20}c", "-print0"]
    done = subprocess.run(["find", *there, *words], capture_output=True, check=False)
    strange = [line for line in done.stderr.splitlines() if not line.endswith(b"No such file or directory")]
    assert strange == []
    return [os.fsdecode(path) for path in done.stdout.split(b"\0") if path]


def _holds(path: str, secret: bytes) -> bool:
    try:
        with Path(path).open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(secret) >= 0
    except (OSError, ValueError):  # gone, or empty
        return False


def gone(catalyst: Catalyst) -> None:
    """Nothing of the instance is running any more."""
    wait_for(lambda: not with_argument(str(catalyst.data)), "everything to end")


def kill(running: Running, which: str) -> None:
    """End one of its processes the hard way."""
    if which == "up":
        running.process.kill()
    elif which == "guard":
        first = Store(str(running.catalyst.data)).read()
        assert first is not None
        os.kill(first.first, signal.SIGKILL)
    else:
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        engine = running.catalyst.engine
        os.kill(next(int(pid) for pid in children if status(int(pid)).get("Name") == engine), signal.SIGKILL)
    running.process.wait(PATIENCE)
