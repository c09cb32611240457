"""--runtime: a container whose kernel may not be the host's. What is said of it, and that it is asked."""

import errno
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import catalyst as package
from catalyst.engine import engine as engines
from catalyst.engine import process, runtime
from catalyst.engine.engine import Usable
from catalyst.errors import Contradiction, EngineUnusable, NoEngine, SettingsError, Unenforceable
from catalyst.guard import kernel
from catalyst.guard.record import replace
from catalyst.policy import requirement
from catalyst.policy.build import build, controls
from catalyst.policy.model import Enforced, NotEnforced, Partly
from catalyst.render.target import Answer, Facts, answers, targets
from catalyst.settings import Settings
from strategies import sandbox, settings_with
from support import PATIENCE

GVISOR = Facts(kernel="gVisor", outer_filter=False, landlock=0, notify=False)
FOUND = {"name": "gVisor", "boot": "", "machine": "x86_64", "landlock": 0, "notify": False, "filtered": False,
         "sockets": True}  # fmt: skip
HERE = Facts(landlock=7, notify=True, modules=frozenset({"apparmor"}), profiles=frozenset({"x"}))


def said(target: str, settings: Settings, host: Facts = GVISOR) -> tuple[tuple[str, ...], str]:
    made = targets()[target].render(build(settings), replace(sandbox(settings), runtime=settings.runtime), host)
    return made.argv, made.text


def test_the_engine_is_told() -> None:
    plain, asked = settings_with(), settings_with(runtime="runsc")
    assert not [word for word in said("docker", plain)[0] if "runtime" in word]
    assert [word for word in said("docker", asked)[0] if "runtime" in word] == ["--runtime=runsc"]
    words = ["--runtime=runsc", "--runtime-flag=host-uds=all", "--runtime-flag=network=none"]
    assert [word for word in said("podman", asked)[0] if "runtime" in word] == words
    crun = settings_with(runtime="/usr/bin/crun")
    assert [word for word in said("podman", crun)[0] if "runtime" in word] == ["--runtime=/usr/bin/crun"]


def test_what_starts_containers_in_other_words_is_told_too() -> None:
    asked = settings_with(runtime="runsc")
    front, workload = said("compose", asked)[1].split("  workload:")
    assert "runtime:" not in front
    assert "    runtime: runsc\n" in workload
    assert "PodmanArgs=--runtime=runsc\nPodmanArgs=--runtime-flag=host-uds=all\n" in said("quadlet", asked)[1]


@pytest.mark.parametrize("text", ["--privileged", "runsc --debug", "a,b", "-x"])
def test_it_is_a_name(text: str) -> None:
    with pytest.raises(SettingsError, match="must be the name of an OCI runtime"):
        settings_with(runtime=text)


def test_bubblewrap_has_none() -> None:
    with pytest.raises(Contradiction, match="CATALYST_ENGINE=bwrap"):
        settings_with(runtime="runsc", engine="bwrap")


def test_auto_takes_no_engine_without_runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    bwrap = replace(engines.engines()["bwrap"], find=lambda _: Usable("here"))
    without = {name: replace(one, find=lambda _: Usable("here"), has_image=lambda _: False)
               for name, one in engines.engines().items()}  # fmt: skip
    monkeypatch.setattr(engines, "engines", lambda: {**without, "bwrap": bwrap})
    assert engines.choose("auto", "image") is bwrap
    with pytest.raises(NoEngine, match="bwrap: it has no runtimes"):
        engines.choose("auto", "image", "runsc")


def held(settings: Settings, host: Facts) -> dict[str, Answer]:
    ready = replace(sandbox(settings), runtime="runsc")
    made = {name: targets()[target].render(build(settings), ready, host).gaps
            for name, target in (("outer", "podman"), ("inner", "guard"))}  # fmt: skip
    return answers(build(settings), made)


def test_what_gvisor_lacks_is_said_of_the_control() -> None:
    found = held(settings_with(security_level="high", network_mode="isolated"), GVISOR)
    assert isinstance(found["system-calls"].layers["outer"], NotEnforced)  # and the guard's own filter is in force
    assert isinstance(found["system-calls"].overall, Enforced)
    partly = {name for name, answer in found.items() if isinstance(answer.overall, Partly)}
    assert partly == {"capabilities", "devices", "namespaces", "resources", "write-confinement"}
    assert {name for name, answer in found.items() if isinstance(answer.overall, NotEnforced)} == set()


def test_an_engines_filter_that_the_runtime_drops_is_no_second_layer() -> None:
    found = held(settings_with(security_level="high"), replace(GVISOR, machine="riscv64"))
    assert isinstance(found["system-calls"].overall, NotEnforced)


def test_paranoid_mode_takes_no_partly() -> None:
    settings = settings_with(paranoid_mode="true")
    found = held(settings, GVISOR)
    with pytest.raises(Unenforceable, match="control capabilities cannot be enforced here"):
        requirement.insist(settings, controls(), {name: answer.overall for name, answer in found.items()},
                           {name: answer.layers for name, answer in found.items()})  # fmt: skip


def test_of_a_kernel_that_nobody_measured_the_outer_layer_is_in_doubt() -> None:
    found = held(settings_with(security_level="high"), Facts(kernel="Linux 9.9", landlock=7, notify=True))
    assert {type(answer.layers["outer"]) for answer in found.values()} <= {Partly, NotEnforced}


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Sequence[str]]]:
    """Have the engine's client answer, as a container that binds its socket or does not."""

    def answer(code: int, out: str, err: str = "", *, binds: bool = True) -> list[Sequence[str]]:
        asked: list[Sequence[str]] = []

        def run(argv: Sequence[str], *, timeout: float = 0.0) -> process.Done:
            asked.append(argv)
            folder = next(word for word in argv if word.endswith(",target=/run/catalyst")).split(",")[1][len("source="):]
            if binds:
                with socket.socket(socket.AF_UNIX) as one:
                    one.bind(f"{folder}/{kernel.SOCKET}")
            return process.Done(code, out, err)

        monkeypatch.setattr(process, "run", run)
        return asked

    return answer


def ask(name: str = "podman") -> Facts:
    return runtime.facts(engines.engines()[name], "runsc", "image", "/opt/c", HERE)


def test_the_facts_are_those_of_its_own_kernel(answered: Callable[..., list[Sequence[str]]]) -> None:
    asked = answered(0, json.dumps(FOUND))
    assert ask() == replace(GVISOR, machine="x86_64")
    assert asked[0][:4] == ["podman", "run", "--rm", "--runtime=runsc"]
    assert {"--network=none", "--cap-drop=ALL", "--read-only", "--pull=never"} <= {*asked[0]}


def test_a_runtime_on_the_hosts_kernel_changes_nothing(answered: Callable[..., list[Sequence[str]]]) -> None:
    answered(0, json.dumps({**FOUND, "boot": kernel.boot(), "landlock": 0}))
    assert kernel.boot()
    assert ask() == HERE


@pytest.mark.parametrize("out", ["", "{}", "[]", json.dumps({**FOUND, "more": 1}), "null"])
def test_one_that_does_not_tell_is_not_used(answered: Callable[..., list[Sequence[str]]], out: str) -> None:
    answered(0, out)
    with pytest.raises(EngineUnusable, match="cannot start a container of image with the runtime"):
        ask()


def test_what_the_engine_says_is_handed_on(answered: Callable[..., list[Sequence[str]]]) -> None:
    answered(125, json.dumps(FOUND), "docker: Error response from daemon: unknown runtime.\nSee 'docker run --help'.\n")
    with pytest.raises(EngineUnusable, match="Error response from daemon: unknown runtime"):
        ask("docker")


@pytest.mark.parametrize("claims", [True, False])
def test_one_that_keeps_sockets_in_is_not_used(answered: Callable[..., list[Sequence[str]]], *, claims: bool) -> None:
    answered(0, json.dumps({**FOUND, "sockets": claims}), binds=False)
    with pytest.raises(EngineUnusable, match="keeps the sandbox's sockets from this host") as error:
        ask("docker")
    assert "--host-uds=all" in error.value.hint


def told(*words: str) -> object:
    file = Path(package.__file__).parent / "guard/kernel.py"
    done = subprocess.run([sys.executable, "-I", "-S", file, *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_kernel_here_tells(tmp_path: Path) -> None:
    found = told("", str(tmp_path))
    assert isinstance(found, dict)
    assert found.keys() == {*runtime.Kernel.__match_args__}
    assert (found["boot"], found["machine"], found["sockets"]) == (kernel.boot(), os.uname().machine, True)
    assert (tmp_path / kernel.SOCKET).is_socket()
    again = told("", str(tmp_path))  # the name is taken
    assert isinstance(again, dict)
    assert again["sockets"] is False


def test_the_processes_here_are_told() -> None:
    found = told("--processes")
    assert isinstance(found, list)
    mine = [one for one in found if one["Pid"] == str(os.getpid())]
    assert [(one["guard"], one["Uid"].split()[0]) for one in mine] == [("0", str(os.getuid()))]


@pytest.mark.parametrize("pidfd", [True, False])
def test_an_end_is_seen_without_pidfd_open_too(monkeypatch: pytest.MonkeyPatch, *, pidfd: bool) -> None:
    """gVisor has none."""
    if not pidfd:
        monkeypatch.setattr(os, "pidfd_open", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSYS, "not here")))
    child = process.start(["cat"])
    ended = process.end_of(child)
    try:
        assert not select.select([ended], [], [], 0)[0]
        assert child.stdin
        child.stdin.close()
        assert select.select([ended], [], [], PATIENCE)[0]
        assert child.wait(timeout=PATIENCE) == 0  # its status is still there to be asked for
    finally:
        os.close(ended)
        if child.stdout:
            child.stdout.close()
