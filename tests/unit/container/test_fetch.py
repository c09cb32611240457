"""The models of a container's start: what holds the downloader there, and that nothing of it is left beside the workload."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest

from catalyst.container import fetch, prepare, services
from catalyst.engine import facts as facts_of
from catalyst.engine.engine import children
from catalyst.errors import CatalystError
from catalyst.guard import plan
from catalyst.guard.record import replace
from catalyst.instance import fetch as instance
from catalyst.instance import store, wanted
from catalyst.instance.prepare import Prepared
from catalyst.models.fetch.report import Report
from catalyst.models.fetch.shelf import Shelf
from catalyst.policy.build import controls
from catalyst.policy.model import NotEnforced
from catalyst.render.session import BROKER_FILE, PLAN_FILE
from catalyst.render.target import Answer, targets
from catalyst.render.targets import guard
from catalyst.settings import Level, NetworkMode, Settings
from catalyst.workloads import fetcher
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import PACKAGE, WAY_OUT, Mount, Workload
from strategies import settings_with
from unit.container.test_tokens import KERNEL, ready

PYTHON = Interpreter("/usr/bin/python3", ())
DOOR = "/data/.catalyst/fetch-1/out/out.sock"


def started(tmp_path: Path, landlock: int = 7) -> Prepared:
    """A downloader's start on a data directory with folders in it."""
    data = tmp_path / "data"
    for name in ("models/.fetch", "models/loras", "output", "custom_nodes", ".catalyst", "venv/bin"):
        (data / name).mkdir(parents=True)
    (data / "elsewhere").symlink_to("/usr")
    (data / "up").symlink_to("/")
    facts = replace(KERNEL, landlock=landlock)
    found = ready(facts, data=str(data), security_level="maximum", network_mode="restricted")
    workload = fetch._in_place(fetcher.workload(PYTHON, str(data / "models/.fetch")), DOOR)
    workload = replace(workload, mounts=(*workload.mounts, Mount(str(data / "venv"), str(data / "venv"))))
    box = replace(found.sandbox, workload=workload, private=(str(data / ".catalyst"),), way_out=DOOR)
    return replace(found, sandbox=box, inner=targets()["guard"].render(found.policy, box, facts))


def test_it_writes_its_staging_folder_and_opens_no_other_of_the_data_directory(tmp_path: Path) -> None:
    before = started(tmp_path)
    was = plan.decode(before.inner.text).file_rules
    assert was is not None
    assert set(was.write) > {f"{tmp_path}/data/models/.fetch"}, "the control: scratch folders, too"
    after = fetch.tightened(before)
    rules = plan.decode(after.inner.text).file_rules
    assert rules is not None
    assert rules.write == (f"{tmp_path}/data/models/.fetch",)
    data = f"{tmp_path}/data"
    assert set(rules.hidden) == {*was.hidden, *(f"{data}/{name}" for name in (
        ".catalyst", "custom_nodes", "output", "models/loras"))}  # fmt: skip
    assert rules.execute == was.execute
    assert after.files[PLAN_FILE].decode() == after.inner.text


def test_without_landlock_there_is_no_rule_to_make_stricter(tmp_path: Path) -> None:
    after = plan.decode(fetch.tightened(started(tmp_path, landlock=0)).inner.text)
    assert after.file_rules is None


def test_what_is_said_of_the_downloader_is_of_controls_that_there_are() -> None:
    assert {control.id for control in controls()} >= set(fetch.MATTERS)
    said: list[str] = []
    answers = {name: Answer({}, NotEnforced("no Landlock")) for name in (*fetch.MATTERS, "scratch")}
    fetch._say_gaps(replace(ready(KERNEL), answers=answers), said.append)
    assert said == [f"{name}, of the downloader: not enforced (no Landlock)" for name in fetch.MATTERS]


def test_everything_is_called_as_it_is_here() -> None:
    there = fetch._in_place(fetcher.workload(PYTHON, "/data/models/.fetch"), DOOR)
    assert there.argv[-1] == f"/data/models/.fetch/{fetcher.REQUEST}"
    assert there.argv[-2].endswith("/fetcher/__main__.py")
    assert not there.argv[-2].startswith(f"{PACKAGE}/")
    assert Path(there.argv[-2]).is_file()
    assert WAY_OUT not in there.env.values()
    assert DOOR in there.env.values()
    assert [mount for mount in there.mounts if mount.source != mount.target] == []


# A guard that is killed, and what it held: in a session of its own, twice forked, and deaf.
ORPHAN = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    time.sleep(600)
time.sleep(600)
"""
ALONE = """
import json, os, signal, subprocess, sys
from catalyst.container import fetch
beside = subprocess.Popen(["sleep", "600"])
with fetch.nothing_left():
    guard = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
    left = int(guard.stdout.readline())
    guard.kill()
    guard.wait()
    alive = os.path.exists(f"/proc/{left}")
print(json.dumps([left, alive, os.path.exists(f"/proc/{left}"), beside.poll()]), flush=True)
beside.kill()
"""


def test_what_outlives_its_guard_ends_before_the_workload_starts() -> None:
    """And nobody else: the gateway is a child as well."""
    done = subprocess.run([sys.executable, "-c", ALONE, ORPHAN], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    left, alive, after, beside = json.loads(done.stdout)
    assert (alive, after, beside) == (True, False, None), left


def test_what_cannot_be_ended_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PATIENCE", -1.0)
    child = subprocess.Popen(["sleep", "600"])
    try:
        with pytest.raises(CatalystError, match="no workload starts beside it"):
            fetch._end_all_but({pid for pid in children(os.getpid()) if pid != child.pid})
    finally:
        child.kill()
        child.wait()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a container whose files lie in `tmp_path`, its code where it is."""
    here = str(Path(fetch.__file__).parents[1])
    for module in (prepare, guard):
        monkeypatch.setattr(module, "PACKAGE", here)
    for name in ("ROOTS", "ROOTS_KEPT"):  # one folder, as for a user
        monkeypatch.setattr(store, name, tmp_path / "own")
    user = f"{os.geteuid() or 1000}:{os.getegid() or 1000}"
    found = settings_with(data=str(tmp_path / "data"), user=user, hf_repos_to_download="owner/repo", network_mode="isolated")
    store.Store(found.data).prepare(found.user)
    return found


def confined(settings: Settings) -> Settings:
    return instance._confined(settings, wanted.standing(settings))


@pytest.mark.parametrize("scoped", [True, False])
def test_its_session_is_out_of_its_reach_and_lasts_as_long_as_it_does(
    own: Settings, monkeypatch: pytest.MonkeyPatch, scoped: bool
) -> None:
    """Its broker's control: a name that Landlock's scopes keep from it, or none; a path its uid would be let in by."""
    facts = replace(KERNEL, landlock=7 if scoped else 4)
    monkeypatch.setattr(facts_of, "read", lambda *_, **__: facts)
    monkeypatch.setattr(fetch, "way_out", way_out := Broker())
    shelf = Shelf(Path(own.data) / "models", own.user)
    shelf.close()

    def make(_policy: object, python: Interpreter) -> Workload:
        return fetcher.workload(python, f"{own.data}/models/.fetch")

    with fetch.opened(confined(own), fetch.HERE, make, tell=lambda _: None):
        folder = Path(way_out.folder)
        todo = plan.decode((folder / PLAN_FILE).read_text())
        assert todo.file_rules is not None
        assert todo.file_rules.write == (f"{own.data}/models/.fetch",)
        assert any(folder.is_relative_to(one) for one in todo.file_rules.hidden)
        assert todo.egress is not None
        assert (todo.scoped, todo.restarts, todo.lifeline) == (scoped, 0, 0)
        assert todo.egress.door == todo.env["CATALYST_BROKER"] == f"{folder}/out/out.sock"
        if scoped:
            assert way_out.name.startswith("\0catalyst/fetch-")
        else:
            assert way_out.name.startswith("/")
            assert not Path(way_out.name).exists()
        rules = json.loads((folder / BROKER_FILE).read_text())["rules"]
        assert "huggingface.co" in rules
        assert not [rule for rule in rules if "civitai" in rule or "github" in rule]
    assert not folder.exists()


class Broker:
    """Stands for one: what it would have been given."""

    folder, name = "", ""

    @contextmanager
    def __call__(self, ready: Prepared, folder: Path, *, control: socket.socket, **_: object) -> Iterator[None]:
        assert (ready.settings.network_mode, ready.settings.security_level) == (NetworkMode.RESTRICTED, Level.MAXIMUM)
        named = control.getsockname()
        self.folder, self.name = str(folder), named.decode() if isinstance(named, bytes) else named
        control.close()
        yield


def test_what_a_container_that_was_killed_left_is_swept(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    left = store.Store(own.data).make_kept() / "fetch-012345"
    (left / "out").mkdir(parents=True)
    monkeypatch.setattr(instance, "fetch", lambda *_, **__: Report(()))
    fetch.before(own, [], lambda _: None, 0)
    assert not left.exists()


@pytest.mark.parametrize("outcome", [CatalystError("the lock file is damaged"), Report(())])
def test_tokens_of_a_downloader_that_never_came_are_let_go_of(
    own: Settings, monkeypatch: pytest.MonkeyPatch, outcome: object
) -> None:
    monkeypatch.setattr(instance, "fetch", Mock(side_effect=[outcome]))
    fetch.before(own, [], lambda _: None, 0, tokens := Mock())
    tokens.lend_no_more.assert_called_once_with()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), CatalystError("no network", "look")])
def test_what_cannot_be_had_is_said_and_the_start_goes_on(
    own: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    said: list[str] = []
    monkeypatch.setattr(instance, "fetch", Mock(side_effect=error))
    fetch.before(own, [], said.append, 0)
    (line,) = said
    assert line.startswith("models are not fetched: no ")


def test_the_page_and_the_record_say_it_before_there_is_a_broker(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    said = replace(ready(KERNEL), settings=own)

    def before(_settings: object, orders: object, tell: Callable[[str], None], *_: object) -> None:
        done.append(orders)
        for number in range(fetch.LINES + 5):
            tell(f"vae/a.safetensors: {number} %")

    monkeypatch.setattr(fetch, "before", before)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("signal.set_wakeup_fd", lambda *_: None)
    monkeypatch.setattr(services.Services, "_record", lambda _, state: done.append(state))
    one = services.Services(own, said, done.append)
    one.front = Mock()
    assert one._fetched()
    orders = done.pop(1)
    assert (done[0], done[1], done[-1]) == ("fetching", "vae/a.safetensors: 0 %", "starting")
    assert orders == wanted.standing(own)
    state, lines = one.front.say.call_args.args
    assert (state, len(lines), lines[-1]) == ("starting", fetch.LINES, f"vae/a.safetensors: {fetch.LINES + 4} %")
    assert one.way_out is None


def noted(done: list[str], name: str, answer: bool | None) -> Callable[..., bool | None]:
    """A step that says that it was made."""

    def step(*_: object) -> bool | None:
        done.append(name)
        return answer

    return step


@pytest.mark.parametrize("asked_to_stop", [False, True])
def test_the_workloads_broker_comes_when_the_models_are_there(
    own: Settings, monkeypatch: pytest.MonkeyPatch, asked_to_stop: bool
) -> None:
    """Both are unix sockets in the sight of both, and Landlock refuses nobody one."""
    done: list[str] = []
    steps = {"_open_gateway": None, "_fetched": not asked_to_stop, "_open_way_out": None, "_insist": None,
             "_wait_for_workload": False}  # fmt: skip
    for name, answer in steps.items():
        monkeypatch.setattr(services.Services, name, noted(done, name, answer))
    for name in ("_take_password", "_record"):
        monkeypatch.setattr(services.Services, name, lambda *_: None)
    monkeypatch.setattr(services, "Front", Mock())
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("signal.set_wakeup_fd", lambda *_: None)
    one = services.Services(own, replace(ready(KERNEL), settings=own), lambda _: None)
    one.store = Mock()
    assert one.run(lambda: done.append("answered")) == 0
    every = ["_open_gateway", "_fetched", "_open_way_out", "_insist", "answered", "_wait_for_workload"]
    assert done == (every[:2] if asked_to_stop else every)
