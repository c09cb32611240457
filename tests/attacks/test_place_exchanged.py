"""Root starts on a data directory of somebody else, who exchanges a place for a link after it was looked at: root's mount
would follow it into folders that its owner may not enter. What is mounted must be what was looked at."""

import json
import os
from pathlib import Path

import pytest

from catalyst.engine import process
from catalyst.engine.engine import engines
from catalyst.errors import PathRefused
from catalyst.guard.supervise import PLACE_UNUSABLE
from catalyst.instance import prepare
from catalyst.instance.store import Store, make_session
from catalyst.settings import load
from catalyst.workloads import command
from support import open_to_all

pytestmark = [pytest.mark.engine("bwrap"), pytest.mark.skipif(os.geteuid() != 0, reason="what root mounts for others")]


def exchange(place: Path, secret: Path) -> None:
    place.rename(place.with_name("before"))
    place.symlink_to(secret)


def start(tmp_path: Path, *, compare: bool, exchanged: bool) -> "process.Done":
    """Prepare, let the owner act, start."""
    open_to_all(tmp_path)
    data, secret = tmp_path / "data", tmp_path / "closed" / "secret"
    secret.mkdir(parents=True)
    (secret / "file").write_text("root's own")
    secret.parent.chmod(0o700)
    settings = load({"data": str(data), "engine": "bwrap", "security_level": "high", "network_mode": "isolated"}, environ={})
    Store(settings.data).prepare(settings.user, instance=False)
    words = ("sh", "-c", "cat /data/models/file; echo ran")
    ready = prepare.prepare(settings, engines()["bwrap"], lambda *_: command.workload(settings, words, terminal=False),
                            name="x", folder=tmp_path / "session")  # fmt: skip
    plan = ready.files["plan.json"]
    make_session(tmp_path / "session", {**ready.files, "plan.json": plan if compare else without_identities(plan)})
    if exchanged:
        exchange(data / "models", secret)
    running = process.start(ready.outer.argv, stdin=process.NULL, opened=ready.outer.opened)
    out, _ = running.communicate(timeout=60)
    return process.Done(running.returncode, out.decode(), "")


def without_identities(plan: bytes) -> bytes:
    document = json.loads(plan)
    for place in document["places"]:
        place["identity"] = None
    return json.dumps(document).encode()


def test_nothing_exchanged_runs(tmp_path: Path) -> None:
    done = start(tmp_path, compare=True, exchanged=False)
    assert (done.code, done.out.splitlines()[-1]) == (0, "ran")


def test_without_the_comparison_it_reads_roots_file(tmp_path: Path) -> None:
    # bwrap opens the source itself, as root, after the exchange. What the plan says is all that can stop it.
    done = start(tmp_path, compare=False, exchanged=True)
    assert "root's own" in done.out


def test_with_it_nothing_runs(tmp_path: Path) -> None:
    done = start(tmp_path, compare=True, exchanged=True)
    assert done.code == PLACE_UNUSABLE
    assert "was exchanged" in done.out
    assert "root's own" not in done.out


def test_a_link_that_was_there_before_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.symlink_to(tmp_path)
    os.chown(place, 1000, 1000, follow_symlinks=False)
    with pytest.raises(PathRefused, match="a link that root did not make"):
        prepare._identity(str(place))
    os.chown(place, 0, 0, follow_symlinks=False)
    assert prepare._identity(str(place)) == (tmp_path.stat().st_dev, tmp_path.stat().st_ino)
