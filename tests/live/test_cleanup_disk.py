"""ENABLE_FORENSIC_CLEANUP with the data directory on a disk of its own, whose raw bytes are searched afterwards.

CATALYST_TEST_KILLS=100 for the long form.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from carve import images
from live.leftovers import ON, WAYS, at_work, end, gone, holding, working, writer
from support import Catalyst, forget, open_to_all, wait_for

KILLS = int(os.environ.get("CATALYST_TEST_KILLS", "4"))


@pytest.fixture(autouse=True)
def _root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root mounts an image")


@contextmanager
def disk(catalyst: Catalyst, tmp_path: Path, kind: str) -> Iterator[tuple[Catalyst, images.Image]]:
    """The command with its data directory on an image, and the image; unmounted in the end."""
    image = images.make(tmp_path, kind)
    with image.mounted() as folder:
        open_to_all(folder)
        there = replace(catalyst, data=folder / "data")
        yield there, image
        gone(there)
    forget(there.data)


def test_the_raw_disk_holds_it_where_the_mode_is_off(catalyst: Catalyst, tmp_path: Path) -> None:
    """The control, of contents and of names, after they were removed."""
    with disk(catalyst, tmp_path, "ext4") as (there, image):
        with working(there, tmp_path, ENABLE_FORENSIC_CLEANUP="false") as (_, secret):
            pass
        subprocess.run(["rm", "-rf", str(there.data)], check=True)
    raw = image.file.read_bytes()
    assert secret.encode() in raw
    assert b"upload-" in raw


def test_nothing_is_left_after_a_kill_at_any_moment(catalyst: Catalyst, tmp_path: Path) -> None:
    """Of `up` or its sandbox, while it starts or works; what a crash leaves is looked at before anything cleans up."""
    secret, wrote = os.urandom(8).hex(), 0
    prompt = f"CANARY-PROMPT-{secret}"
    options = writer(tmp_path, secret)
    with disk(catalyst, tmp_path, "ext4") as (there, image):
        for number in range(KILLS):
            draw = random.Random(number)
            process = subprocess.Popen(there.argv("up", "--app=comfyui", "--port=0", *options), env=there.env(**ON),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            if number % 2:  # every second one at work, the others while they start
                wait_for(lambda: at_work(prompt), "the workload to have written")
                wrote += 1
            time.sleep(draw.uniform(0.1, 2.5))
            kill_one(process, draw)
            gone(there)
            assert holding(there, prompt) == []
            there("down")
            assert holding(there, prompt) == []
    raw = image.file.read_bytes()
    assert (wrote, prompt.encode() in raw, b"upload-" in raw) == (KILLS // 2, False, False)


def kill_one(process: "subprocess.Popen[bytes]", draw: random.Random) -> None:
    """`up`, or one of its children and then perhaps `up`."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(draw.choice(children)) if children and draw.random() < 0.5 else process.pid, signal.SIGKILL)
    if process.poll() is None and draw.random() < 0.5:
        process.kill()
    wait_for(lambda: process.poll() is not None, "up to end")


@pytest.mark.parametrize("how", WAYS)
def test_a_place_on_a_disk_that_encrypts(catalyst: Catalyst, tmp_path: Path, how: str) -> None:
    """CATALYST_WIPE there: not in clear while it runs, nor afterwards, and the next run writes to it again."""
    with disk(catalyst, tmp_path, "ext4 encrypt") as (there, image):
        with working(there, tmp_path, CATALYST_WIPE="output") as (running, secret):
            wait_for(lambda: holding(there, secret), "the prompt to be in the place")
            os.sync()
            during = image.file.read_bytes()
            end(running, how)
        gone(there)
        if how == "kill up":
            wait_for(lambda: holding(there, secret) == [], "the key to be destroyed")
            assert there("down").returncode == 0
        assert list((there.data / "output").iterdir()) == []
        with working(there, tmp_path, CATALYST_WIPE="output") as (_, again):
            pass
        assert list((there.data / "output").iterdir()) == []
    raw = image.file.read_bytes()
    assert [text for text in (secret, again) if text.encode() in raw or text.encode() in during] == []
