"""ENABLE_FORENSIC_CLEANUP on every engine: a workload that writes what ComfyUI writes, ended in every way, and a search of
all that is left for its prompt. The same search finds it where the mode is off.

CATALYST_TEST_KILLS=100 for the long form.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catalyst.instance.ground import memory
from catalyst.instance.store import Store
from live.leftovers import WAYS, end, gone, holding, nothing_left
from support import PATIENCE, Catalyst, Running, fake_comfyui, wait_for, with_argument

ON = {"ENABLE_FORENSIC_CLEANUP": "true", "SECURITY_LEVEL": "high", "NETWORK_MODE": "isolated"}
KILLS = int(os.environ.get("CATALYST_TEST_KILLS", "4"))
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


@contextmanager
def working(catalyst: Catalyst, tmp_path: Path, *words: str, **env: str) -> Iterator[tuple[Running, str]]:
    """A workload that has written its prompt everywhere, and that prompt."""
    secret = os.urandom(8).hex()
    options = fake_comfyui(tmp_path / f"comfyui-{secret}", WRITES.replace("{}", "' + '".join(secret)))
    with catalyst.up(*options, *words, app="comfyui", **{**ON, **env}) as running:
        time.sleep(0.3)
        yield running, f"CANARY-PROMPT-{secret}"


def test_the_search_finds_it_where_the_mode_is_off(catalyst: Catalyst, tmp_path: Path) -> None:
    """The control: without it the search would prove nothing."""
    with working(catalyst, tmp_path, ENABLE_FORENSIC_CLEANUP="false") as (_, secret):
        pass
    found = {str(Path(path).relative_to(catalyst.data)).partition("/")[0] for path in holding(catalyst, secret)
             if path.startswith(str(catalyst.data))}  # fmt: skip
    assert {"output", "input", "user", "cache"} <= found


@pytest.mark.parametrize("how", WAYS)
def test_nothing_is_left_however_it_ends(catalyst: Catalyst, tmp_path: Path, how: str) -> None:
    with working(catalyst, tmp_path) as (running, secret):
        end(running, how)
    nothing_left(catalyst, secret, how)


def test_nothing_is_left_after_a_kill_at_any_moment(catalyst: Catalyst, tmp_path: Path) -> None:
    """Of `up` or its sandbox, while it starts or works; what a crash leaves is looked at before anything cleans up."""
    secret = os.urandom(8).hex()
    options = fake_comfyui(tmp_path / "comfyui-killed", WRITES.replace("{}", "' + '".join(secret)))
    wrote = 0
    for number in range(KILLS):
        draw = random.Random(number)
        process = subprocess.Popen(catalyst.argv("up", "--app=comfyui", "--port=0", *options), env=catalyst.env(**ON),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(draw.uniform(0.1, 2.5))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        wrote += bool(holding_processes(secret))
        os.kill(int(draw.choice(children)) if children and draw.random() < 0.5 else process.pid, signal.SIGKILL)
        if process.poll() is None and draw.random() < 0.5:
            process.kill()
        wait_for(lambda process=process: process.poll() is not None, "up to end")  # type: ignore[misc]  # bound in the loop
        gone(catalyst)
        assert holding(catalyst, f"CANARY-PROMPT-{secret}") == []
        catalyst("down")
        assert holding(catalyst, f"CANARY-PROMPT-{secret}") == []
    assert wrote, "no kill came after the workload had begun to write"


def holding_processes(secret: str) -> list[int]:
    """Workloads that are at work: their argv names the checkout."""
    assert secret
    return [pid for pid in with_argument("/opt/comfyui/main.py") if "--listen" in
            Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")]  # fmt: skip


def test_places_to_be_wiped_are_wiped_at_the_end_and_after_a_kill(catalyst: Catalyst, tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.json"
    options = {"CATALYST_WIPE": "output", "CATALYST_KEEP": "input", "CATALYST_CERTIFICATE": str(certificate)}
    with working(catalyst, tmp_path, **options) as (running, secret):
        wait_for(lambda: holding(catalyst, secret), "the prompt to be on disk")
        running.process.terminate()
        assert running.process.wait(PATIENCE) == 0
    assert not [path for path in holding(catalyst, secret) if "/input/" not in path]
    said = {Path(one["path"]).name: one["done"] for one in json.loads(certificate.read_text())["paths"]}
    assert {said["output"], said["input"], said["user"], said["models"]} == {"wiped", "kept", "in memory"}
    with working(catalyst, tmp_path, **options) as (running, secret):
        wait_for(lambda: [one for one in holding(catalyst, secret) if "/output/" in one], "the prompt to be on disk")
        running.process.kill()
        running.process.wait()
    assert [one for one in holding(catalyst, secret) if "/output/" in one]
    assert catalyst("down").returncode == 0
    assert not [path for path in holding(catalyst, secret) if "/input/" not in path]
    assert catalyst("down").returncode == 1  # there is nothing left to do


def test_paranoid_mode_starts_where_every_control_is_enforced(catalyst: Catalyst) -> None:
    """podman has a word for everything; docker needs a /run that is mounted noexec, as Debian's and Ubuntu's is; bwrap has
    no noexec and no cgroup, and refuses."""
    done = catalyst.run("cat", "/proc/self/mountinfo", PARANOID_MODE="true")
    if catalyst.engine == "bwrap":
        assert (done.returncode, "control execution" in done.stderr) == (6, True)
        return
    assert done.returncode == 0, done.stderr
    mounts = dict(re.findall(r"^\S+ \S+ \S+ \S+ (/data/\S+) (\S+) .*- tmpfs", done.stdout, re.MULTILINE))
    assert mounts.keys() == {"/data/output", "/data/input", "/data/user", "/data/cache"}
    assert all("noexec" in options for options in mounts.values())
    noexec = bool(os.statvfs(_session_ground(catalyst)).f_flag & os.ST_NOEXEC)
    if catalyst.engine == "podman" or noexec:
        with catalyst.up(PARANOID_MODE="true") as running:
            assert running.get("system_stats")["system"]["comfyui_version"] == "canary"
    else:
        refused = catalyst("up", "--app=canary", "--port=0", PARANOID_MODE="true")
        assert (refused.returncode, "the way in cannot be mounted noexec" in refused.stderr) == (6, True)


def _session_ground(catalyst: Catalyst) -> Path:
    store = Store(str(catalyst.data))
    store.session_in_memory()
    return next(one for one in (store.session, *store.session.parents, memory() or Path("/")) if one.is_dir())


def test_a_detached_one_writes_no_log(catalyst: Catalyst) -> None:
    assert catalyst("up", "--app=canary", "--port=0", "--detach", **ON).returncode == 0
    folder = Store(str(catalyst.data)).folder
    try:
        names = {path.name for path in folder.iterdir()}
        said = catalyst("logs")
    finally:  # what stays would be in the way of every test after this one
        assert catalyst("down").returncode == 0
    assert names <= {"lock", "instance.json", "session"}
    assert (said.returncode, "keeps no log" in said.stderr) == (1, True)
    shutil.rmtree(folder, ignore_errors=True)
